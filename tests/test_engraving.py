"""Engraving: the rasteriser against simple shapes, labels against small scores written here."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepscores_tools.engraving import (
    FONTS,
    RenderedPage,
    RenderPlan,
    Score,
    draw_style,
    engrave,
    generator,
    render_scores,
    render_svg,
)
from deepscores_tools.engraving.compose import compose_score
from deepscores_tools.engraving.hand import STROKES
from deepscores_tools.engraving.label_rules import Mark
from deepscores_tools.engraving.labels import OTHER
from deepscores_tools.engraving.music_fonts import outline
from deepscores_tools.engraving.outlines import fill, parse_path, stroke
from deepscores_tools.engraving.punches import EM_STAFF_SPACE, recut
from deepscores_tools.engraving.raster import INK, Crop, merged, rasterise
from deepscores_tools.engraving.shapes import Glyph, Text
from deepscores_tools.engraving.workers import supervised
from deepscores_tools.errors import InputError
from deepscores_tools.text_faces import face
from deepscores_tools.vocabularies import PRINTED_CLASSES

MEI = (
    '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>'
    "<scoreDef {score}><staffGrp>{staves}</staffGrp></scoreDef><section>{measures}</section>"
    "</score></mdiv></body></music></mei>"
)


def render(
    layer: str, marks: str = "", *, clef: str = 'shape="G" line="2"', score: str = "",
    font: str = "Bravura", measure: str = "",
) -> RenderedPage:  # fmt: skip
    """One measure of music on one staff, engraved."""
    staff = f'<staffDef n="1" lines="5"><clef {clef}/></staffDef>'
    body = (
        f'<measure n="1" {measure}><staff n="1"><layer n="1">{layer}</layer></staff>{marks}'
        "</measure>"
    )
    style = draw_style(generator(3, "test"), [font])
    return Score(MEI.format(score=score, staves=staff, measures=body), style).render(1, "a.png")


def names(item: RenderedPage) -> Counter[str]:
    return Counter(s.name for s in item.page.symbols)


def note(pitch: str, octave: int, value: str, extra: str = "", inner: str = "") -> str:
    return f'<note pname="{pitch}" oct="{octave}" dur="{value}" {extra}>{inner}</note>'


# rasteriser


def test_a_rectangle_covers_its_area() -> None:
    edges = fill([np.array([[2.25, 3.5], [6.75, 3.5], [6.75, 5.0], [2.25, 5.0]])])
    crop = rasterise([edges])[0]
    assert (crop.x, crop.y) == (2, 3)
    assert crop.alpha[0].tolist()[:5] == [96, 128, 128, 128, 96]
    assert crop.alpha[1].tolist()[:5] == [191, 255, 255, 255, 191]


def test_overlaps_add_up_and_holes_stay_open() -> None:
    outer = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], float)
    inner = np.array([[3, 3], [7, 3], [7, 7], [3, 7]], float)
    same, hole = rasterise([fill([outer, inner]), fill([outer, inner[::-1]])])
    assert same.alpha[5, 5] == 255
    assert hole.alpha[5, 5] == 0
    assert hole.alpha[1, 1] == 255


def test_many_outlines_in_one_pass_equal_each_alone() -> None:
    rng = np.random.default_rng(1)
    shapes = [fill([rng.uniform(-20, 50, (n, 2))]) for n in (3, 5, 9)]
    for alone, together in zip([rasterise([s])[0] for s in shapes], rasterise(shapes), strict=True):
        assert (alone.x, alone.y) == (together.x, together.y)
        assert np.abs(alone.alpha.astype(int) - together.alpha).max() <= 1


def test_a_stroke_is_as_wide_as_its_pen() -> None:
    crop = rasterise([stroke(np.array([[5.0, 0.0], [5.0, 20.0]]), 3.0)])[0]
    assert crop.alpha[10].sum() / 255 == pytest.approx(3.0, abs=0.02)


def test_path_data_relative_and_absolute() -> None:
    one = parse_path("M1 2h3v4H1z", 1.0)
    two = parse_path("m1,2 l3 0 l0 4 L1 6 Z", 1.0)
    assert np.allclose(one[0], two[0])


def test_merged_takes_the_maximum() -> None:
    a, b = rasterise([fill([np.array([[x, 0], [x + 2, 0], [x + 2, 2], [x, 2]], float)])
                      for x in (0, 5)])  # fmt: skip
    both = merged([a, b])
    assert both.alpha[0, :7].tolist() == [255, 255, 0, 0, 0, 255, 255]


# labels


def test_noteheads_on_lines_and_in_spaces() -> None:
    found = names(render(note("e", 4, "4") + note("f", 4, "4") + note("c", 6, "2")))
    assert found["noteheadBlackOnLine"] == 1
    assert found["noteheadBlackInSpace"] == 1
    assert found["noteheadHalfOnLine"] == 1
    assert found["legerLine"] == 2
    assert found["stem"] == 3
    assert found["staff"] == 1


def test_dots_of_three_kinds() -> None:
    layer = note("g", 4, "4", 'dots="1"', '<artic artic="stacc" place="below"/>')
    found = names(render(layer, measure='right="rptend"'))
    assert found["augmentationDot"] == 1
    assert found["articStaccatoBelow"] == 1
    assert found["repeatDot"] == 2
    assert found["barlineSingle"] == 1
    assert found["barlineHeavy"] == 1


def test_key_signature_is_not_an_accidental() -> None:
    layer = note("c", 5, "1", inner='<accid accid="s"/>')
    found = names(render(layer, score='keysig="3f" meter.count="10" meter.unit="8"'))
    assert found["keyFlat"] == 3
    assert found["accidentalSharp"] == 1
    assert found["timeSig1"] == found["timeSig0"] == found["timeSig8"] == 1


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize(
    ("clef", "whole", "digit"),
    [
        ('shape="G" line="2" dis="8" dis.place="below"', "clefG", "clef8"),
        ('shape="F" line="4" dis="15" dis.place="above"', "clefF", "clef15"),
    ],
)
def test_compound_clefs_are_split(font: str, clef: str, whole: str, digit: str) -> None:
    item = render("<mRest/>", clef=clef, font=font)
    found = {s.name: s.box for s in item.page.symbols}
    space = item.page.interline
    assert space is not None
    assert found[digit].height < 2 * space
    assert found[whole].height > 2.5 * space
    below = "below" in clef
    gap = found[digit].y0 - found[whole].y1 if below else found[whole].y0 - found[digit].y1
    assert gap > -0.6 * space


def test_c_clefs_by_line() -> None:
    assert names(render("<mRest/>", clef='shape="C" line="3"'))["clefCAlto"] == 1
    assert names(render("<mRest/>", clef='shape="C" line="4"'))["clefCTenor"] == 1


def test_beams_are_one_box_a_level() -> None:
    layer = f"<beam>{''.join(note('g', 4, '16') for _ in range(4))}</beam>"
    assert names(render(layer))["beam"] == 2


def test_grace_notes_are_also_composites() -> None:
    layer = note("g", 4, "8", 'grace="unacc" stem.mod="1slash" stem.dir="down"')
    layer += note("g", 4, "8", 'grace="acc" stem.dir="up"') + note("a", 4, "1")
    found = names(render(layer))
    assert found["graceNoteAcciaccaturaStemDown"] == 1
    assert found["graceNoteAppoggiaturaStemUp"] == 1
    assert found["noteheadBlackOnLineSmall"] == 2
    assert found["flag8thDownSmall"] == found["flag8thUpSmall"] == 1


def test_a_grace_chord_is_one_composite() -> None:
    heads = note("e", 4, "8") + note("g", 4, "8")
    chord = f'<chord grace="unacc" dur="8" stem.dir="up">{heads}</chord>'
    found = names(render(chord + note("a", 4, "1")))
    assert found["graceNoteAcciaccaturaStemUp"] + found["graceNoteAppoggiaturaStemUp"] == 1
    assert found["flag8thUpSmall"] == 1


def test_tuplets_fingerings_dynamics_and_multirests() -> None:
    inner = "".join(note("g", 4, "4", f'xml:id="t{k}"') for k in range(5))
    marks = '<dynam startid="#t0">mfz</dynam><fing startid="#t1">3</fing>'
    found = names(render(f'<tuplet num="5" numbase="4">{inner}</tuplet>', marks))
    assert found["tuplet5"] == found["tupletBracket"] == 1
    assert found["dynamicM"] == found["dynamicF"] == found["dynamicZ"] == 1
    assert found["fingering3"] == 1
    found = names(render('<multiRest num="12"/>'))
    assert found["restHNr"] == 1
    assert found["timeSig1"] == 0


def test_words_are_ink_but_no_symbols() -> None:
    plain = render(note("g", 4, "1", 'xml:id="a"'))
    spoken = render(note("g", 4, "1", 'xml:id="a"'), '<dir startid="#a" place="below">dolce</dir>')
    assert names(plain) == names(spoken)
    assert (spoken.gray < 128).sum() > (plain.gray < 128).sum()


def test_an_engravers_hand_moves_symbols_by_little_and_keeps_them() -> None:
    rng = generator(5, "hand")
    music = compose_score(rng)
    style = draw_style(rng)
    even, uneven = (
        Score(music, replace(style, hand=hand)).render(1, "a.png").page.symbols for hand in (0, 1)
    )
    assert [s.name for s in even] == [s.name for s in uneven]
    assert sum(a.box != b.box for a, b in zip(even, uneven, strict=True)) > len(even) / 3
    for a, b in zip(even, uneven, strict=True):
        drawn = a.name in ("staff", *STROKES)  # others have punches: larger ones differ by more
        most = 0.3 * style.interline + (0 if drawn else 0.5 * max(a.box.width, a.box.height))
        assert max(abs(p - q) for p, q in zip(a.box, b.box, strict=True)) < most, a.name


def test_a_hand_has_punches_of_its_own_and_one_for_every_sign() -> None:
    contours = parse_path(outline("Bravura", 0xE4E5), 0.1)
    cut = recut(contours, 0xE4E5, 0.8)
    assert all(np.array_equal(a, b) for a, b in zip(cut, recut(contours, 0xE4E5, 0.8), strict=True))
    other, far = recut(contours, 0xE4E5, 0.7), 0.5 * EM_STAFF_SPACE
    for font, one, two in zip(contours, cut, other, strict=True):
        assert 0 < np.abs(font - one).max() < far
        assert np.abs(one - two).max() > 0
    wiggle = parse_path(outline("Bravura", 0xEAA4), 0.1)
    assert recut(wiggle, 0xEAA4, 0.8) is wiggle


def test_what_two_voices_share_stays_one_under_any_hand() -> None:
    lower = '<layer n="2"><note pname="c" oct="5" dur="4"/></layer>'
    body = f'<staff n="1"><layer n="1">{note("c", 5, "4")}</layer>{lower}</staff>'
    staff = '<staffDef n="1" lines="5"><clef shape="G" line="2"/></staffDef>'
    music = MEI.format(score="", staves=staff, measures=f'<measure n="1">{body}</measure>')
    style = replace(draw_style(generator(3, "test")), hand=1.0)
    assert names(Score(music, style).render(1, "a.png"))["noteheadBlackInSpace"] == 1


def test_an_engravers_beams_are_thick_and_do_not_touch() -> None:
    notes = "".join(note("b", 4, "16") for _ in range(4))
    staff = '<staffDef n="1" lines="5"><clef shape="G" line="2"/></staffDef>'
    body = f'<staff n="1"><layer n="1"><beam>{notes}</beam></layer></staff>'
    music = MEI.format(score="", staves=staff, measures=f'<measure n="1">{body}</measure>')
    style = replace(draw_style(generator(3, "test")), interline=40.0)
    for hand, thick in ((0.0, 0.5), (1.0, 0.85)):
        page = Score(music, replace(style, hand=hand)).render(1, "a.png").page
        upper, lower = sorted(s.box for s in page.symbols if s.name == "beam")
        assert upper.height / 40 == pytest.approx(thick, abs=0.05)
        assert lower.height == pytest.approx(upper.height, abs=1)
        assert lower.y0 > upper.y1


def test_computer_modern_spells_out_accents() -> None:
    modern = face("computer-modern", 40)
    assert modern.length("größer") == modern.length("großer")
    plain, accented = (modern.drawn(text)[0] for text in ("Ubermut", "Übermut"))
    assert accented.astype(int).sum() > plain.astype(int).sum()
    assert accented.shape[0] > plain.shape[0]


@pytest.mark.parametrize("font", FONTS)
def test_every_box_is_the_extent_of_its_mask_and_is_ink(font: str) -> None:
    rng = generator(5, font)
    score = Score(compose_score(rng), draw_style(rng, [font]))
    item = score.render(1, "a.png")
    assert len(item.page.symbols) > 100
    for symbol in item.page.symbols:
        assert symbol.name in PRINTED_CLASSES
        mask = symbol.mask
        assert mask is not None
        assert mask[0].any()
        assert mask[-1].any()
        assert mask[:, 0].any()
        assert mask[:, -1].any()
        x0, y0, x1, y1 = (int(v) for v in symbol.box)
        assert (item.gray[y0:y1, x0:x1][mask] <= 255 - INK).all()


@pytest.mark.parametrize("font", FONTS[::3])
def test_all_other_ink_is_words_or_listed(font: str, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[tuple[Mark, Crop]] = []

    class Watched(engrave.Painter):
        def crops(self, marks: Sequence[Mark]) -> list[Crop]:
            crops = super().crops(marks)
            painted.extend(zip(marks, crops, strict=True))
            return crops

    monkeypatch.setattr(engrave, "Painter", Watched)
    rng = generator(5, font)
    item = Score(compose_score(rng), draw_style(rng, [font])).render(1, "a.png")
    ink = item.gray <= 255 - INK
    for symbol in item.page.symbols:
        x0, y0, x1, y1 = (int(v) for v in symbol.box)
        assert symbol.mask is not None
        ink[y0:y1, x0:x1] &= ~symbol.mask
    for mark, crop in painted:
        if mark.name is None:
            for shape in mark.shapes:
                assert isinstance(shape, Text) or shape.element.name in OTHER
                # Glyphs of music are no "other" ink: one would be missing in the table.
                assert not isinstance(shape, Glyph) or shape.element.name == "mRptNum"
            height, width = crop.alpha.shape
            ink[crop.y : crop.y + height, crop.x : crop.x + width] &= crop.alpha < INK
    assert not ink.any()


def test_a_tie_drawn_to_infinity_is_left_out() -> None:
    style = draw_style(generator(3, "test"), ["Bravura"])
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><svg class="definition-scale" '
        'viewBox="0 0 9000 9000"><g class="page-margin" transform="translate(500, 500)">'
        '<g class="tie"><path d="M100,100 C2147483647,90 2147483647,90 200,100 C5,99 5,99 100,100"'
        ' stroke-width="9"/></g><g class="tie"><path d="M100,100 C150,160 250,160 300,100 '
        'C250,190 150,190 100,100" stroke-width="9"/></g></g></svg></svg>'
    )
    assert names(render_svg(svg, style, "a.png"))["tie"] == 1


# stream


def test_composed_music_reaches_every_class() -> None:
    missing = set(PRINTED_CLASSES.names)
    for seed in range(12):
        rng = generator(seed, "rare")
        score = Score(compose_score(rng, sorted(missing)), draw_style(rng))
        for number in range(1, score.pages + 1):
            missing -= set(names(score.render(number, "a.png")))
        if not missing:
            break
    assert not missing


@pytest.mark.parametrize("scale", ["100%", "62%"])  # verovio rounds where lines of small staves lie
def test_notes_on_another_staff_are_placed_on_its_lines(scale: str) -> None:
    staves = f'''<staffDef n="1" lines="5" scale="{scale}"><clef shape="G" line="2"/></staffDef>
        <staffDef n="2" lines="5"><clef shape="F" line="4"/></staffDef>'''
    low, below = 'staff="2"', note("g", 2, "4") + note("d", 3, "4")
    layer = (note("g", 2, "4", low) + note("d", 3, "4", low) + note("e", 4, "4")
             + f'<chord dur="4" staff="2">{below}</chord>')  # fmt: skip
    measures = f"""<measure n="1"><!-- kept by verovio --><staff n="1"><layer n="1">{layer}</layer>
        </staff><staff n="2"><layer n="1"><rest dur="1"/></layer></staff></measure>"""
    for seed in range(6):
        style = draw_style(generator(seed, "staves"), ["Bravura"])
        mei = MEI.format(score="", staves=staves, measures=measures)
        heads = [
            (s.attributes["staff_position"], "OnLine" in s.name)
            for s in Score(mei, style).render(1, "a.png").page.symbols
            if s.name.startswith("notehead")
        ]
        assert sorted(heads) == [(0, True), (0, True), (0, True), (4, True), (4, True)]


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    folder = tmp_path / "scores"
    folder.mkdir()
    for k in range(3):
        (folder / f"{k}.mei").write_text(compose_score(generator(k, "score")))
    return folder


def test_a_broken_score_is_skipped_with_a_warning(
    scores: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (scores / "broken.musicxml").write_text("<score-partwise><part></score-partwise>")
    plan = RenderPlan(max_pages_per_score=1, composed_fraction=0.0)
    pages = list(render_scores([scores], plan))
    assert "broken.musicxml: skipped" in caplog.text
    assert len(pages) == 3
    assert all(p.page.interline is not None for p in pages)


def test_user_errors_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no score"):
        next(render_scores([tmp_path], RenderPlan()))
    with pytest.raises(InputError, match="choose among"):
        RenderPlan(fonts=("Comic",))


def _misbehave(task: str) -> str:
    if task == "abort":
        os.abort()
    if task == "hang":
        time.sleep(60)
    if task == "raise":
        raise ValueError("no")
    return task.upper()


def test_workers_survive_aborts_hangs_and_errors() -> None:
    tasks = ["a", "abort", "b", "hang", "raise", "c"]
    outcomes = list(supervised(_misbehave, tasks, workers=2, time_limit=8))
    assert [o.task for o in outcomes] == tasks
    assert [o.result for o in outcomes] == ["A", None, "B", None, None, "C"]
    assert "crashed" in str(outcomes[1].failure)
    assert "time limit" in str(outcomes[3].failure)
    assert "ValueError" in str(outcomes[4].failure)
