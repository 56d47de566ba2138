"""The writing half of deepscores_v2.py."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import Any

from deepscores_tools.class_maps import DEEPSCORES_V2_SECOND
from deepscores_tools.formats.deepscores_v2_comments import write_comments
from deepscores_tools.formats.deepscores_v2_read import IMAGES, SETS
from deepscores_tools.formats.losses import Losses
from deepscores_tools.formats.pictures import place_picture
from deepscores_tools.formats.segmentation import class_image
from deepscores_tools.formats.values import facts_of, flat
from deepscores_tools.formats.writing import write_row
from deepscores_tools.oriented_box import oriented_box
from deepscores_tools.page_names import KeyGuard, inside
from deepscores_tools.symbols import Attribute, Page, Symbol
from deepscores_tools.vocabularies import DEEPSCORES, ClassTable, spelt
from deepscores_tools.whole_file import whole_stream, write_png

FIELDS = ("score", "symbol_id")  # which comments tell, so that no attribute can be called so
ANNOTATIONS, SEGMENTATION = "annotations.json", "segmentation"
_HEAD = {"info": {"description": "In the schema of DeepScoresV2", "version": "2.0"},
         "annotation_sets": list(SETS)}  # fmt: skip


def write(pages: Iterable[Page], out: Path, classes: ClassTable = DEEPSCORES) -> None:
    """Write pages, one at a time, to the folder `out` or, if it ends in .json, to that file.

    A folder gets annotations.json, the pictures in images/ and, of pages with masks, class
    images in segmentation/. Symbols of classes that `classes` has not, which is strict v2 by
    default, are left out; one warning names them with counts, and all else that is lost. A
    page keeps its symbols' ids if they are above all earlier ones, as ids count through the
    file; otherwise they become an attribute. A symbol without an oriented box has that of its
    mask, if there is one, and its ink area too. The JSON appears last. Raises InputError.
    """
    single = out.suffix.lower() == ".json"
    guard, losses = KeyGuard(out), Losses("deepscores-v2")
    last = 0
    with (
        whole_stream(out if single else out / ANNOTATIONS) as stream,
        TemporaryFile("w+", encoding="utf-8") as annotations,  # all images come first
    ):
        stream.write(f'{json.dumps(_HEAD)[:-1]},\n"categories": {json.dumps(_table(classes))}')
        stream.write(',\n"images": [')
        for number, page in enumerate(pages, 1):
            name = inside(page.name, out)
            guard.check(page.name)
            if not single:
                name = place_picture(page, name, out / IMAGES)
            symbols = _known(page, classes, losses)
            _write_segmentation(page, symbols, None if single else out, name, classes, losses)
            ids = _ids(symbols, last)
            for i, symbol in zip(ids, symbols, strict=True):
                row = _annotation(symbol, number, None if i == symbol.id else symbol.id, classes)
                annotations.write(f'{"" if i == ids[0] and last == 0 else ","}\n"{i}": ')
                annotations.write(json.dumps(row))
            last = ids[-1] if ids else last
            write_row(stream, number == 1, _image(page, number, name, ids))
        stream.write('\n],\n"annotations": {')
        annotations.seek(0)
        shutil.copyfileobj(annotations, stream)
        stream.write("\n}}\n")
    losses.warn()


def _table(classes: ClassTable) -> dict[str, dict[str, Any]]:
    return {
        str(c.id): {"name": c.name, "annotation_set": name, "color": c.color}
        for name, table in zip(SETS, (classes, DEEPSCORES_V2_SECOND), strict=True)
        for c in table
    }


def _known(page: Page, classes: ClassTable, losses: Losses) -> list[Symbol]:
    known = []
    for symbol in page.symbols:
        if spelt(symbol.name) in classes:
            known.append(symbol)
            second = symbol.second_name
            unknown = second is not None and second not in DEEPSCORES_V2_SECOND
            losses.add(f"second class {second}", unknown)
            losses.add("links", bool(symbol.outlinks))
            for key in symbol.attributes.keys() & FIELDS:
                losses.add(f"symbols' attribute {key}")
        else:
            losses.add(f"class {symbol.name}")
    return known


def _ids(symbols: list[Symbol], last: int) -> list[int]:
    """The symbols' own ids if they rise from above `last`, the next free numbers otherwise."""
    ids: list[int] = []
    for symbol in symbols:
        if symbol.id is None or symbol.id <= (ids[-1] if ids else last):
            return list(range(last + 1, last + 1 + len(symbols)))
        ids.append(symbol.id)
    return ids


def _write_segmentation(
    page: Page,
    symbols: list[Symbol],
    out: Path | None,
    name: str,
    classes: ClassTable,
    losses: Losses,
) -> None:
    masked = Page(
        name=page.name, width=page.width, height=page.height,
        symbols=[s for s in symbols if s.mask is not None],
    )  # fmt: skip
    if out is None or not masked.symbols:
        losses.add("masks", len(masked.symbols))
        return
    image, hidden = class_image(masked, lambda n: classes.by_name[spelt(n)].color)
    losses.add("mask pixels under other symbols", hidden)
    file = out / SEGMENTATION / f"{PurePosixPath(name).with_suffix('')}_seg.png"
    write_png(file, image)


def _image(page: Page, number: int, name: str, ids: list[int]) -> dict[str, Any]:
    further = {**facts_of(page), "attributes": dict(page.attributes) or None}
    return {
        "id": number, "filename": name, "width": page.width, "height": page.height,
        "ann_ids": [str(i) for i in ids],
    } | {key: value for key, value in further.items() if value is not None}  # fmt: skip


def _annotation(s: Symbol, image: int, own_id: int | None, classes: ClassTable) -> dict[str, Any]:
    data: dict[str, Attribute] = {k: v for k, v in s.attributes.items() if k not in FIELDS}
    if s.score is not None:
        data["score"] = float(s.score)
    if own_id is not None:
        data["symbol_id"] = own_id
    area = s.ink_area
    if area is None and s.mask is not None:
        area = int(s.mask.sum())
    corners = s.oriented_box
    if corners is None and s.mask is not None:
        corners = oriented_box(s.mask, s.box)
    name, second = spelt(s.name), s.second_name
    in_second = second is not None and second in DEEPSCORES_V2_SECOND
    return {
        "a_bbox": [float(v) for v in s.box],
        "o_bbox": corners and flat(corners),
        "cat_id": [
            str(classes.by_name[name].id),
            str(DEEPSCORES_V2_SECOND.by_name[str(second)].id) if in_second else None,
        ],
        "area": area, "img_id": str(image), "comments": write_comments(data),
    }  # fmt: skip
