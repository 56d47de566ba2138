"""Bars of rests, their numbers and those of fingers, told by their company."""

from __future__ import annotations

from deepscores_tools.company import told_by_company
from deepscores_tools.symbols import Box, Symbol

BAR = Symbol(name="restHBar", box=Box(100, 50, 200, 60), score=0.9)
LEFT = Symbol(name="stem", box=Box(100, 10, 102, 55), score=0.9)
RIGHT = Symbol(name="stem", box=Box(199, 10, 201, 55), score=0.9)
NUMBER = Symbol(name="restHNr", box=Box(140, 10, 160, 30), score=0.9)


def names(*symbols: Symbol) -> list[str]:
    return [s.name for s in told_by_company(symbols, 10.0)]


def test_a_bar_of_rests_with_two_stems_is_a_beam() -> None:
    assert names(BAR, LEFT, RIGHT) == ["beam", "stem", "stem"]
    assert names(BAR, LEFT) == ["restHBar", "stem"]


def test_what_is_hardly_seen_or_elsewhere_is_no_company() -> None:
    faint = Symbol(name="stem", box=RIGHT.box, score=0.1)
    above = Symbol(name="stem", box=Box(199, 10, 201, 45), score=0.9)
    for other in (faint, above):
        assert names(BAR, LEFT, other)[0] == "restHBar"


def test_a_hairpin_at_an_accent_s_place_is_left_out() -> None:
    accent = Symbol(name="articAccentBelow", box=Box(100, 50, 122, 60), score=0.9)
    same = Symbol(name="dynamicDiminuendoHairpin", box=Box(99, 50, 123, 61), score=0.99)
    longer = Symbol(name="dynamicDiminuendoHairpin", box=Box(99, 50, 160, 61), score=0.4)
    assert names(accent, same, longer) == ["articAccentBelow", "dynamicDiminuendoHairpin"]
    faint = Symbol(name=accent.name, box=accent.box, score=0.4)
    assert names(faint, same) == [faint.name, same.name]


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


NOTE = Symbol(name="noteheadBlackOnLine", box=Box(143, 60, 156, 70), score=0.9)
FOUR = Symbol(name="tuplet4", box=Box(145, 20, 155, 35), score=0.9)


def test_a_number_over_a_note_is_a_finger_s() -> None:
    assert names(FOUR, NOTE)[0] == "fingering4"
    below = Symbol(name="tuplet2", box=Box(145, 100, 155, 115), score=0.9)
    assert names(below, NOTE)[0] == "fingering2"
    assert names(FOUR)[0] == "tuplet4"


def test_a_number_between_notes_or_over_a_group_is_a_tuplet_s() -> None:
    apart = Symbol(name=NOTE.name, box=Box(150, 60, 163, 70), score=0.9)
    assert names(FOUR, apart)[0] == "tuplet4"
    beam = Symbol(name="beam", box=Box(100, 40, 200, 46), score=0.9)
    bracket = Symbol(name="tupletBracket", box=Box(90, 22, 200, 30), score=0.9)
    for group in (beam, bracket):
        assert names(FOUR, NOTE, group)[0] == "tuplet4"
    aside = Symbol(name="beam", box=Box(140, 40, 240, 46), score=0.9)
    assert names(FOUR, NOTE, aside)[0] == "fingering4"


def test_a_bar_of_rests_that_is_a_beam_tells_others_as_a_beam() -> None:
    over = Symbol(name="tuplet5", box=Box(145, 30, 155, 45), score=0.9)
    head = Symbol(name=NOTE.name, box=Box(143, 80, 156, 90), score=0.9)
    assert names(BAR, LEFT, RIGHT, over, head)[3] == "tuplet5"
    assert names(BAR, LEFT, RIGHT, NUMBER) == ["beam", "stem", "stem"]


def test_a_three_stands_over_the_second_of_three_notes_either_way() -> None:
    three = Symbol(name="tuplet3", box=FOUR.box, score=0.9)
    assert names(three, NOTE)[0] == "tuplet3"
