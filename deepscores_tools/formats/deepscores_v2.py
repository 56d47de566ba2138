"""DeepScoresV2: one JSON with images/ and segmentation/ beside it, two annotation sets.

Boxes are [x0, y0, x1, y1] in floats; oriented boxes are four corners of their own, never made
from the others; area is pixels of ink. A symbol has a class in each annotation set or null:
`Symbol.name` is that of the first set, `second_name` that of the other, muscima++. Comments are
attributes (see deepscores_v2_comments.py), a score among them. Keys of ours on an image hold
interline, dpi, source_file, source_page, document, licence, attributes. Not held: links.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepscores_tools.errors import InputError
from deepscores_tools.formats.broken import BROKEN, said
from deepscores_tools.formats.deepscores_v2_read import (
    SETS,
    Table,
    page_of,
    read_content,
    symbol_of,
    unlisted,
)
from deepscores_tools.formats.deepscores_v2_write import SEGMENTATION, write
from deepscores_tools.formats.folders import files_of
from deepscores_tools.formats.segmentation import cut_masks, learn_grays, read_gray
from deepscores_tools.symbols import Page, Symbol

__all__ = ["class_names", "read", "recognises", "with_masks", "write"]

_log = logging.getLogger("deepscores_tools.formats")
_KEYS = re.compile(rb'"(annotation_sets|a_bbox)"\s*:\s*\[')


def recognises(file: Path, head: bytes) -> bool:
    """Whether this is JSON that names annotation sets or has boxes as DeepScoresV2 has them."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text[:1] == b"{" and bool(_KEYS.search(text))


def read(path: Path, annotation_set: str = SETS[0], masks: bool = False) -> Iterator[Page]:
    """The pages of one JSON file, or of all those of a folder, in the order of their images.

    Symbols without a class in the annotation set chosen are left out, and boxes without extent
    too; warnings count them. With `masks` see `with_masks`. Raises InputError.
    """
    for file in files_of(path, ".json"):
        yield from _pages(file, annotation_set, masks)


def class_names(path: Path, annotation_set: str = SETS[0]) -> dict[int, str]:
    """The classes that the files list, met or not: number -> name. Raises InputError."""
    names: dict[str, int] = {}
    for file in files_of(path, ".json"):
        for number, name in read_content(file, annotation_set).table.names.items():
            names.setdefault(name, int(number))
    return {number: name for name, number in names.items()}


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


def _pages(file: Path, annotation_set: str, masks: bool) -> Iterator[Page]:
    content = read_content(file, annotation_set)
    if content.annotations.unfit:
        raise InputError(file, f"annotation {content.annotations.unfit[0]} has no img_id")
    left_out: Counter[str] = Counter()
    for number, image in content.images_in_order():
        rows = content.annotations.pop(number)
        try:
            missing = unlisted(image, rows)
            if missing:
                raise ValueError(f"it lists annotation {missing[0]}, which is none of its own")
            symbols = _symbols(rows, content.table, left_out)
            page = page_of(image, symbols, file.parent)
        except BROKEN as error:
            raise InputError(file, f"image {number[:40]}: {said(error)}") from error
        yield with_masks(page, file.parent, content.table) if masks else page
    strays = content.annotations.groups()
    if strays:
        raise InputError(file, f"annotations of images that are not there: {strays[:5]}")
    for what, count in left_out.items():
        _log.warning("%s: %d symbols left out: %s", file, count, what)


def _symbols(rows: Sequence[tuple[str, Any]], table: Table, left_out: Counter[str]) -> list[Symbol]:
    symbols = []
    for number, row in rows:
        try:
            symbol = symbol_of(number, row, table, left_out)
        except BROKEN as error:
            raise ValueError(f"annotation {number}: {said(error)}") from error
        if symbol is not None:
            symbols.append(symbol)
    return symbols
