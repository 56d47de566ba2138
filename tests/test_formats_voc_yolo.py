"""Pascal VOC and YOLO txt: what they hold comes back, what they cannot hold is named once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from pages import STEM, one_page, pages
from PIL import Image

from deepscores_tools.dataset_reading import open_pages
from deepscores_tools.errors import InputError
from deepscores_tools.formats import FORMATS, format_of, read_dataset, voc, yolo
from deepscores_tools.symbols import Box, Page, Symbol


@pytest.mark.parametrize("format_name", ["voc", "yolo"])
@settings(max_examples=25, deadline=None)
@given(made=pages(max_pages=3))
def test_round_trip_keeps_what_the_format_holds(format_name: str, made: list[Page]) -> None:
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        FORMATS[format_name].write(made, out)
        back = list(FORMATS[format_name].read(out)) if made else []
    assert [(p.name, p.width, p.height) for p in back] == [
        (p.name, p.width, p.height) for p in made
    ]
    for one, other in zip(made, back, strict=True):
        assert [s.name for s in other.symbols] == [s.name for s in one.symbols]
        for mine, theirs in zip(one.symbols, other.symbols, strict=True):
            assert theirs.box == pytest.approx(mine.box, abs=1e-9)
            if format_name == "yolo":
                assert theirs.score == mine.score
            if all(float(v).is_integer() for v in mine.box):
                assert theirs.box == mine.box  # or a mask would no longer fit


def test_a_picture_that_cannot_be_copied_is_told(tmp_path: Path) -> None:
    out = tmp_path / "a.png"  # a file where a folder is to be
    Image.fromarray(np.full((30, 40), 200, dtype=np.uint8)).save(out)
    with pytest.raises(InputError, match=r"cannot be copied to .*JPEGImages/a\.png \(Not a dir"):
        voc.write([one_page(STEM, image=out)], out)
    assert list(tmp_path.iterdir()) == [out]


def test_voc_counts_from_one_and_includes_the_ends(tmp_path: Path) -> None:
    voc.write([one_page(STEM)], tmp_path)
    text = (tmp_path / "Annotations/a.xml").read_text()
    for line in ("<xmin>4</xmin>", "<ymin>5</ymin>", "<xmax>5</xmax>", "<ymax>9</ymax>"):
        assert line in text
    assert text.index("<ymin>") < text.index("<xmax>")
    assert format_of(tmp_path) == "voc"


def test_voc_keeps_its_own_flags_as_attributes(tmp_path: Path) -> None:
    cut = Symbol(name="stem", box=Box(0, 0, 1, 1), attributes={"truncated": 1, "pose": "Left"})
    voc.write([one_page(STEM, cut)], tmp_path)
    (page,) = voc.read(tmp_path)
    assert [dict(s.attributes) for s in page.symbols] == [{}, {"pose": "Left", "truncated": 1}]


def test_yolo_is_written_as_others_read_it(tmp_path: Path) -> None:
    picture = tmp_path / "p.jpg"
    Image.fromarray(np.full((30, 40), 200, dtype=np.uint8)).save(picture)
    yolo.write([one_page(STEM, name="x/a.png", image=picture)], tmp_path / "out", ["beam", "stem"])
    assert (tmp_path / "out/labels/x/a.txt").read_text().split() == [
        "1", "0.1", str(6.5 / 30), "0.05", str(5 / 30)
    ]  # fmt: skip
    data = yaml.safe_load((tmp_path / "out/data.yaml").read_text())
    assert data == {"path": ".", "train": "images", "val": "images",
                    "names": {0: "beam", 1: "stem"}}  # fmt: skip
    (tmp_path / "out/sizes.csv").unlink()  # the picture tells its size
    (page,) = read_dataset(tmp_path / "out")
    assert (page.name, page.width, page.height) == ("x/a.jpg", 40, 30)
    assert page.image == tmp_path / "out/images/x/a.jpg"


def test_yolo_as_services_export_it(tmp_path: Path) -> None:
    """Splits above images/, folders that start with `../`, names as a list, oriented boxes."""
    for split in ("train", "valid"):
        (tmp_path / split / "images").mkdir(parents=True)
        (tmp_path / split / "labels").mkdir()
        Image.new("L", (20, 10)).save(tmp_path / split / "images/a.png")
    (tmp_path / "train/labels/a.txt").write_text("0 .1 .2 .3 .2 .3 .4 .1 .4\n")
    (tmp_path / "data.yaml").write_text(
        "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['stem']\n"
    )
    first, second = read_dataset(tmp_path)
    assert (first.name, second.name) == ("train/a.png", "valid/a.png")
    assert first.symbols[0].box == pytest.approx(Box(2, 2, 6, 4))
    corners = np.array(first.symbols[0].oriented_box)
    assert corners == pytest.approx(np.array([(2, 2), (6, 2), (6, 4), (2, 4)]))
    assert not second.symbols


@pytest.mark.parametrize("format_name", ["voc", "yolo", "deepscores-v1"])
def test_losses_are_named_once_with_counts(
    format_name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    full = Symbol(name="stem", box=Box(0, 0, 1, 1), id=1, mask=np.ones((1, 1), dtype=bool),
                  score=0.5, outlinks=(1,), second_name="x", attributes={"onset": 2})  # fmt: skip
    page = Page(name="a.png", width=2, height=2, symbols=[full, full], licence="CC0")
    with caplog.at_level(logging.WARNING):
        FORMATS[format_name].write([page], tmp_path)
    assert len(caplog.messages) == 1
    expected = {"links (2)", "pages' licences (1)", "second classes (2)"}
    expected |= {"symbols' attributes (2)"}
    expected |= set() if format_name == "yolo" else {"scores (2)"}
    v1 = format_name == "deepscores-v1"
    expected |= {"mask pixels under other symbols (1)"} if v1 else {"masks (2)"}
    assert set(caplog.messages[0].partition("hold: ")[2].split(", ")) == expected


@pytest.mark.parametrize(
    "line", ["0 .5 .5 .1", "7 .5 .5 .1 .1", "-1 .5 .5 .1 .1", "0 nan .5 .1 .1", "0 .5 .5 0 .1",
             "0 .5 .5 -1 .1", "0 1e9 .5 .1 .1", "0 x .5 .1 .1", "0 .5 .5 .1 .1 7", "é"],
)  # fmt: skip
def test_bad_yolo_lines_are_refused(tmp_path: Path, line: str) -> None:
    yolo.write([one_page(STEM)], tmp_path)
    (tmp_path / "labels/a.txt").write_text(line + "\n")
    with pytest.raises(InputError):
        list(yolo.read(tmp_path))


@pytest.mark.parametrize(
    "text", ["train: ../../x", "train: /etc\nnames: [a]", "names: 5", "names: {0: a, 2: b}", "[",
             "names: &a [x, y]\nother: [*a, *a]", "names: [[a]]", "- 1", "x: " + "[" * 5000,
             'names: ["a\\ud800"]', "train: C:/x\nnames: [a]", "train: list.txt\nnames: [a]"],
)  # fmt: skip
def test_bad_yolo_configurations_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(InputError):
        list(yolo.read(tmp_path))


def test_labels_without_a_page_are_a_mistake(tmp_path: Path) -> None:
    yolo.write([one_page(STEM)], tmp_path)
    (tmp_path / "sizes.csv").unlink()
    with pytest.raises(InputError, match="no picture"):
        list(yolo.read(tmp_path))


@pytest.mark.parametrize("format_name", ["voc", "yolo", "deepscores-v1", "deepscores-v2"])
@pytest.mark.parametrize(
    "name", ["../a.png", "/etc/a.png", "x/../../a.png", "C:/a.png", ".", "a\0.png", "a\ud800.png",
             "a" * 300 + ".png"],
)  # fmt: skip
def test_nothing_is_written_outside(format_name: str, name: str, tmp_path: Path) -> None:
    out = tmp_path / "deep/out"
    with pytest.raises(InputError, match=r"leads out|can be called"):
        FORMATS[format_name].write([one_page(STEM, name=name)], out)
    assert [p for p in tmp_path.rglob("*") if p.is_file() and not p.is_relative_to(out)] == []


@pytest.mark.parametrize("format_name", ["voc", "yolo", "deepscores-v1", "deepscores-v2"])
def test_a_failure_leaves_no_half_file_and_no_index(format_name: str, tmp_path: Path) -> None:
    def broken() -> Iterator[Page]:
        yield one_page(STEM)
        raise RuntimeError("the reader failed")

    with pytest.raises(RuntimeError):
        FORMATS[format_name].write(broken(), tmp_path)
    found = {p.name for p in tmp_path.rglob("*") if p.is_file()}
    assert found <= {"a.xml", "a.txt"}


def test_a_voc_page_with_a_dot_in_its_name_has_its_own_picture(tmp_path: Path) -> None:
    voc.write([one_page(STEM, name="page.01.jpg")], tmp_path)
    (tmp_path / "JPEGImages").mkdir()
    for name in ("page.png", "page.01.png"):
        Image.new("L", (40, 30), 255).save(tmp_path / "JPEGImages" / name)
    (page,) = voc.read(tmp_path)
    assert page.image == tmp_path / "JPEGImages" / "page.01.png"


def test_classes_that_no_page_has_keep_their_numbers(tmp_path: Path) -> None:
    yolo.write([one_page(STEM)], tmp_path / "a", ["clefG", "stem"])
    listed = open_pages(str(tmp_path / "a")).listed_classes()
    assert listed.names == ("clefG", "stem")
