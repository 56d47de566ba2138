"""COCO files of any size are read in pieces, and mean what the whole text means."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepscores_tools.formats import coco_rows
from deepscores_tools.formats.coco_rows import FileRows, read_top

ROWS = st.fixed_dictionaries(
    {"image_id": st.integers(0, 3)},
    optional={"id": st.integers(), "text": st.text(), "list": st.lists(st.floats(0, 9))},
)


@settings(deadline=None)
@given(st.lists(ROWS), st.booleans(), st.integers(1, 40), st.sampled_from([None, 0, 2]))
def test_pieces_of_any_size_give_the_same(
    rows: list[dict[str, object]], ascii_only: bool, chunk: int, indent: int | None
) -> None:
    data = {"images": [{"id": 1}], "info": "ä", "annotations": rows, "n": 12}
    text = json.dumps(data, ensure_ascii=ascii_only, indent=indent)
    with TemporaryDirectory() as folder, patch.object(coco_rows, "_CHUNK", chunk):
        file = Path(folder) / "a.json"
        file.write_text(text, encoding="utf-8")
        found = read_top(file)
        listed = found.pop("annotations")
        assert isinstance(listed, FileRows)
        assert list(listed) == rows
        for image in range(4):
            assert list(listed.pop(image)) == [r for r in rows if r["image_id"] == image]
    assert listed.left() == []
    assert found == {"images": [{"id": 1}], "info": "ä", "n": 12}


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}x", '{"a": 1,}', '{"annotations": [}', '{"annotations": [{"image_id": 1]', "[",
     '{"annotations": [1 2]}', '{"a" 1}', "[" * 100_000, '{"a":' * 100_000],
)  # fmt: skip
def test_broken_files_raise_what_json_raises(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises((ValueError, RecursionError)):
        read_top(tmp_path / "a.json")


def test_what_is_of_no_image_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"annotations": [{"id": 5}, 7, {"image_id": 1}]}')
    rows = read_top(tmp_path / "a.json")["annotations"]
    assert rows.unfit == [5, 7]
    assert list(rows) == [{"image_id": 1}]
