"""Music fonts: what is shipped, and that pages in them are drawn and labelled from them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import deepscores_tools.engraving
from deepscores_tools.engraving import FONTS, Score, draw_style, generator
from deepscores_tools.engraving.glyph_classes import ANYWHERE, CLEF_DIGITS
from deepscores_tools.engraving.music_fonts import (
    FALLBACK,
    SHIPPED_FONTS,
    font_of,
    has_glyph,
    outline,
)

FILES = Path(deepscores_tools.engraving.__file__).with_name("font_files")

MEI = (
    '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score><scoreDef>'
    '<staffGrp symbol="brace">{staves}</staffGrp></scoreDef><section><measure n="1">{music}'
    "{marks}</measure></section></score></mdiv></body></music></mei>"
)
STAFF = '<staffDef n="{n}" lines="5" {size}><clef shape="G" line="2"/></staffDef>'
LAYER = '<staff n="{n}"><layer n="1">{inner}</layer></staff>'
NOTE = '<note xml:id="a" dur="8" pname="g" oct="4" stem.dir="{way}"><accid accid="s"/></note>'


def score(inner: str, marks: str = "") -> str:
    return MEI.format(
        staves=STAFF.format(n=1, size=""), music=LAYER.format(n=1, inner=inner), marks=marks
    )


def test_there_are_eight_fonts_to_train_on_and_each_shipped_one_has_its_licence() -> None:
    assert len(FONTS) >= 8
    for font in SHIPPED_FONTS:
        assert "SIL OPEN FONT LICENSE Version 1.1" in (FILES / f"{font}-licence.txt").read_text()
        with zipfile.ZipFile(FILES / f"{font}.zip") as archive:
            assert {f"{font}.xml", f"{font}.css"} <= set(archive.namelist())


@pytest.mark.parametrize("font", FONTS)
def test_the_core_of_a_font_is_its_own(font: str) -> None:
    core = {
        0xE0A2,
        0xE0A3,
        0xE0A4,
        0xE050,
        0xE05C,
        0xE062,
        0xE240,
        0xE241,
        0xE260,
        0xE261,
        0xE262,
        0xE4E5,
    }
    assert all(has_glyph(font, code) for code in core)
    never_drawn = {*range(0xE057, 0xE05C), 0xE067, 0xE068, 0xE0E2, 0xE564, 0xE565}
    assert all(outline(font, code) for code in ANYWHERE.keys() - never_drawn)


def test_a_glyph_that_a_font_lacks_is_the_fallbacks() -> None:
    assert not has_glyph("NotoMusic", 0xE080)
    assert font_of("NotoMusic", 0xE080) == FALLBACK
    assert outline("NotoMusic", 0xE080) == outline(FALLBACK, 0xE080)
    assert outline("NotoMusic", 0xE050) != outline(FALLBACK, 0xE050)


@pytest.mark.parametrize("font", SHIPPED_FONTS)
def test_shipped_octave_clefs_hold_the_plain_clef(font: str) -> None:
    for whole, (plain, _) in CLEF_DIGITS.items():
        if has_glyph(font, whole):
            assert outline(font, whole).startswith(outline(font, plain))


@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("font", FONTS)
def test_heads_stems_and_flags_meet(font: str, way: str) -> None:
    style = draw_style(generator(3, "test"), [font])
    page = Score(score(NOTE.format(way=way)), style).render(1, "a.png").page
    boxes = {s.name: s.box for s in page.symbols}
    head, stem = boxes["noteheadBlackOnLine"], boxes["stem"]
    flag = boxes[f"flag8th{way.title()}"]
    space = style.interline
    assert abs((head.y0 + head.y1) / 2 - (boxes["staff"].y1 - space)) < 0.2 * space
    outer = stem.x1 - head.x1 if way == "up" else stem.x0 - head.x0
    assert abs(outer) < 0.15 * space
    assert abs(stem.x0 - flag.x0) < 0.25 * space
    tip = flag.y0 - stem.y0 if way == "up" else flag.y1 - stem.y1
    assert abs(tip) < 0.8 * space
    sharp = boxes["accidentalSharp"]
    assert abs(sharp.y0 + sharp.y1 - head.y0 - head.y1) < 0.5 * space


@pytest.mark.parametrize("font", ["Bravura", "Gruyere", "NotoMusic"])
def test_breath_ticks_and_maxima_rests_are_reached(font: str) -> None:
    tick = '<dir startid="#a"><rend fontfam="smufl">&#xE4CF;</rend></dir>'
    style = draw_style(generator(3, "test"), [font])
    music = score(NOTE.format(way="up") + '<rest dur="maxima"/>', tick)
    names = {s.name for s in Score(music, style).render(1, "a.png").page.symbols}
    assert {"breathMarkTick", "restMaxima"} <= names


def test_a_small_staff_has_small_symbols() -> None:
    music = MEI.format(
        staves=STAFF.format(n=1, size='scale="70%"') + STAFF.format(n=2, size=""),
        music="".join(
            LAYER.format(n=n, inner=NOTE.format(way="up").replace('"a"', f'"a{n}"')) for n in (1, 2)
        ),
        marks="",
    )
    page = Score(music, draw_style(generator(3, "test"), ["Bravura"])).render(1, "a.png").page
    names = {s.name for s in page.symbols}
    assert {"noteheadBlackOnLine", "noteheadBlackOnLineSmall"} <= names
    assert {"accidentalSharp", "accidentalSharpSmall", "flag8thUp", "flag8thUpSmall"} <= names
