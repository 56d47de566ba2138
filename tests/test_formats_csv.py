"""The CSV of Pacha et al., the recognition of formats, and the choice of pages by attribute."""

from __future__ import annotations

import logging
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from pages import pages
from PIL import Image

from deepscores_tools.errors import InputError
from deepscores_tools.formats import (
    FORMATS,
    coco,
    csv,
    format_of,
    mung,
    read_dataset,
    read_selected,
)
from deepscores_tools.formats.pictures import picture_size
from deepscores_tools.symbols import Box, Page, Symbol


def a_page(name: str = "a.png", **attributes: str) -> Page:
    symbol = Symbol(name="stem", box=Box(1, 2, 3, 4.5), score=0.25)
    return Page(name=name, width=9, height=9, symbols=[symbol], attributes=attributes)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pages(max_pages=3))
def test_round_trip_keeps_what_the_format_holds(tmp_path: Path, made: list[Page]) -> None:
    csv.write(made, tmp_path / "d.csv")
    back = list(csv.read(tmp_path / "d.csv"))
    assert [p.name for p in back] == [p.name for p in made]
    for page, other in zip(made, back, strict=True):
        kept = [(s.name, s.box, s.score) for s in page.symbols]
        assert [(s.name, s.box, s.score) for s in other.symbols] == kept


def test_rows_are_as_published(tmp_path: Path) -> None:
    csv.write([a_page(), Page(name="b/empty.png", width=5, height=5)], tmp_path / "d.csv")
    assert (tmp_path / "d.csv").read_text().splitlines() == [
        "path_to_image,top,left,bottom,right,class_name,confidence",
        "a.png,2,1,4.5,3,stem,0.25",
        "b/empty.png,,,,,",
    ]
    (tmp_path / "plain.csv").write_text("a.png,2,1,4,3,stem\nc.png,,,,,\n")
    first, second = csv.read(tmp_path / "plain.csv")
    assert first.symbols[0].score is None
    assert not second.symbols


def test_the_size_is_the_pictures_where_there_is_one(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((30, 40), dtype=np.uint8)).save(tmp_path / "a.png")
    csv.write([a_page(), a_page("b.png")], tmp_path)
    with_picture, without = csv.read(tmp_path)
    assert (with_picture.width, with_picture.height) == (40, 30)
    assert (without.width, without.height) == (3, 5)


@pytest.mark.parametrize(
    ("kind", "count", "value", "turned"),
    [(3, 1, b"\6", True), (3, 1, b"\3", False), (3, 1, b"\x09", False), (2, 2, b"6", False),
     (1, 1, b"\6", False)],
)  # fmt: skip
def test_pictures_are_turned_by_numbers_alone(
    tmp_path: Path, kind: int, count: int, value: bytes, turned: bool
) -> None:
    """EXIF with the orientation as a short, and as the text or byte that some write."""
    entry = struct.pack("<HHHI4sI", 1, 0x0112, kind, count, value, 0)
    file = tmp_path / "a.png"
    Image.new("L", (40, 30)).save(file, exif=b"Exif\0\0II*\0\x08\0\0\0" + entry)
    assert picture_size(file) == ((30, 40) if turned else (40, 30))


def test_losses_are_named_once_with_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    masked = Symbol(name="x", box=Box(0, 0, 1, 1), mask=np.ones((1, 1), dtype=bool))
    with caplog.at_level(logging.WARNING):
        csv.write([Page(name="a.png", width=1, height=1, symbols=[masked] * 3)], tmp_path / "a.csv")
    assert caplog.messages == ["csv cannot hold: masks (3), pages' sizes (1)"]


@pytest.mark.parametrize(
    "row", ["a.png,1,2,3", "a.png,1,2,x,4,stem", "a.png,1,2,1,4,stem", "../a.png,1,2,3,4,stem",
            "a.png,nan,2,3,4,stem", "a.png,1,2,3,4,stem,7", ",1,2,3,4,stem"],
)  # fmt: skip
def test_bad_rows_are_refused_in_one_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "d.csv").write_text(row + "\n")
    with pytest.raises(InputError):
        list(csv.read(tmp_path / "d.csv"))


def test_formats_are_told_by_content(tmp_path: Path) -> None:
    coco.write([a_page()], tmp_path / "one")
    coco.write([a_page()], tmp_path / "two.json")
    mung.write([a_page()], tmp_path / "three")
    csv.write([a_page()], tmp_path / "four")
    csv.write([a_page()], tmp_path / "five.csv")
    (tmp_path / "five.csv").rename(tmp_path / "five.json")  # a name that lies
    found = {p.name: format_of(p) for p in sorted(tmp_path.iterdir())}
    assert found == {
        "one": "coco", "two.json": "coco", "three": "mung", "four": "csv", "five.json": "csv"
    }  # fmt: skip
    for path in tmp_path.iterdir():
        (page,) = read_dataset(path)
        assert page.symbols[0].score == 0.25


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"cropobject", "lilypond"}))
def test_hidden_files_are_passed_over(tmp_path: Path, name: str) -> None:
    """macOS leaves a `._name` beside each file on a foreign disk."""
    if name == "parquet":
        pytest.importorskip("pyarrow")
    picture = tmp_path / "p.png"
    Image.new("L", (9, 9)).save(picture)
    symbol = Symbol(name="stem", box=Box(1, 2, 3, 5))
    page = Page(name="a.png", width=9, height=9, symbols=[symbol], image=picture)
    data = tmp_path / "data"
    FORMATS[name].write([page], data)
    for file in [f for f in data.rglob("*") if f.is_file()]:
        file.with_name(f"._{file.name}").write_bytes(b"\0\5\x16\7")
        hidden = file.parent / ".hidden" / file.name
        hidden.parent.mkdir(exist_ok=True)
        hidden.write_bytes(file.read_bytes())
    assert format_of(data) == name
    (back,) = read_dataset(data)
    assert [s.name for s in back.symbols] == ["stem"]


@pytest.mark.parametrize("content", ["", "{}", "hello", "<svg/>", '{"annotation_sets": 1}'])
def test_what_is_no_dataset_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(InputError, match="no dataset in a format known"):
        format_of(tmp_path)


def test_a_spec_chooses_pages_by_attribute(tmp_path: Path) -> None:
    made = [a_page(f"{n}.png", writer=f"{n:02}") for n in range(4)]
    coco.write(made, tmp_path / "data.json")

    def names(spec: str) -> list[str]:
        return [p.name for p in read_selected(f"{tmp_path}/{spec}")]

    assert names("data.json") == [p.name for p in made]
    assert names("data.json#writer=01,03") == ["1.png", "3.png"]
    assert names("data.json#writer!=01,03") == ["0.png", "2.png"]
    assert names("data.json#writer!=01&writer!=02") == ["0.png", "3.png"]
    with pytest.raises(InputError, match="attributes are: writer"):
        names("data.json#composer=Bach")
