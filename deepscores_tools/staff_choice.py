"""Which of the staves found are staves: doubles and look-alikes go.

Look-alikes are ledger lines, hairpins and beams that happen to lie an interline apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepscores_tools.staff_lines import Staff

CLOSEST = 5.0  # interlines from one staff's centre to the next one's
UNEVEN = 0.13  # of an interline; no gap between two lines may differ more on the whole
WAVY = 0.2  # of an interline; spread of such a gap along the staff


def settle(staves: Sequence[Staff]) -> list[Staff]:
    """The true staves among those found, from top to bottom."""
    kept: list[Staff] = []
    for staff in sorted(staves, key=lambda s: -s.strength * (s.right - s.left)):
        if not _even(staff):
            continue
        if all(_distance(staff, other) >= CLOSEST for other in kept):
            kept.append(staff)
    return sorted(kept, key=lambda s: s.centre)


def _even(staff: Staff) -> bool:
    gaps = np.diff(staff.lines, axis=0) / staff.interline
    return bool(np.abs(gaps.mean(axis=1) - 1).max() < UNEVEN and gaps.std(axis=1).max() < WAVY)


def _distance(a: Staff, b: Staff) -> float:
    """Between the centres, in interlines; infinite for staves side by side."""
    space = max(a.interline, b.interline)
    left, right = max(a.left, b.left), min(a.right, b.right)
    if left >= right:
        return np.inf
    xs = np.linspace(left, right, 20)
    return float(np.median(np.abs(a.lines_at(xs)[2] - b.lines_at(xs)[2]))) / space
