"""DeepScoresV2: one JSON with images/ and segmentation/ beside it, two annotation sets.

Boxes are [x0, y0, x1, y1] in floats; oriented boxes are four corners of their own, never made
from the others; area is pixels of ink. A symbol has a class in each annotation set or null:
`Symbol.name` is that of the first set, `second_name` that of the other, muscima++. Comments are
attributes (see deepscores_v2_comments.py), a score among them. Keys of ours on an image hold
interline, dpi, source_file, source_page, document, licence, attributes. Not held: links.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepscores_tools.errors import InputError
from deepscores_tools.formats.deepscores_v2_read import SETS, Table, page_of, read_table
from deepscores_tools.formats.deepscores_v2_write import SEGMENTATION, write
from deepscores_tools.formats.segmentation import cut_masks, learn_grays, read_gray
from deepscores_tools.symbols import Page

__all__ = ["read", "recognises", "with_masks", "write"]

_log = logging.getLogger("deepscores_tools.formats")
_KEYS = re.compile(rb'"(annotation_sets|a_bbox)"\s*:\s*\[')
_WRONG = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


def recognises(file: Path, head: bytes) -> bool:
    """Whether this is JSON that names annotation sets or has boxes as DeepScoresV2 has them."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text[:1] == b"{" and bool(_KEYS.search(text))


def read(path: Path, annotation_set: str = SETS[0], masks: bool = False) -> Iterator[Page]:
    """The pages of one JSON file, or of all those of a folder, in the order of their images.

    Symbols without a class in the annotation set chosen are left out, and boxes without extent
    too; warnings count them. With `masks` see `with_masks`. Raises InputError.
    """
    for file in _files(path):
        yield from _pages(file, annotation_set, masks)


def with_masks(page: Page, folder: Path, table: Table) -> Page:
    """The page with masks cut from its segmentation image; as it is where there is none.

    Boxes grow to whole pixels. A class is looked for in its gray value, unless the image is
    numbered otherwise, as the published sample is (see `learn_grays`). Raises InputError.
    """
    file = folder / SEGMENTATION / f"{Path(page.name).with_suffix('')}_seg.png"
    if not file.is_file():
        return page
    gray = read_gray(file, (page.width, page.height))
    grays = learn_grays(page.symbols, gray, table.grays)
    return replace(page, symbols=cut_masks(page.symbols, gray, grays))


def _files(path: Path) -> Sequence[Path]:
    files = sorted(f for f in path.glob("*.json") if f.name[0] != ".") if path.is_dir() else [path]
    if not files:
        raise InputError(path, "no .json file in this folder")
    return files


def _pages(file: Path, annotation_set: str, masks: bool) -> Iterator[Page]:
    data = _load(file)
    try:
        table = read_table(data, annotation_set)
        rows = _by_image(data)
    except _WRONG as error:
        raise InputError(file, f"is not DeepScoresV2: {error!r}") from error
    left_out: Counter[str] = Counter()
    for image in data["images"]:
        try:
            number = str(image["id"])
            page = page_of(image, rows.pop(number, []), table, file.parent, left_out)
        except _WRONG as error:
            where = image.get("id") if isinstance(image, dict) else image
            raise InputError(file, f"image {str(where)[:40]}: {error}") from error
        yield with_masks(page, file.parent, table) if masks else page
    if rows:
        raise InputError(file, f"annotations of images that are not there: {list(rows)[:5]}")
    for what, count in left_out.items():
        _log.warning("%s: %d symbols left out: %s", file, count, what)


def _by_image(data: dict[str, Any]) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """The annotations with their ids, image by image. Raises what broken data raises."""
    annotations = data["annotations"]
    rows: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for image in data["images"]:
        number = str(image["id"])
        if number in rows:
            raise ValueError(f"image {number} occurs twice")
        rows[number] = []
        missing = next((i for i in image.get("ann_ids") or () if str(i) not in annotations), None)
        if missing is not None:
            raise ValueError(f"image {number} lists annotation {missing}, which is not there")
    for number, row in annotations.items():
        rows.setdefault(str(row["img_id"]), []).append((number, row))
    return rows


def _load(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise InputError(file, f"cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(file, f"is not valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise InputError(file, "is not DeepScoresV2: not an object")
    return data
