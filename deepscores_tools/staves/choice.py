"""Which of the staves found are staves: doubles go, and what is found between two staves, like
ledger lines, hairpins and beams that happen to lie an interline apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepscores_tools.staves.lines import Staff

CLOSEST = 5.0  # interlines from one staff's centre to the next one's


def settle(staves: Sequence[Staff]) -> list[Staff]:
    """The true staves among those found, from top to bottom."""
    kept: list[Staff] = []
    for staff in sorted(staves, key=lambda s: -s.strength * (s.right - s.left)):
        if all(_distance(staff, other) >= CLOSEST for other in kept):
            kept.append(staff)
    return sorted(kept, key=lambda s: s.centre)


def _distance(a: Staff, b: Staff) -> float:
    """Between the centres, in interlines; infinite for staves side by side."""
    space = max(a.interline, b.interline)
    left, right = max(a.left, b.left), min(a.right, b.right)
    if left >= right:
        return np.inf
    xs = np.linspace(left, right, 20)
    return float(np.median(np.abs(a.middle_at(xs) - b.middle_at(xs)))) / space
