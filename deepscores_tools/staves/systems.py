"""Which staves are played together: those joined by a line, bracket or brace at the left, or by
barlines that run through the space between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.sampling import sampled
from deepscores_tools.staves.curves import Doubles
from deepscores_tools.staves.finding import INK
from deepscores_tools.staves.lines import Staff

MEND = 0.5  # interlines; breaks in a line that still count as ink
LEFT_OUTSIDE, LEFT_INSIDE = 3.0, 0.7  # interlines around the staves' left end
LEAN = 0.06  # dx / dy a barline may have relative to the staves
LONGEST = 30.0  # interlines; no system leaves more room between two staves


def find_systems(ink: NDArray[Any], staves: Sequence[Staff]) -> tuple[tuple[int, ...], ...]:
    """Indices of the staves (given from top to bottom) of each system, on the page of ink, uint8
    (H, W), that `find_staves` found them on."""
    black = ink >= INK
    systems: list[list[int]] = []
    for i, staff in enumerate(staves):
        if i and _joined(black, staves[i - 1], staff):
            systems[-1].append(i)
        else:
            systems.append([i])
    return tuple(tuple(system) for system in systems)


def _joined(ink: NDArray[np.bool_], upper: Staff, lower: Staff) -> bool:
    space = max(upper.interline, lower.interline)
    left, right = max(upper.left, lower.left), min(upper.right, lower.right)
    if right - left < 4 * space or lower.centre - upper.centre > (LONGEST + 4) * space:
        return False
    first = max(0, round(min(upper.left, lower.left) - LEFT_OUTSIDE * space))
    last = min(ink.shape[1], round(right + space))
    at = np.arange(first, last, dtype=np.float64)
    # A space of each staff is taken in, which stems from one staff do not reach in the other.
    top, bottom = np.interp(at, upper.xs, upper.lines[3]), np.interp(at, lower.xs, lower.lines[1])
    height = round(float(np.median(bottom - top))) + 1  # both ends: no row is left out
    if height < 2 or last - first < 2:
        return False

    def gap(begin: int, end: int) -> NDArray[np.uint8]:
        """The ink between the staves in some columns, its breaks mended."""
        part = slice(begin - first, end - first)
        level = _straightened(ink, begin, top[part], bottom[part], height)
        mend = np.ones((2 * int(MEND * space / 2) + 1, 1), np.uint8)  # odd: nothing moves
        return np.asarray(cv2.morphologyEx(level, cv2.MORPH_CLOSE, mend), dtype=np.uint8)

    if _crossed(gap(first, round(left + LEFT_INSIDE * space))):
        return True  # the rest of the width, which takes longer, need not be looked at
    through = _barlines(gap(round(left), last), space)
    at_right = [x for x in through if x > right - left - space]
    return len(through) >= 2 or len(at_right) > 0


def _straightened(
    ink: NDArray[np.bool_], first: int, top: Doubles, bottom: Doubles, height: int
) -> NDArray[np.uint8]:
    """The ink between two curves (N,) over the columns from first on, 0 or 1, (height, N):
    sheared so that both curves border it levelly."""
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    rows = top.astype(np.float32) + share * (bottom - top).astype(np.float32)
    return sampled(ink.view(np.uint8), first, rows)


def _crossed(gap: NDArray[np.uint8]) -> bool:
    """Does one connected piece of ink reach from the top to the bottom?"""
    if gap.shape[1] < 2:
        return False
    _, labels = cv2.connectedComponents(gap, connectivity=8)
    top, bottom = labels[1:3].ravel(), labels[-3:-1].ravel()
    return len(np.intersect1d(top[top > 0], bottom[bottom > 0])) > 0


def _barlines(gap: NDArray[np.uint8], space: float) -> list[float]:
    """x of the straight, nearly upright lines that cross the whole gap."""
    height, width = gap.shape
    wide = cv2.dilate(gap, np.ones((1, 2 * round(0.1 * space) + 1), np.uint8))
    full = np.zeros(width, bool)
    for lean in np.linspace(-LEAN, LEAN, 5):
        shear = np.array([[1, lean, -lean * height / 2], [0, 1, 0]], np.float32)
        upright = cv2.warpAffine(wide, shear, (width, height), flags=cv2.INTER_NEAREST)
        full |= cv2.reduce(upright, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0] > 0.97
    xs = np.flatnonzero(full)
    groups = np.split(xs, np.flatnonzero(np.diff(xs) > space) + 1) if len(xs) else []
    return [float(group.mean()) for group in groups]
