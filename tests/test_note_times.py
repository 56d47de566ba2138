"""Onset, duration and staff position of noteheads against a score that says them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from deepscores_tools.engraving import RenderedPage, Score, draw_style, generator
from deepscores_tools.engraving.note_times import NoteTime, note_times
from deepscores_tools.note_attributes import DURATION, ONSET, STAFF_POSITION

KERN = """**kern\t**kern
*clefF4\t*clefG2
*k[]\t*k[]
*M4/4\t*M4/4
=1-\t=1-
1CC 1C\t4c
.\t8.d
.\t16e
.\t6f
.\t6g
.\t6a
=2\t=2
*^\t*
2E\t4C\t8qb
.\t.\t2cc[
.\t4D\t.
2F\t2C\t4cc]
.\t.\t4e 4g
*v\t*v\t*
=3:|!\t=3:|!
1r\t[1d
=4\t=4
1C\t1d]
==\t==
*-\t*-
"""
THIRD = 2 / 3
UPPER = [  # onset, duration, half spaces above the bottom line
    (0, 1, -2), (1, 0.75, -1), (1.75, 0.25, 0),
    (2, THIRD, 1), (2 + THIRD, THIRD, 2), (2 + 2 * THIRD, THIRD, 3),  # a triplet
    (4, 0.5, 4),  # grace note: its written value, where the next note is
    (4, 2, 5), (6, 1, 5),  # tied: each head has its own duration
    (7, 1, 0), (7, 1, 2),  # a chord
    (8, 4, -1), (12, 4, -1),  # after a repeat, which is not unfolded
]  # fmt: skip
LOWER = [
    (0, 4, -4), (0, 4, 3),
    (4, 2, 5), (6, 2, 6), (4, 1, 3), (5, 1, 4), (6, 2, 3),  # two voices
    (12, 4, 3),
]  # fmt: skip


def engraved(file: Path) -> RenderedPage:
    return Score(file, draw_style(generator(3, "test"), ["Bravura"])).render(1, "a.png")


def heads(item: RenderedPage) -> list[tuple[float, float, int]]:
    return sorted(
        (float(a[ONSET]), float(a[DURATION]), int(a[STAFF_POSITION]))
        for a in (s.attributes for s in item.page.symbols if s.name.startswith("notehead"))
    )


def test_noteheads_know_what_they_mean(tmp_path: Path) -> None:
    (tmp_path / "a.krn").write_text(KERN)
    item = engraved(tmp_path / "a.krn")
    for found, meant in zip(heads(item), sorted(UPPER + LOWER), strict=True):
        assert found == pytest.approx(meant)
    onsets = {s.name: s.attributes.get(ONSET) for s in item.page.symbols}
    assert onsets["restWhole"] == 8.0
    assert onsets["tupletBracket"] == 2.0
    assert onsets["flag8thUpSmall"] == 4.0
    assert onsets["staff"] is None


def test_times_do_not_depend_on_the_page(tmp_path: Path) -> None:
    """The encoding is the truth: onsets of all pages are those of the .krn, summed up."""
    values = [4, 8, 8, 2, 16, 16, 8, 4] * 40
    lines, at, onsets = ["**kern", "*clefG2", "*M4/4"], Fraction(0), []
    for value in values:
        if at % 4 == 0:
            lines.append(f"={at // 4 + 1}")
        lines.append(f"{value}g")
        onsets.append((float(at), 4 / value, 2))
        at += Fraction(4, value)
    (tmp_path / "a.krn").write_text("\n".join([*lines, "==", "*-", ""]))
    score = Score(tmp_path / "a.krn", draw_style(generator(1, "test"), ["Bravura"]))
    found = [h for n in range(score.pages) for h in heads(score.render(n + 1, "a.png"))]
    assert found == onsets


def mei(measure: str) -> dict[str, NoteTime]:
    text = (
        '<mei xmlns="http://www.music-encoding.org/ns/mei"><score>'
        f'<scoreDef meter.count="6" meter.unit="8"/><section>{measure}<measure><staff><layer>'
        '<note xml:id="next" dur="4"/></layer></staff></measure></section></score></mei>'
    )
    return note_times(text)


@pytest.mark.parametrize(
    ("layer", "length"),
    [
        ("<mRest/>", 3.0),
        ('<multiRest num="4"/>', 12.0),
        ('<note dur="4"/><rest dur="8"/>', 1.5),
        ('<fTrem><note dur="2"/><note dur="2"/></fTrem>', 2.0),
        ('<bTrem><note dur="2" dots="1"/></bTrem>', 3.0),
        ('<graceGrp><note dur="8"/></graceGrp><chord dur="4"><note/><note/></chord>', 1.0),
        ('<tuplet num="5" numbase="4"><beam>' + '<note dur="16"/>' * 5 + "</beam></tuplet>", 1.0),
        ('<tuplet num="3" numbase="2"><tuplet num="5" numbase="4">' + '<note dur="16"/>' * 5
         + '</tuplet><note dur="4"/><note dur="4"/></tuplet>', 2.0),
        ('<note dur="256" dur.ges="4"/><note dur="4"/>', 2.0),  # a replaced symbol
        ('<note dur="breve"/><note dur="4"><dot/><dot/></note>', 9.75),
    ],
)  # fmt: skip
def test_measures_are_as_long_as_what_is_in_them(layer: str, length: float) -> None:
    found = mei(f"<measure><staff><layer>{layer}</layer></staff></measure>")
    assert found["next"] == (length, 1.0)


def test_marks_begin_with_their_note_or_beat() -> None:
    found = mei(
        '<measure><staff><layer><note dur="4"/><clef xml:id="c"/><note xml:id="n" dur="8"/></layer>'
        '</staff><slur xml:id="s" startid="#n"/><dynam xml:id="d" tstamp="3"/></measure>'
    )
    assert found["s"] == (1.0, None)
    assert found["d"] == (1.0, None)
    assert found["c"] == (1.0, None)
    assert found["n"] == (1.0, 0.5)
