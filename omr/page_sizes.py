"""Glyphs of one class have one size on a page: what the page's own glyphs say of it.

The thesis caches a mean box per class (method, section 8); fonts and editions differ, so the mean
is taken from the page at hand instead, and only of classes whose sizes agree there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ENOUGH = 4  # confident detections that say what a class's size on the page is
CONFIDENT = 0.3  # score
AGREEING = 0.06  # median deviation of log size below which a class counts as rigid
SAME = 0.3  # log size further off than this is another glyph, or a wrong one


def with_page_sizes(
    boxes: NDArray[np.float64], labels: NDArray[np.int64], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Boxes (M, 4) with the sides of rigid glyphs set to their class's median on the page.

    Width and height apart, around the box's centre; labels, scores: (M,).
    """
    result = boxes.copy()
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        sure = rows[scores[rows] >= CONFIDENT]
        if len(sure) < ENOUGH:
            continue
        for axis in (0, 1):
            logs = np.log(boxes[rows, axis + 2] - boxes[rows, axis])
            known = np.log(boxes[sure, axis + 2] - boxes[sure, axis])
            middle = float(np.median(known))
            if np.median(np.abs(known - middle)) > AGREEING:
                continue
            same = rows[np.abs(logs - middle) < SAME]
            centre = (boxes[same, axis] + boxes[same, axis + 2]) / 2
            result[same, axis] = centre - np.exp(middle) / 2
            result[same, axis + 2] = centre + np.exp(middle) / 2
    return result
