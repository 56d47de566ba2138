"""Thin symbols, snapped to the ink at the page's own resolution.

A stem is two pixels wide: half a pixel of error and its IoU is below .6, and the network sees
the page reduced. So the thin side of its box is read off the ink: of the columns near the
regressed centre, those nearly as dark as the darkest one. Boxes (M, 4) are half-open pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

INSET = (0.1, 0.03)  # share of the long side left out at each end, of axis 0 and 1: the ends of
# a stem meet noteheads and beams
REACH = 0.35  # interlines beyond the regressed box in which the line is looked for
DARK = 0.53  # share of the darkest column that a column of the line reaches at least
SIDES = 0.13  # share of a ledger line's length that sticks out on either side
WIDEST = 0.5  # interlines; a run wider than this is no line, and the regressed box stays


def snap_to_ink(
    boxes: NDArray[np.float64], axes: NDArray[np.int64], ink: NDArray[np.uint8], interline: float
) -> NDArray[np.float64]:
    """The boxes with the thin sides of those with axis 0 (x: stems) or 1 (y: ledger lines) snapped.

    axes: (M,), -1 for boxes that are left alone. ink: (H, W), 255 = ink.
    """
    snapped = boxes.copy()
    for row in np.flatnonzero(axes >= 0):
        axis = int(axes[row])
        found = _thin_side(boxes[row], axis, ink, interline)
        if found is not None:
            snapped[row, axis], snapped[row, axis + 2] = found
    return snapped


def _thin_side(
    box: NDArray[np.float64], axis: int, ink: NDArray[np.uint8], interline: float
) -> tuple[float, float] | None:
    """Begin and end of the dark run nearest to the middle of the box along an axis."""
    across = 1 - axis
    limit = ink.shape[::-1]
    inset = INSET[axis] * (box[across + 2] - box[across])
    long0 = max(int(box[across] + inset), 0)
    long1 = min(int(np.ceil(box[across + 2] - inset)), limit[across])
    low = max(int(box[axis] - REACH * interline), 0)
    high = min(int(np.ceil(box[axis + 2] + REACH * interline)), limit[axis])
    if long1 <= long0 or high - low < 2:
        return None
    window = ink[low:high, long0:long1] if axis else ink[long0:long1, low:high].T
    if axis:  # a ledger line shows on both sides of its notehead
        side = max(round(SIDES * (long1 - long0)), 1)
        window = np.concatenate((window[:, :side], window[:, -side:]), axis=1)
    profile = window.mean(axis=1)
    middle = (box[axis] + box[axis + 2]) / 2 - low - 0.5
    nearness = 1 - 0.5 * np.abs(np.arange(len(profile)) - middle) / len(profile)
    peak = int((profile * nearness).argmax())
    if profile[peak] < 64:  # a quarter of full ink: nothing there to snap to
        return None
    dark = profile >= DARK * profile[peak]
    first = peak
    while first > 0 and dark[first - 1]:
        first -= 1
    last = peak
    while last + 1 < len(dark) and dark[last + 1]:
        last += 1
    if last + 1 - first > WIDEST * interline:
        return None
    return float(low + first), float(low + last + 1)
