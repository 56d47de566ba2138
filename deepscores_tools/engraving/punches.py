"""An engraver's own punches: every sign cut a little differently from the font's.

Fonts are few and prints of the past had many more shapes than they hold, so each hand bends the
outlines of a font in its own way: the same for all copies of a sign, as they come from one punch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from deepscores_tools.engraving.outlines import Points

EM_STAFF_SPACE = 250.0
# Standard deviations for a hand of 1.
SIZE = 0.05  # of width and of height, as a factor
SLANT = 0.06  # dx / dy
BEND = 0.045  # staff spaces that a wave along the outline moves it
WAVES = 2
LENGTH = (1.2, 3.5)  # staff spaces from crest to crest
JOINED = (range(0xE000, 0xE030), range(0xEAA0, 0xEB10))  # pieces of one line: must fit their like


def recut(contours: Sequence[Points], code: int, hand: float) -> Sequence[Points]:
    """Contours of a glyph in em units as the punch of this hand (0: the font's) has them."""
    if not hand or any(code in codes for codes in JOINED):
        return contours
    rng = np.random.default_rng([code, round(hand * 1e9)])
    width, height, slant = hand * rng.standard_normal(3)
    shape = np.array([[1 + SIZE * width, 0.0], [SLANT * slant, 1 + SIZE * height]])
    ways = rng.standard_normal((WAVES, 2)) * (BEND * EM_STAFF_SPACE * hand)
    angles, phases = rng.uniform(0, 2 * math.pi, (2, WAVES))
    lengths = rng.uniform(*LENGTH, WAVES) * EM_STAFF_SPACE / (2 * math.pi)
    along = np.stack([np.cos(angles), np.sin(angles)]) / lengths
    return [c @ shape + np.sin(c @ along + phases) @ ways for c in contours]
