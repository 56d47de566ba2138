"""JSON files of any size are read in pieces, and mean what the whole text means."""

from __future__ import annotations

import json
import tracemalloc
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepscores_tools.errors import InputError
from deepscores_tools.formats import FORMATS, json_rows
from deepscores_tools.formats.json_rows import Rows, read_top
from deepscores_tools.symbols import Box, Page, Symbol

OF_IMAGE = itemgetter("image_id")
GROUPS = {"annotations": OF_IMAGE}

ROWS = st.fixed_dictionaries(
    {"image_id": st.integers(0, 3)},
    optional={"id": st.integers(), "text": st.text(), "list": st.lists(st.floats(0, 9))},
)


@settings(deadline=None)
@given(st.lists(ROWS), st.booleans(), st.integers(1, 40), st.sampled_from([None, 0, 2]))
def test_pieces_of_any_size_give_the_same(
    rows: list[dict[str, object]], ascii_only: bool, chunk: int, indent: int | None
) -> None:
    keyed = {f"{n} ä": row for n, row in enumerate(rows)}
    data = {"images": [{"id": 1}], "ä": "ä", "annotations": rows, "keyed": keyed, "n": 12}
    text = json.dumps(data, ensure_ascii=ascii_only, indent=indent)
    with TemporaryDirectory() as folder, patch.object(json_rows, "_CHUNK", chunk):
        file = Path(folder) / "a.json"
        file.write_text(text, encoding="utf-8")
        found = read_top(file, {**GROUPS, "keyed": OF_IMAGE})
        listed, objects = found.pop("annotations"), found.pop("keyed")
        assert isinstance(listed, Rows)
        assert listed.is_list
        assert not objects.is_list
        assert list(listed) == [("", row) for row in rows]
        assert dict(objects) == keyed
        for image in range(4):
            assert listed.pop(image) == [("", r) for r in rows if r["image_id"] == image]
            assert dict(objects.pop(image)) == {
                k: r for k, r in keyed.items() if r["image_id"] == image
            }
    assert listed.groups() == objects.groups() == []
    assert found == {"images": [{"id": 1}], "ä": "ä", "n": 12}


def test_one_list_alone_is_rows_too(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"image_id": 1}, {"image_id": 2}]')
    assert read_top(tmp_path / "a.json", {}) == [{"image_id": 1}, {"image_id": 2}]
    rows = read_top(tmp_path / "a.json", {}, OF_IMAGE)
    assert rows.pop(2) == [("", {"image_id": 2})]
    (tmp_path / "a.json").write_text(" 12 ")
    assert read_top(tmp_path / "a.json", {}) == 12


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}x", '{"a": 1,}', '{"annotations": [}', '{"annotations": [{"image_id": 1]', "[",
     '{"annotations": [1 2]}', '{"a" 1}', "[" * 100_000, '{"a":' * 100_000, "{[1]: 2}", "1 2",
     '{"annotations": {"a"}}', '{"annotations": "\udcff"}'],
)  # fmt: skip
def test_broken_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, errors="surrogateescape")
    with pytest.raises(InputError, match="is not valid JSON"):
        read_top(tmp_path / "a.json", GROUPS)


def test_a_value_without_end_is_not_read_to_the_end_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"annotations": ["' + "a" * 1000)
    with (
        patch.object(json_rows, "_CHUNK", 10), patch.object(json_rows, "MAX_VALUE", 100),
        pytest.raises(InputError, match="longer than 100 bytes"),
    ):  # fmt: skip
        read_top(tmp_path / "a.json", GROUPS)


@pytest.mark.parametrize("name", ["coco", "deepscores-v2"])
def test_memory_hardly_grows_with_the_pages(tmp_path: Path, name: str) -> None:
    stems = [Symbol(name="stem", box=Box(i, 0, i + 1, 9), id=i + 1) for i in range(20)]
    peaks = []
    for count in (10, 210):
        pages = (Page(name=f"{n}.png", width=40, height=9, symbols=stems) for n in range(count))
        file = tmp_path / f"{count}.json"
        FORMATS[name].write(pages, file)
        with patch.object(json_rows, "_CHUNK", 1 << 12):
            tracemalloc.start()
            assert sum(1 for _ in FORMATS[name].read(file)) == count
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] - peaks[0] < 200 * 20 * 40  # bytes a symbol; in memory it has over 1,000


def test_what_is_of_no_image_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        '{"annotations": [{"id": 5}, 7, {"image_id": 1}, {"image_id": []}]}'
    )
    rows = read_top(tmp_path / "a.json", GROUPS)["annotations"]
    assert rows.unfit == [5, 7, None]
    assert list(rows) == [("", {"image_id": 1})]
