"""Symbols told by their company from what looks the same alone.

An old print's level beam is as thick as a bar of rests, its accent as wide as a short hairpin; a
page's number may be set in the digits of a number of rests, and a finger's in those of a tuplet's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.symbols import Box, Symbol, box_array

SURE = 0.3  # score of a symbol that counts as company
LIKELY = 0.5  # score of an accent that a hairpin gives way to
BESIDE = 0.3  # interlines from a beam's end within which its last stem stands
ONE_PLACE = 0.5  # share of a hairpin that an accent covers where both are one symbol
UNDER = 8.0  # interlines from the top of a number of rests to that of its rest

# A tuplet's number stands in the middle of its notes, hence of their beam or within its bracket; a
# finger's stands over a note. A 3 may do both, and keeps the name it has.
FINGERS = {f"tuplet{n}": f"fingering{n}" for n in (0, 1, 2, 4, 5)}
OVER = 0.3  # interlines between the middles of a finger's number and its note, along the staff
NEAR_NOTE, NEAR_BEAM, NEAR_BRACKET = 8.0, 3.0, 1.0  # interlines up or down from a number
CENTRED = 0.4  # interlines between the middles of a tuplet's number and its beam


def told_by_company(symbols: Sequence[Symbol], interline: float) -> list[Symbol]:
    """The symbols (interline in pixels): bars of rests with two stems are beams, hairpins at an
    accent's place and numbers over no rest are left out, numbers of tuplets over a note are those
    of fingers."""
    told = _with_beams_told(symbols, interline)
    told = _without_accents_as_hairpins(told)
    told = _without_lone_numbers(told, interline)
    return _with_fingers_told(told, interline)


def _with_beams_told(symbols: Sequence[Symbol], interline: float) -> list[Symbol]:
    stems = _boxes(symbols, "stem")

    def is_beam(bar: Box) -> bool:
        beside = np.abs(_middles(stems) - bar.centre[0]) < bar.width / 2 + BESIDE * interline
        meeting = (stems[:, 1] < bar.y1) & (stems[:, 3] > bar.y0)
        return int((beside & meeting).sum()) >= 2

    return [
        replace(s, name="beam") if s.name == "restHBar" and is_beam(s.box) else s for s in symbols
    ]


def _without_accents_as_hairpins(symbols: Sequence[Symbol]) -> list[Symbol]:
    accents = _boxes(symbols, "articAccent", LIKELY)

    def is_accent(hairpin: Box) -> bool:
        low = np.maximum(accents[:, :2], (hairpin.x0, hairpin.y0))
        high = np.minimum(accents[:, 2:], (hairpin.x1, hairpin.y1))
        shared = np.maximum(high - low, 0).prod(axis=1)
        return bool((shared > ONE_PLACE * hairpin.width * hairpin.height).any())

    return [s for s in symbols if not (s.name.endswith("Hairpin") and is_accent(s.box))]


def _without_lone_numbers(symbols: Sequence[Symbol], interline: float) -> list[Symbol]:
    rests = _boxes([s for s in symbols if s.name != "restHNr"], "rest")

    def is_over_rest(number: Box) -> bool:
        over = (rests[:, 0] < number.x1) & (rests[:, 2] > number.x0)
        below = (rests[:, 1] > number.y0) & (rests[:, 1] < number.y0 + UNDER * interline)
        return bool((over & below).any())

    return [s for s in symbols if s.name != "restHNr" or is_over_rest(s.box)]


def _with_fingers_told(symbols: Sequence[Symbol], interline: float) -> list[Symbol]:
    notes, beams = _boxes(symbols, "notehead"), _boxes(symbols, "beam")
    brackets = _boxes(symbols, "tupletBracket")

    def is_over_note(number: Box) -> bool:
        over = np.abs(_middles(notes) - number.centre[0]) < OVER * interline
        return bool((over & (_apart(notes, number) < NEAR_NOTE * interline)).any())

    def is_of_group(number: Box) -> bool:
        x = number.centre[0]
        centred = np.abs(_middles(beams) - x) < CENTRED * interline
        around = (brackets[:, 0] < x) & (brackets[:, 2] > x)
        near_beam = _apart(beams, number) < NEAR_BEAM * interline
        near_bracket = _apart(brackets, number) < NEAR_BRACKET * interline
        return bool((centred & near_beam).any() or (around & near_bracket).any())

    return [
        replace(s, name=FINGERS[s.name])
        if s.name in FINGERS and is_over_note(s.box) and not is_of_group(s.box)
        else s
        for s in symbols
    ]


def _boxes(symbols: Sequence[Symbol], start: str, least: float = SURE) -> NDArray[np.float64]:
    """The boxes (n, 4) of the symbols that are sure enough, and whose names begin so."""
    named = [s for s in symbols if s.name.startswith(start)]
    return box_array([s for s in named if s.score is None or s.score > least])


def _middles(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """x of the boxes' (n, 4) middles."""
    return (boxes[:, 0] + boxes[:, 2]) / 2


def _apart(boxes: NDArray[np.float64], other: Box) -> NDArray[np.float64]:
    """How far the boxes (n, 4) lie above or below the middle of another; 0 at its height."""
    y = other.centre[1]
    return np.maximum(np.maximum(boxes[:, 1] - y, y - boxes[:, 3]), 0.0)
