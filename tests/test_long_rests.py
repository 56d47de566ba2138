"""Bars of rests and their numbers, told by their company."""

from __future__ import annotations

from deepscores_tools.long_rests import with_long_rests_told
from deepscores_tools.symbols import Box, Symbol

BAR = Symbol(name="restHBar", box=Box(100, 50, 200, 60), score=0.9)
LEFT = Symbol(name="stem", box=Box(100, 10, 102, 55), score=0.9)
RIGHT = Symbol(name="stem", box=Box(199, 10, 201, 55), score=0.9)
NUMBER = Symbol(name="restHNr", box=Box(140, 10, 160, 30), score=0.9)


def names(*symbols: Symbol) -> list[str]:
    return [s.name for s in with_long_rests_told(symbols, 10.0)]


def test_a_bar_of_rests_with_two_stems_is_a_beam() -> None:
    assert names(BAR, LEFT, RIGHT) == ["beam", "stem", "stem"]
    assert names(BAR, LEFT) == ["restHBar", "stem"]


def test_what_is_hardly_seen_or_elsewhere_is_no_company() -> None:
    faint = Symbol(name="stem", box=RIGHT.box, score=0.1)
    above = Symbol(name="stem", box=Box(199, 10, 201, 45), score=0.9)
    for other in (faint, above):
        assert names(BAR, LEFT, other)[0] == "restHBar"


def test_a_number_of_rests_stands_over_a_rest() -> None:
    whole = Symbol(name="restWhole", box=Box(150, 55, 165, 60), score=0.9)
    assert names(NUMBER, BAR) == ["restHNr", "restHBar"]
    assert names(NUMBER, whole) == ["restHNr", "restWhole"]
    assert names(NUMBER) == []
    beside = Symbol(name="restWhole", box=Box(250, 55, 265, 60), score=0.9)
    assert names(NUMBER, beside) == ["restWhole"]


def test_truth_without_scores_counts() -> None:
    plain = [Symbol(name=s.name, box=s.box) for s in (BAR, LEFT, RIGHT)]
    assert names(*plain) == ["beam", "stem", "stem"]
