"""The smallest box, turned as it may be, around the ink of a mask."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.symbols import Box

Corners = tuple[tuple[float, float], ...]


def oriented_box(mask: NDArray[np.bool_], box: Box) -> Corners | None:
    """The four (x, y) corners, in order around it, of the rectangle of least area.

    mask: bool, shape (height, width) of the box. It holds the pixels whole, so that upright
    ink has its half-open box; corners are exact to 1e-3 px. None where there is no ink.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return None
    inked = mask[rows]
    first, end = inked.argmax(axis=1), mask.shape[1] - inked[:, ::-1].argmax(axis=1)
    # Only the outer corners of a row's first and last pixels can be on the hull.
    points = np.column_stack([np.tile(np.concatenate((first, end)), 2),
                              np.concatenate((rows, rows, rows + 1, rows + 1))])  # fmt: skip
    corners = cv2.boxPoints(cv2.minAreaRect(points.astype(np.float32)))
    return tuple((float(x + box.x0), float(y + box.y0)) for x, y in corners.astype(float))
