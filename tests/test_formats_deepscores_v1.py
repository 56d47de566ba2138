"""DeepScores v1: fractions in their odd order, masks by class, the real page, hostile XML."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from pages import pages
from PIL import Image

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats import FORMATS, deepscores_v1, format_of, read_dataset, voc
from deepscores_tools.formats.segmentation import class_image
from deepscores_tools.symbols import Box, Page, Symbol

REAL = Path(__file__).parents[2] / "shared/data/deepscores-v1"
STEM = Symbol(name="stem", box=Box(3, 4, 5, 9))


@settings(max_examples=25, deadline=None)
@given(pages(max_pages=3))
def test_round_trip_keeps_what_the_format_holds(made: list[Page]) -> None:
    with TemporaryDirectory() as folder:
        deepscores_v1.write(made, Path(folder))
        back = list(deepscores_v1.read(Path(folder))) if made else []
    assert [(p.name, p.width, p.height) for p in back] == [
        (p.name, p.width, p.height) for p in made
    ]
    for one, other in zip(made, back, strict=True):
        assert [s.name for s in other.symbols] == [s.name for s in one.symbols]
        for mine, theirs in zip(one.symbols, other.symbols, strict=True):
            assert theirs.box == pytest.approx(mine.box, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(pages(max_pages=1))
def test_masks_come_back_as_far_as_a_class_image_shows_them(made: list[Page]) -> None:
    with TemporaryDirectory() as folder:
        deepscores_v1.write(made, Path(folder))
        back = list(deepscores_v1.read(Path(folder), masks=True)) if made else []
    numbers = {"stem": 1, "noteheadBlack": 2, "beam": 3, "clefG": 4, "ä, 'x' & <y>": 5}
    for one, other in zip(made, back, strict=True):
        image, hidden = class_image(one, numbers.__getitem__)
        assert (class_image(other, numbers.__getitem__)[0] == image).all()
        ink = sum(int(s.mask.sum()) for s in one.symbols if s.mask is not None)
        assert hidden == ink - int((image > 0).sum())


def test_files_are_laid_out_as_the_dataset_is(tmp_path: Path) -> None:
    picture = tmp_path / "p.tif"
    Image.fromarray(np.full((30, 40), 200, dtype=np.uint8)).save(picture)
    masked = Symbol(name="stem", box=Box(3, 4, 5, 9), mask=np.ones((5, 2), dtype=bool))
    page = Page(name="x/a.tif", width=40, height=30, symbols=[masked], image=picture)
    out = tmp_path / "out"
    deepscores_v1.write([page], out)
    found = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert found == [
        "class_names.csv", "images_png/x__a.png", "pix_annotations_png/x__a.png",
        "xml_annotations/x__a.xml",
    ]  # fmt: skip
    text = (out / "xml_annotations/x__a.xml").read_text()
    assert "<filename>x/a.svg</filename>" in text
    tags = [text.index(f"<{tag}>") for tag in ("xmin", "xmax", "ymin", "ymax")]
    assert tags == sorted(tags)
    assert f"<xmax>{5 / 40}</xmax>" in text
    (back,) = read_dataset(out)
    assert back.name == "x/a.png"
    assert (page_image(back) == 200).all()


@pytest.mark.parametrize(
    ("mode", "suffix", "kept"),
    [("CMYK", "jpg", "RGB"), ("RGB", "jpg", "RGB"), ("L", "jpg", "L"), ("P", "tif", "P")],
)
@pytest.mark.parametrize("name", ["deepscores-v1", "mung"])
def test_pictures_become_png_in_colours_that_it_has(
    tmp_path: Path, name: str, mode: str, suffix: str, kept: str
) -> None:
    picture = tmp_path / f"p.{suffix}"
    Image.new(mode, (40, 30)).save(picture, icc_profile=b"of its colours")
    page = Page(name="a.png", width=40, height=30, symbols=[STEM], image=picture)
    FORMATS[name].write([page], tmp_path / "out")
    (file,) = (tmp_path / "out").rglob("*.png")
    with Image.open(file) as written:
        assert written.mode == kept
        assert ("icc_profile" in written.info) == (mode == kept)


def test_pascal_voc_is_told_apart(tmp_path: Path) -> None:
    page = Page(name="a.png", width=40, height=30, symbols=[STEM])
    deepscores_v1.write([page], tmp_path / "v1")
    voc.write([page], tmp_path / "voc")
    assert format_of(tmp_path / "v1") == "deepscores-v1"
    assert format_of(tmp_path / "voc") == "voc"
    with pytest.raises(InputError, match="pixels, not fractions"):
        list(deepscores_v1.read(tmp_path / "voc/Annotations"))


GOOD = (
    "<annotation><filename>a.svg</filename><size><width>40</width><height>30</height></size>"
    "<object><name>stem</name><bndbox><xmin>0.1</xmin><xmax>0.2</xmax><ymin>0.3</ymin>"
    "<ymax>0.4</ymax></bndbox></object></annotation>"
)
BOMB = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 12))
BAD = {
    "not XML": ("</annotation>", ""),
    "other root": ("annotation>", "html>"),
    "not a number": (">0.1<", ">nan<"),
    "infinite": (">0.2<", ">inf<"),
    "huge": (">0.2<", ">1e300<"),
    "empty box": (">0.2<", ">-0.9<"),
    "turned box": (">0.2<", ">-1.5<"),
    "no coordinate": ("<xmin>0.1</xmin>", ""),
    "no box": ("bndbox", "box"),
    "no name": (">stem<", "> <"),
    "no size": ("size>", "sizes>"),
    "negative size": (">40<", ">-40<"),
    "huge size": (">40<", ">99999999999999999999<"),
    "no digits": (">40<", ">²<"),
    "climbs out": ("a.svg", "../a.svg"),
    "absolute": ("a.svg", "/etc/passwd.svg"),
    "deep": ("<object>", "<x>" * 500 + "<object>"),
    "entity in text": ("<annotation>", '<!DOCTYPE a [<!ENTITY e "x">]><annotation>'),
    "external": (
        "<annotation>", '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><annotation>'
    ),
    "bomb": ("<annotation>", f'<!DOCTYPE a [<!ENTITY l0 "ha">{BOMB}<!ENTITY e "&l11;">]>'
                             '<annotation x="&l11;">'),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("reader", [deepscores_v1, voc], ids=["v1", "voc"])
def test_bad_files_are_refused_in_one_line(
    tmp_path: Path, old: str, new: str, reader: object
) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    if "ENTITY e" in new:
        text = text.replace(">stem<", ">&e;<")
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(InputError) as caught:
        list(reader.read(tmp_path))  # type: ignore[attr-defined]
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not REAL.is_dir(), reason="the DeepScores v1 sample is not here")
def test_boxes_of_the_real_page_hold_their_ink() -> None:
    (page,) = read_dataset(REAL)
    assert (page.width, page.height, len(page.symbols)) == (2707, 3828, 651)
    assert page.image is not None
    assert ink_at_edges(page, reach=2) == 1


def ink_at_edges(page: Page, reach: int) -> float:
    """The share of noteheads and accidentals with ink within `reach` pixels of all four sides.

    A box that is off by more, or whose coordinates are taken in the wrong order, has a side
    without any.
    """
    out, into = reach, reach + 1
    ink = page_image(page) < 128
    fit = []
    for symbol in page.symbols:
        if symbol.name.startswith(("notehead", "accidental", "keyFlat")):
            x0, y0, x1, y1 = (int(v) for v in symbol.box.outward())
            sides = (
                ink[y0 - out : y0 + into, x0:x1],
                ink[y1 - into : y1 + out, x0:x1],
                ink[y0:y1, x0 - out : x0 + into],
                ink[y0:y1, x1 - into : x1 + out],
            )
            fit.append(all(side.any() for side in sides))
    assert len(fit) > 100
    return float(np.mean(fit))
