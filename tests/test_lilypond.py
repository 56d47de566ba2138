"""LilyPond's tagged SVG: what each shape becomes, by a page made by hand and one by LilyPond."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from omr_cli.main import main

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats import format_of, read_dataset
from deepscores_tools.lilypond import read_page
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import PRINTED_CLASSES

HEAD = """<svg xmlns="http://www.w3.org/2000/svg" version="1.2" width="40.00mm" height="20.00mm"
 viewBox="0.0000 -0.0000 20.0 10.0">
<style type="text/css"><![CDATA[
tspan { white-space: pre; }
]]></style>
"""
# A glyph as LilyPond writes it: y up, a hole turned the other way round.
RING = "M0 -100l300 0l0 200l-300 0zM100 -50l0 100l100 0l0 -100z"
TALL = "M0 -600l100 0l0 700l-100 0z"
LINES = "".join(
    f'<g transform="translate(2, {y})"><line stroke-linecap="round" stroke-width="0.1" '
    'stroke="currentColor" x1="0" y1="0" x2="16" y2="0"/></g>'
    for y in range(3, 8)
)


def glyph(x: float, y: float, path: str = RING) -> str:
    scale = "scale(0.0040, -0.0040)"
    return f'<g transform="translate({x}, {y})"><path transform="{scale}" d="{path}"/></g>'


def grob(name: str, content: str, **data: str) -> str:
    tags = "".join(f' data-{key.replace("_", "-")}="{value}"' for key, value in data.items())
    return f'<g class="{name}"{tags}>{content}</g>\n'


BAR = '<g transform="translate({}, 3)"><rect x="0" y="{}" width="{}" height="2" fill="black"/></g>'
GROBS = (
    grob("StaffSymbol", LINES, line_count="5")
    + grob("NoteHead", glyph(4, 6), duration_log="1", staff_position="-2", stem="1")
    + grob("NoteHead", glyph(6, 5.5), duration_log="3", staff_position="-1", font_size="-3",
           stem="2")
    + grob("Stem", BAR.format(7.1, -2, 0.13), stem="2", font_size="-3")
    + grob("Flag", glyph(6.9, 2) + glyph(7.2, 2, TALL), stem="2", font_size="-3",
           glyph_name="flags.u3", stroke_style="grace")
    + grob("Accidental", glyph(9.5, 5) + glyph(8, 5) + glyph(11, 5), glyph_name="accidentals.flat",
           parenthesized="#t")
    + grob("KeySignature", glyph(2, 3) + glyph(3, 4), alteration_alist="((0 . 1/2) (3 . -1/2))")
    + grob("TimeSignature", glyph(13, 6) + glyph(13, 4) + glyph(12, 4), fraction="(12 . 8)")
    + grob("Script", glyph(4, 8), direction="-1", script_stencil="(feta dfermata . ufermata)")
    + grob("DynamicText", f"<g>{glyph(1, 9)}{glyph(2, 9)}</g>", text="mf")
    + grob("BarLine", BAR.format(17, 0, 0.19), glyph_name="|")
    + grob("SpanBar", BAR.format(17, 2, 0.19), glyph_name="|")
    + grob("BarLine", BAR.format(17.5, 0, 0.6) + glyph(16, 5), glyph_name=":|.")
    + grob("BarLine", glyph(15, 3.5) + glyph(15, 4.5), glyph=";", glyph_name=";")
    + grob("TupletNumber", '<g transform="translate(10, 9)"><text font-size="2"><tspan>3</tspan>'
           "</text></g>", text="3")
    + grob("LyricText", '<g transform="translate(5, 9)"><text font-size="2"><tspan>la</tspan>'
           "</text></g>", text="la")
)  # fmt: skip


@pytest.fixture
def page(tmp_path: Path) -> Page:
    (tmp_path / "made.svg").write_text(f"{HEAD}{GROBS}</svg>")
    return read_page(tmp_path / "made.svg")


def test_every_grob_becomes_its_symbols(page: Page) -> None:
    assert (page.width, page.height, page.interline) == (400, 200, pytest.approx(20))
    assert Counter(s.name for s in page.symbols) == {
        "staff": 1, "noteheadHalfOnLine": 1, "noteheadBlackInSpaceSmall": 1, "stem": 1,
        "flag8thUpSmall": 1, "graceNoteSlash": 1, "graceNoteAcciaccaturaStemUp": 1,
        "accidentalFlat": 1, "accidentalParensLeft": 1, "accidentalParensRight": 1, "keySharp": 1,
        "keyFlat": 1, "timeSig1": 1, "timeSig2": 1, "timeSig8": 1, "fermataBelow": 1,
        "dynamicM": 1, "dynamicF": 1, "barlineSingle": 1, "barlineHeavy": 1, "barlineDotted": 1,
        "repeatDot": 1, "tuplet3": 1,
    }  # fmt: skip


def test_masks_fill_their_boxes_and_keep_their_holes(page: Page) -> None:
    by_name = {s.name: s for s in page.symbols}
    for symbol in page.symbols:
        assert symbol.mask is not None
        assert symbol.mask.any(0).all() or symbol.name.startswith(("grace", "staff"))
    head = by_name["noteheadHalfOnLine"]
    assert head.box == (80, 112, 104, 128)
    assert head.mask is not None
    assert not head.mask[4:12, 8:16].any()
    assert head.mask.sum() == 24 * 16 - 8 * 8
    assert head.attributes == {"staff_position": 2}
    assert by_name["flag8thUpSmall"].box.height > by_name["graceNoteSlash"].box.height
    assert by_name["barlineSingle"].box.height == 80  # two strokes that touch
    assert by_name["timeSig1"].box.x0 < by_name["timeSig2"].box.x0


def test_a_folder_is_a_dataset_with_pictures(page: Page, tmp_path: Path) -> None:
    assert format_of(tmp_path) == "lilypond"
    (read,) = read_dataset(tmp_path)
    assert page_image(read).shape == (200, 400)
    out = tmp_path / "out"
    done = CliRunner().invoke(
        main, ["dataset", "convert", str(tmp_path), str(out), "--to", "coco", "--classes",
               "printed:deepscores-v2"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    (written,) = read_dataset(out)
    assert written.image is not None
    assert written.image.suffix == ".png"
    np.testing.assert_array_equal(page_image(written), page_image(read))


def test_the_table_holds_classes_of_ours() -> None:
    text = resources.files("deepscores_tools.lilypond").joinpath("classes.csv").read_text()
    for line in text.splitlines()[1:]:
        name = line.split(",")[2]
        if name.startswith("notehead") and name not in PRINTED_CLASSES:
            assert f"{name}OnLine" in PRINTED_CLASSES
        elif name != "clefC":  # alto or tenor, by its place
            assert name.replace("*", "Above") in PRINTED_CLASSES, line


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{HEAD}{LINES}</svg>", "tags.ily"),
        (f"{HEAD}<g", "no whole SVG"),
        (HEAD.replace("40.00mm", "40000mm") + "</svg>", "paper"),
        (HEAD.replace("viewBox", "view") + "</svg>", "no size"),
        (f'{HEAD}<g class="Rest"><polygon points="1 2 3"/></g></svg>', "not as LilyPond"),
        (f"{HEAD}{grob('NoteHead', glyph(1, 1), duration_log='x')}</svg>", "tag"),
        (f'<!DOCTYPE svg [<!ENTITY a "b">]>{HEAD}</svg>', "DOCTYPE"),
    ],
)
def test_what_is_no_tagged_page_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.svg"
    file.write_text(text)
    with pytest.raises(InputError, match=problem):
        read_page(file)


def test_a_page_that_lilypond_made(tmp_path: Path) -> None:
    lilypond = shutil.which("lilypond")
    if lilypond is None:
        pytest.skip("LilyPond is not installed")
    (tmp_path / "score.ly").write_text(
        "\\version \"2.24.0\" \\new Staff { \\key d \\major c'4\\mf fis'8-. g' r2 | e'1 }"
    )
    tags = str(resources.files("deepscores_tools.lilypond").joinpath("tags.ily"))
    subprocess.run(
        [lilypond, f"-dinclude-settings={tags}", "--svg", "-o", "score", "score.ly"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    (page,) = read_dataset(tmp_path)
    names = Counter(s.name for s in page.symbols)
    expected = {
        "staff": 1, "clefG": 1, "timeSigCommon": 1, "keySharp": 2, "restHalf": 1, "beam": 1,
        "stem": 3, "dynamicM": 1, "dynamicF": 1, "noteheadWholeOnLine": 1, "legerLine": 1,
    }  # fmt: skip
    assert {name: names[name] for name in expected} == expected
