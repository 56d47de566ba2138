"""Whether a page is upside down: ink alone does not say, but what the network makes of it does.

Every staff begins with a clef, save in a few lead sheets, and no page shows clefs at its left
when it is upside down. Measured on four printed scans run both ways: all staves against none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepscores_tools.staves import Staves
from deepscores_tools.symbols import Symbol

DOUBTFUL = 0.25  # share of staves with a clef at the left; with fewer a page is tried both ways
SURE = 0.3  # score of a clef that counts
MARGIN = 6.0  # interlines from a staff's left end within which its clef stands
AROUND = 2.0  # interlines above and below a staff where its clef's centre may lie
SEEN = 0.1  # score; of what is fainter, a page has much in every position


def clefs_at_left(symbols: Sequence[Symbol], staves: Staves) -> float:
    """The share of the staves that have a clef at their left end, 0..1."""
    clefs = [s.box.centre for s in symbols if "clef" in s.name.lower() and (s.score or 0) > SURE]
    begun = 0
    for staff in staves.staves:
        space, top, bottom = staff.interline, staff.lines[0, 0], staff.lines[4, 0]
        begun += any(
            x < staff.left + MARGIN * space and top - y < AROUND * space > y - bottom
            for x, y in clefs
        )
    return begun / max(len(staves.staves), 1)


def readable(symbols: Sequence[Symbol], staves: Staves) -> float:
    """How right a page looks in this position: clefs, and where there are none, sure symbols."""
    scores = [s.score for s in symbols if s.score is not None and s.score > SEEN]
    return clefs_at_left(symbols, staves) + (float(np.mean(scores)) if scores else 0.0)
