"""Which of the staves found are staves: pieces of one are joined, doubles and look-alikes go.

Look-alikes are ledger lines, hairpins and beams that happen to lie an interline apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.staff_lines import Staff

CLOSEST = 5.0  # interlines from one staff's centre to the next one's
SAME_ROW = 0.5  # interlines; pieces of one staff lie no further apart
UNEVEN = 0.13  # of an interline; no gap between two lines may differ more on the whole
WAVY = 0.2  # of an interline; spread of such a gap along the staff
BLANK = 2.0  # interlines of nothing at all: the staff ends here


def settle(staves: Sequence[Staff], ink: NDArray[np.bool_]) -> list[Staff]:
    """The true staves among those found in ink (H, W), from top to bottom."""
    kept: list[Staff] = []
    for staff in sorted(staves, key=lambda s: -s.strength * (s.right - s.left)):
        if not _even(staff):
            continue
        rivals = [k for k in kept if _distance(staff, k) < CLOSEST]
        if not rivals:
            kept.append(staff)
        elif len(rivals) == 1 and _same_row(staff, rivals[0], ink):
            kept[kept.index(rivals[0])] = _joined(staff, rivals[0])
    return sorted(kept, key=lambda s: s.centre)


def _even(staff: Staff) -> bool:
    gaps = np.diff(staff.lines, axis=0) / staff.interline
    return bool(np.abs(gaps.mean(axis=1) - 1).max() < UNEVEN and gaps.std(axis=1).max() < WAVY)


def _distance(a: Staff, b: Staff) -> float:
    """Between the centres, in interlines; infinite for staves side by side."""
    space = max(a.interline, b.interline)
    left, right = max(a.left, b.left), min(a.right, b.right)
    if left - right > 12 * space:
        return np.inf
    xs = np.linspace(min(left, right), max(left, right), 20)
    return float(np.median(np.abs(a.lines_at(xs)[2] - b.lines_at(xs)[2]))) / space


def _same_row(a: Staff, b: Staff, ink: NDArray[np.bool_]) -> bool:
    """Are they pieces of one staff, parted only by symbols that hide its lines?"""
    first, second = sorted((a, b), key=lambda s: s.left)
    if _distance(a, b) > SAME_ROW or second.left < first.right:
        return False
    top, bottom = round(first.lines[0, -1]), round(first.lines[4, -1]) + 1
    between = ink[max(0, top) : max(0, bottom), round(first.right) : round(second.left)]
    inked = np.flatnonzero(np.concatenate([[True], between.any(axis=0), [True]]))
    return bool(np.diff(inked).max() < BLANK * first.interline)


def _joined(a: Staff, b: Staff) -> Staff:
    first, second = sorted((a, b), key=lambda s: s.left)
    lengths = [s.right - s.left for s in (first, second)]
    return Staff(
        first.left,
        second.right,
        np.concatenate([first.xs, second.xs]),
        np.concatenate([first.lines, second.lines], axis=1),
        float(np.average([first.strength, second.strength], weights=lengths)),
    )
