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
# What is wider or higher in old prints than in fonts, for a hand of 1: found on scans, against
# pages engraved without (docs/experiments.md).
OLD = {
    0xE0A2: (0.10, 0.08),  # noteheadWhole
    0xE0A3: (0.07, 0.20),  # noteheadHalf
    0xE0A4: (0.0, 0.16),  # noteheadBlack
    **dict.fromkeys((0xE044, 0xE1E7, 0xE4A2, 0xE4A3), (0.22, 0.22)),  # dots
    **dict.fromkeys(range(0xE240, 0xE250), (0.45, 0.30)),  # flags
    0xE261: (-0.20, 0.40),  # accidentalNatural
    0xE4E5: (0.15, 0.02),  # restQuarter
    **dict.fromkeys(range(0xE4E6, 0xE4EE), (0.17, 0.11)),  # rest8th and shorter
    0xE522: (0.38, 0.04),  # dynamicForte
    0xE566: (-0.14, 0.05),  # ornamentTrill
    **dict.fromkeys(range(0xE880, 0xE88A), (-0.15, -0.28)),  # tuplet0 and so on
}
JOINED = (range(0xE000, 0xE030), range(0xEAA0, 0xEB10))  # pieces of one line: must fit their like


def recut(contours: Sequence[Points], code: int, hand: float) -> Sequence[Points]:
    """Contours of a glyph in em units as the punch of this hand (0: the font's) has them."""
    if not hand or any(code in codes for codes in JOINED):
        return contours
    rng = np.random.default_rng([code, round(hand * 1e9)])
    width, height, slant = (SIZE, SIZE, SLANT) * rng.standard_normal(3)
    wider, higher = OLD.get(code, (0.0, 0.0))
    shape = np.eye(2) + hand * np.array([[width + wider, 0.0], [slant, height + higher]])
    ways = rng.standard_normal((WAVES, 2)) * (BEND * EM_STAFF_SPACE * hand)
    angles, phases = rng.uniform(0, 2 * math.pi, (2, WAVES))
    lengths = rng.uniform(*LENGTH, WAVES) * EM_STAFF_SPACE / (2 * math.pi)
    along = np.stack([np.cos(angles), np.sin(angles)]) / lengths
    return [c @ shape + np.sin(c @ along + phases) @ ways for c in contours]
