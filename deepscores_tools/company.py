"""Symbols told by their company from what looks the same alone.

An old print's level beam is as thick as a bar of rests, a page's number may be set in the digits
of a number of rests, and a finger's in those of a tuplet's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.symbols import Box, Symbol, box_array

SURE = 0.3  # score of a symbol that counts as company
BESIDE = 0.3  # interlines from a beam's end within which its last stem stands
UNDER = 8.0  # interlines from the top of a number of rests to that of its rest

# A tuplet's number stands in the middle of its notes, hence of their beam or within its bracket; a
# finger's stands over a note. A 3 may do both, and keeps the name it has.
FINGERS = {f"tuplet{n}": f"fingering{n}" for n in (0, 1, 2, 4, 5)}
OVER = 0.3  # interlines between the middles of a finger's number and its note, along the staff
NEAR_NOTE, NEAR_BEAM, NEAR_BRACKET = 8.0, 3.0, 1.0  # interlines up or down from a number
CENTRED = 0.4  # interlines between the middles of a tuplet's number and its beam


def told_by_company(symbols: Sequence[Symbol], interline: float) -> list[Symbol]:
    """The symbols (interline in pixels): bars of rests with two stems are beams, numbers over no
    rest are left out, and numbers of tuplets over a note are those of fingers."""
    company = _Company([s for s in symbols if s.score is None or s.score > SURE], interline)
    told = []
    for symbol in symbols:
        if symbol.name == "restHBar" and company.ends_in_stems(symbol.box):
            symbol = replace(symbol, name="beam")
        elif symbol.name == "restHNr" and not company.is_over_rest(symbol.box):
            continue
        elif symbol.name in FINGERS and company.is_over_note(symbol.box):
            symbol = replace(symbol, name=FINGERS[symbol.name])
        told.append(symbol)
    return told


class _Company:
    """The symbols that tell others, as boxes (n, 4)."""

    def __init__(self, sure: Sequence[Symbol], interline: float) -> None:
        self.interline = interline
        self.stems = box_array([s for s in sure if s.name == "stem"])
        self.beams = box_array([s for s in sure if s.name == "beam"])
        self.brackets = box_array([s for s in sure if s.name == "tupletBracket"])
        self.notes = box_array([s for s in sure if s.name.startswith("notehead")])
        rests = [s for s in sure if s.name.startswith("rest") and s.name != "restHNr"]
        self.rests = box_array(rests)

    def ends_in_stems(self, bar: Box) -> bool:
        """Do two stems meet what looks like a bar of rests?"""
        across = np.abs(_middles(self.stems) - bar.centre[0])
        beside = across < bar.width / 2 + BESIDE * self.interline
        meeting = (self.stems[:, 1] < bar.y1) & (self.stems[:, 3] > bar.y0)
        return int((beside & meeting).sum()) >= 2

    def is_over_rest(self, number: Box) -> bool:
        """Is there a rest below?"""
        over = (self.rests[:, 0] < number.x1) & (self.rests[:, 2] > number.x0)
        tops = self.rests[:, 1]
        below = (tops > number.y0) & (tops < number.y0 + UNDER * self.interline)
        return bool((over & below).any())

    def is_over_note(self, number: Box) -> bool:
        """Does it stand over or under a note, and in the middle of no group?"""
        x, space = number.centre[0], self.interline
        over = np.abs(_middles(self.notes) - x) < OVER * space
        if not (over & (_apart(self.notes, number) < NEAR_NOTE * space)).any():
            return False
        centred = np.abs(_middles(self.beams) - x) < CENTRED * space
        around = (self.brackets[:, 0] < x) & (self.brackets[:, 2] > x)
        return not (
            (centred & (_apart(self.beams, number) < NEAR_BEAM * space)).any()
            or (around & (_apart(self.brackets, number) < NEAR_BRACKET * space)).any()
        )


def _middles(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """x of the boxes' (n, 4) middles."""
    return (boxes[:, 0] + boxes[:, 2]) / 2


def _apart(boxes: NDArray[np.float64], from_: Box) -> NDArray[np.float64]:
    """How far the boxes (n, 4) lie above or below another's middle; 0 at its height."""
    y = from_.centre[1]
    return np.maximum(np.maximum(boxes[:, 1] - y, y - boxes[:, 3]), 0.0)
