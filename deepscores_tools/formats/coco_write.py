"""The writing half of coco.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from deepscores_tools.formats import coco_mask
from deepscores_tools.formats.coco_read import ANNOTATIONS, IMAGES
from deepscores_tools.formats.pictures import place_picture
from deepscores_tools.formats.values import facts_of
from deepscores_tools.formats.writing import short, write_row
from deepscores_tools.page_names import KeyGuard, inside
from deepscores_tools.symbols import Page, Symbol
from deepscores_tools.vocabularies import ClassTable
from deepscores_tools.whole_file import whole_stream


def write(pages: Iterable[Page], out: Path, classes: ClassTable | Sequence[str] = ()) -> None:
    """Write pages, one at a time, to the folder `out` or, if it ends in .json, to that file.

    A folder gets annotations.json and, copied into images/, the pictures that the pages
    have; a file stands alone. Categories are `classes`: a table keeps its ids, names are
    numbered from 1; names met beyond them follow in order. Name the classes that a detector
    *can* give, and evaluation is able to tell "not found" from "not known". Equal pages give
    equal bytes; the JSON appears last and whole. Raises InputError.
    """
    single = out.suffix.lower() == ".json"
    ids = _ids(classes)
    numbers = count(1)
    guard = KeyGuard(out)
    with (
        whole_stream(out if single else out / ANNOTATIONS) as stream,
        TemporaryFile("w+", encoding="utf-8") as annotations,  # COCO has all images come first
    ):
        stream.write('{"images": [')
        for number, page in enumerate(pages, 1):
            guard.check(page.name)
            name = inside(page.name, out)
            name = place_picture(page, name, None if single else out / IMAGES)
            write_row(stream, number == 1, image_row(page, number, name))
            for symbol in page.symbols:
                category = ids.setdefault(symbol.name, max(ids.values(), default=0) + 1)
                row = _annotation(symbol, next(numbers), number, category, page)
                write_row(annotations, row["id"] == 1, row)
        stream.write('\n],\n"annotations": [')
        annotations.seek(0)
        shutil.copyfileobj(annotations, stream)
        stream.write('\n],\n"categories": [')
        for place, (name, category) in enumerate(ids.items()):
            write_row(stream, place == 0, {"id": category, "name": name})
        stream.write("\n]}\n")


def _ids(classes: ClassTable | Sequence[str]) -> dict[str, int]:
    if isinstance(classes, ClassTable):
        return {c.name: c.id for c in classes}
    return {name: number for number, name in enumerate(dict.fromkeys(classes), 1)}


def image_row(page: Page, number: int, name: str) -> dict[str, Any]:
    """A page's entry in the list of images; number: its id, name: its file_name."""
    row: dict[str, Any] = {
        "id": number, "file_name": name, "width": page.width, "height": page.height,
        **facts_of(page), "attributes": dict(page.attributes) or None,
    }  # fmt: skip
    return {key: value for key, value in row.items() if value is not None}


def _annotation(
    symbol: Symbol, number: int, image: int, category: int, page: Page
) -> dict[str, Any]:
    box, mask, area = symbol.box, symbol.mask, symbol.ink_area
    if area is None:
        area = int(np.count_nonzero(mask)) if mask is not None else None
    attributes = dict(symbol.attributes)
    crowd = attributes.get("iscrowd") == 1  # as coco_read has it
    if crowd:
        del attributes["iscrowd"]
    row: dict[str, Any] = {
        "id": number, "image_id": image, "category_id": category,
        "bbox": [short(v) for v in (box.x0, box.y0, box.width, box.height)],
        "area": short(box.width * box.height) if area is None else area,
        "iscrowd": int(crowd),
    }  # fmt: skip
    if mask is not None:
        left, top = int(box.x0), int(box.y0)
        row["segmentation"] = coco_mask.encode(mask, left, top, page.width, page.height)
    further: dict[str, Any] = {
        "score": None if symbol.score is None else float(symbol.score),
        "symbol_id": symbol.id, "outlinks": list(symbol.outlinks) or None,
        "oriented_box": symbol.oriented_box, "ink_area": symbol.ink_area,
        "second_name": symbol.second_name, "attributes": attributes or None,
    }  # fmt: skip
    return row | {key: value for key, value in further.items() if value is not None}
