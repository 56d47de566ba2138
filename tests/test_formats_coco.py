"""COCO: what we write pycocotools reads, and nothing is lost on the way back."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from pages import STEM, assert_refused_with, assert_same_page, one_page, pages
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats import FORMATS, coco
from deepscores_tools.symbols import Box, Page


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pages(max_pages=3))
def test_round_trip_loses_nothing(tmp_path: Path, made: list[Page]) -> None:
    coco.write(made, tmp_path / "d.json")
    back = list(coco.read(tmp_path / "d.json"))
    assert len(back) == len(made)
    for one, other in zip(made, back, strict=True):
        assert_same_page(one, other)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pages(max_pages=2, masks=True))
def test_pycocotools_decodes_our_masks_to_the_same_pixels(tmp_path: Path, made: list[Page]) -> None:
    coco.write(made, tmp_path / "d.json")
    with contextlib.redirect_stdout(io.StringIO()):
        loaded = COCO(str(tmp_path / "d.json"))
    for number, page in enumerate(made, 1):
        rows = loaded.loadAnns(loaded.getAnnIds(imgIds=[number]))
        assert len(rows) == len(page.symbols)
        for row, symbol in zip(rows, page.symbols, strict=True):
            if symbol.mask is None:
                continue
            whole = np.zeros((page.height, page.width), dtype=bool)
            x0, y0, x1, y1 = (int(v) for v in symbol.box)
            whole[y0:y1, x0:x1] = symbol.mask
            assert (loaded.annToMask(row).astype(bool) == whole).all()
            expected = coco_mask.encode(np.asfortranarray(whole, dtype=np.uint8))
            assert row["segmentation"]["counts"] == expected["counts"].decode()


def test_a_folder_takes_its_pictures_along(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.fromarray(np.full((30, 40), 200, dtype=np.uint8)).save(picture)
    coco.write([one_page(STEM, name="x/a.png", image=picture)], tmp_path / "out")
    (page,) = coco.read(tmp_path / "out")
    assert page.image == tmp_path / "out/images/x/a.png"
    assert (page_image(page) == 200).all()


def test_ids_start_at_one_and_follow_the_given_classes(tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    coco.write([one_page(STEM)], file, ["beam", "stem"])
    data = json.loads(file.read_text())
    assert [c["id"] for c in data["categories"]] == [1, 2]
    assert data["annotations"][0]["category_id"] == 2
    assert data["annotations"][0]["id"] == data["images"][0]["id"] == 1
    assert coco.category_names(file) == ["beam", "stem"]


def test_equal_pages_give_equal_bytes_and_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    coco.write([one_page(STEM)], file)
    first = file.read_bytes()
    coco.write([one_page(STEM)], file)
    assert file.read_bytes() == first
    with pytest.raises(InputError, match="same page key"):
        coco.write([one_page(STEM), one_page(name="a.jpg")], file)
    assert file.read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == ["d.json"]


def test_a_results_file_is_read_with_the_categories_of_its_truth(tmp_path: Path) -> None:
    coco.write([one_page(STEM)], tmp_path / "truth.json")
    row = {"image_id": 1, "category_id": 1, "bbox": [1.5, 2, 3, 4], "score": 0.5}
    (tmp_path / "results.json").write_text(json.dumps([row]))
    (page,) = coco.read(tmp_path / "results.json", truth=tmp_path / "truth.json")
    assert page.symbols[0].name == "stem"
    assert page.symbols[0].box == Box(1.5, 2, 4.5, 6)
    with pytest.raises(InputError, match="list of results"):
        list(coco.read(tmp_path / "results.json"))


def test_foreign_segmentations_polygons_and_plain_runs_are_read(tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    square = {"size": [30, 40], "counts": [2 * 30 + 3, 4, 30 - 4, 4, 40 * 30 - 97 - 0]}
    rows = [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [2, 3, 2, 4], "segmentation": square},
        {"id": 2, "image_id": 1, "category_id": 1, "bbox": [2, 3, 2, 4],
         "segmentation": [[2, 3, 4, 3, 4, 7, 2, 7]]},
    ]  # fmt: skip
    image = {"id": 1, "file_name": "a.png", "width": 40, "height": 30}
    category = {"id": 1, "name": "stem"}
    file.write_text(json.dumps({"images": [image], "annotations": rows, "categories": [category]}))
    (page,) = coco.read(file)
    for symbol in page.symbols:
        assert symbol.mask is not None
        assert symbol.mask.all()


def foreign(tmp_path: Path, **changes: dict[str, Any]) -> Path:
    """A file of one symbol with changes to its image, annotation and category."""
    image = {"id": 1, "file_name": "a.png", "width": 40, "height": 30}
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [2, 3, 2, 4]}
    data = {
        "images": [image | changes.get("image", {})],
        "annotations": [annotation | changes.get("annotation", {})],
        "categories": [{"id": 1, "name": "stem"} | changes.get("category", {})],
        "licenses": [{"id": [1], "name": "a broken one"}, {"id": 2, "name": "CC0-1.0"}],
    }
    file = tmp_path / "d.json"
    file.write_text(json.dumps(data))
    return file


@pytest.mark.parametrize("left", [2, 2.5])
@pytest.mark.parametrize("segmentation", [[], [[]], [[], []]])
def test_an_empty_polygon_is_no_mask(
    tmp_path: Path, left: float, segmentation: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    row = {"bbox": [left, 3, 2, 4], "segmentation": segmentation}
    with caplog.at_level(logging.WARNING):
        (page,) = coco.read(foreign(tmp_path, annotation=row))
    assert page.symbols[0].mask is None
    assert not caplog.messages
    row["segmentation"] = [[], [2, 3, 4, 3, 4, 7, 2, 7]]
    if left == 2:
        (page,) = coco.read(foreign(tmp_path, annotation=row))
        assert page.symbols[0].mask is not None


@pytest.mark.parametrize(
    "polygon", [[1, 2], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7], 5, [1, 2, 3, 4, 5, float("nan")],
                [1, 2, 3, 4, 5, 1e30], [1, 2, 3, 4, 5, None], [0, 0, 9e5, 0] * 99],
)  # fmt: skip
def test_what_is_no_polygon_is_refused(tmp_path: Path, polygon: object) -> None:
    with pytest.raises(InputError, match="annotation 1: "):
        list(coco.read(foreign(tmp_path, annotation={"segmentation": [polygon]})))


def test_values_of_foreign_types_become_those_of_pages(tmp_path: Path) -> None:
    """Attributes that are no text or number are left out: no format here could hold them."""
    attributes = {"none": None, "list": [1], "kept": 2}
    row = {"attributes": attributes, "id": "12", "category_id": "1", "ink_area": 7.0,
           "second_name": 3, "outlinks": None}  # fmt: skip
    image = {"attributes": attributes, "document": 5, "source_page": "2", "interline": "8",
             "license": 2}  # fmt: skip
    (page,) = coco.read(foreign(tmp_path, image=image, annotation=row, category={"id": "1"}))
    (symbol,) = page.symbols
    assert (page.document, page.source_page, page.interline) == ("5", 2, 8.0)
    assert page.licence == "CC0-1.0"
    assert (symbol.id, symbol.ink_area, symbol.second_name) == (12, 7, "3")
    assert page.attributes == symbol.attributes == {"kept": 2}
    for name in ("mung", "deepscores-v2"):
        FORMATS[name].write([page], tmp_path / name)


MISTYPED: dict[str, dict[str, dict[str, Any]]] = {
    "symbol's id": {"annotation": {"id": "u1"}},
    "ink area": {"annotation": {"ink_area": "x"}},
    "corners": {"annotation": {"oriented_box": [[1, 2], [3, 4]]}},
    "no corners": {"annotation": {"oriented_box": 5}},
    "category's id": {"category": {"id": "c"}, "annotation": {"category_id": "c"}},
    "list for a category's id": {"category": {"id": [1]}},
    "source page": {"image": {"source_page": "two"}},
    "interline NaN": {"image": {"interline": float("nan")}},
    "interline below 0": {"image": {"interline": -5}},
    "dpi 0": {"image": {"dpi": 0}},
    "half a surrogate pair": {"category": {"name": "a\ud800"}},
}


@pytest.mark.parametrize("changes", MISTYPED.values(), ids=MISTYPED)
def test_mistyped_values_are_refused(tmp_path: Path, changes: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(InputError):
        list(coco.read(foreign(tmp_path, **changes)))


def test_half_a_surrogate_pair_is_refused_in_bytes_too(tmp_path: Path) -> None:
    file = foreign(tmp_path, category={"name": "a\U0001d11e"})
    assert coco.category_names(file) == ["a\U0001d11e"]  # both halves are there
    file.write_bytes(file.read_bytes().replace(b"\\ud834\\udd1e", b"\xed\xa0\x80"))
    with pytest.raises(InputError, match="utf-8"):
        list(coco.read(file))


BAD = {
    "climbs out": ('"file_name": "a.png"', '"file_name": "../a.png"'),
    "absolute": ('"file_name": "a.png"', '"file_name": "/etc/passwd"'),
    "not a number": ('"bbox": [3', '"bbox": [NaN'),
    "empty box": ('"bbox": [3, 4, 2', '"bbox": [3, 4, -2'),
    "no such category": ('"category_id": 1', '"category_id": 5'),
    "no such image": ('"image_id": 1', '"image_id": 5'),
    "no size": ('"width": 40, ', ""),
    "broken": ('"images": [', '"images": [['),
    "wrong type": ('"images": [', '"images": 5, "x": ['),
    "deep": ('"images": [', '"images": ' + "[" * 100_000),
}


@pytest.mark.parametrize(("old", "new"), BAD.values(), ids=BAD)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "d.json"
    coco.write([one_page(STEM)], file)
    assert_refused_with(old, new, file, coco.read)


def test_crowds_stay_crowds(tmp_path: Path) -> None:
    made = one_page(replace(STEM, attributes={"iscrowd": 1, "pitch": 3}), STEM)
    coco.write([made], tmp_path / "a.json")
    rows = json.loads((tmp_path / "a.json").read_bytes())["annotations"]
    assert [row["iscrowd"] for row in rows] == [1, 0]
    (back,) = coco.read(tmp_path / "a.json")
    assert [dict(s.attributes) for s in back.symbols] == [{"pitch": 3, "iscrowd": 1}, {}]


@pytest.mark.parametrize(
    "change",
    [
        ('"bbox": [3, 4, 2, 5]', '"bbox": "3425"'),
        ('"file_name": "a.png"', '"file_name": null'),
        ('"category_id": 1', '"category_id": 1.5'),
        ('"file_name": "a.png"', '"file_name": ".a.png"'),
    ],
)
def test_entries_of_another_type_are_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    coco.write([one_page(STEM)], tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text()
    assert change[0] in text
    (tmp_path / "a.json").write_text(text.replace(*change))
    with pytest.raises(InputError):
        list(coco.read(tmp_path / "a.json"))
