"""What an engraver's hand does: punches a little off their place and turned, strokes uneven, staff
lines thick. The punches themselves: see `punches`.

Until the middle of the 20th century music was punched and cut into plates. Shapes are changed
after they are labelled and before they are painted, so that the truth stays exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.engraving.label_rules import Mark
from deepscores_tools.engraving.shapes import STAFF_SPACE, Drawing, Element, Glyph

# Standard deviations for a hand of 1, by eye on editions of 1878-1915.
PLACE = 0.025  # staff spaces that a punch is off
TURN = 1.2  # degrees
TURNS = 0.75  # degrees from one angle to the next, so that equal punches still share an outline
PEN = 0.15  # of a stroke's width, as the log of a factor
END = 0.02  # staff spaces that either end of a stroke is off, along and across

# Verovio's staff lines are 0.15 spaces thick at most. Old prints show more (docs/experiments.md),
# and stems and barlines that do not vanish where those stay: pens times 1 + hand * this.
THICKER = {"staff": 0.5, "legerLine": 0.3, "stem": 0.4, "barlineSingle": 0.4}

# Verovio's beams are 0.5 spaces thick and 0.75 from middle to middle, those of old prints 0.7 to
# 0.8 and about 0.9 (docs/experiments.md): times 1 + hand * this.
BEAM_THICKER = 0.7
BEAMS_APART = 0.3
DOT = 0.22  # augmentation dots, likewise: verovio draws them without a glyph

STROKES = ("stem", "legerLine")
_DICE = np.random.default_rng(1878).standard_normal((4093, 5))


def engraved_by(hand: float, marks: Sequence[Mark]) -> None:
    """Change the shapes of marks, in place, as a hand of this unevenness would: 0, not at all."""
    if not hand:
        return
    _heavier_beams(hand, marks)
    for mark in marks:
        if thicker := THICKER.get(mark.name or ""):
            for line in mark.shapes:
                if isinstance(line, Drawing):
                    line.pen *= 1 + hand * thicker
        if len(mark.shapes) != 1:
            continue  # pieces of one symbol, which would come apart
        shape = mark.shapes[0]
        if isinstance(shape, Glyph) and not shape.turn:
            x, y, turn, *_ = hand * _thrown(shape.code, shape.x, shape.y)
            shape.x += x * PLACE * STAFF_SPACE
            shape.y += y * PLACE * STAFF_SPACE
            shape.turn = TURNS * round(turn * TURN / TURNS)
        elif isinstance(shape, Drawing) and mark.name in STROKES and len(shape.contours[0]) == 2:
            *ends, pen = hand * _thrown(*shape.contours[0].ravel())
            off = np.reshape(ends, (2, 2)) * END * STAFF_SPACE
            shape.contours = [contour + off for contour in shape.contours]
            shape.pen *= float(np.exp(pen * PEN))
        elif isinstance(shape, Drawing) and mark.name == "augmentationDot":
            dot = shape.contours[0]
            shape.contours = [dot + hand * DOT * (dot - dot.mean(axis=0))]


def _heavier_beams(hand: float, marks: Sequence[Mark]) -> None:
    """Beams thicker and further apart; the middle of those that belong together stays in place."""
    together: defaultdict[Element, list[Drawing]] = defaultdict(list)
    for mark in marks:
        if mark.name == "beam":
            together[mark.shapes[0].element] += [s for s in mark.shapes if isinstance(s, Drawing)]
    for beams in together.values():
        longest = max((b.contours[0] for b in beams), key=lambda c: float(np.ptp(c[:, 0])))
        start = longest[0, 0]  # far from 0 a fit loses digits
        slope, height = np.polyfit(longest[:, 0] - start, longest[:, 1], 1)
        lines = [slope * (b.contours[0][:, 0] - start) + height for b in beams]
        above = [b.contours[0][:, 1] - line for b, line in zip(beams, lines, strict=True)]
        levels = [float(a.mean()) for a in above]
        middle = (min(levels) + max(levels)) / 2
        for beam, line, off, level in zip(beams, lines, above, levels, strict=True):
            off = off + (off - level) * hand * BEAM_THICKER + (level - middle) * hand * BEAMS_APART
            beam.contours = [np.column_stack((beam.contours[0][:, 0], line + off))]


def _thrown(*place: float) -> NDArray[np.float64]:
    """Five numbers of unit deviation that depend on the place: what voices share stays one."""
    row: NDArray[np.float64] = _DICE[hash(tuple(round(v) for v in place)) % len(_DICE)]
    return row
