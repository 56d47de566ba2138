"""Segmentation images of a dataset: of classes, and of single symbols."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.canvas import canvas, paint
from deepscores_tools.errors import InputError
from deepscores_tools.formats.segmentation import GRAYS, class_image
from deepscores_tools.ink import SYMBOL_INK, ink_of
from deepscores_tools.page_names import KeyGuard
from deepscores_tools.picture_source import PictureSource
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.vocabularies import ClassTable, spelt
from deepscores_tools.whole_file import whole_stream, write_png

CLASS_NAMES, INSTANCES = "class_names.csv", "instances.csv"
MASKS, INSTANCE_MASKS = "masks", "instances"
_MOST = np.iinfo(np.uint16).max


def class_grays(names: Iterable[str], table: ClassTable | None = None) -> dict[str, int]:
    """The gray value of each class: the table's, or its number in alphabetical order from 1.

    Names are as `spelt` has them. Raises InputError where classes are not in the table, or too
    many for 8 bits.
    """
    found = sorted({spelt(name) for name in names})
    if table is None:
        grays = {name: number for number, name in enumerate(found, 1)}
    else:
        missing = [name for name in found if name not in table]
        if missing:
            raise InputError("masks", f"{', '.join(missing)}: not in the class list; leave them "
                             "out with --without, or map the classes first")  # fmt: skip
        grays = {c.name: c.color for c in table}
    too_large = [name for name in found if grays[name] >= GRAYS]
    if too_large:
        raise InputError("masks", f"{too_large[0]} is class {grays[too_large[0]]}, and an image "
                         f"has {GRAYS - 1} gray values; merge classes")  # fmt: skip
    return grays


def with_all_masks(
    page: Page, pictures: PictureSource, without: Iterable[str] = ()
) -> tuple[Page, Counter[str]]:
    """The page with a mask of every symbol, less those wholly beyond its edges.

    One without gets the ink in its box, where there is a picture, or else the whole box; the
    counts of these are "inks" and "boxes". without: classes that are left out.
    """
    left_out = frozenset(without)
    page = pictures.sized(page)
    symbols = [s for s in page.symbols if s.name not in left_out and _is_on(page, s.box)]
    bare = sum(symbol.mask is None for symbol in symbols)
    ink = None
    if bare and pictures.has_file(page):
        ink = ink_of(pictures.gray(page), page.interline) >= SYMBOL_INK
    counts = Counter({"symbols": len(symbols), "boxes" if ink is None else "inks": bare})
    return replace(page, symbols=[_with_mask(s, page, ink) for s in symbols]), counts


def instance_image(page: Page) -> NDArray[np.uint16]:
    """uint16 of shape (height, width): symbol n of the page, from 1, where its mask is on top.

    Smaller symbols are on top. Raises InputError for more than 65,535 symbols, and huge pages.
    """
    if len(page.symbols) > _MOST:
        raise InputError(page.name, f"has more than {_MOST} symbols")
    image = canvas(page, np.uint16, 0)
    inked = [(int(s.mask.sum()), n, s) for n, s in enumerate(page.symbols, 1) if s.mask is not None]
    for _, number, symbol in sorted(inked, key=lambda entry: (-entry[0], entry[1])):
        paint(image, symbol, number)
    return image


def write_class_masks(
    pages: Iterable[Page],
    out: Path,
    grays: Mapping[str, int],
    pictures: PictureSource,
    without: Iterable[str] = (),
) -> Counter[str]:
    """Write out/masks/<page>.png, 8 bits, and class_names.csv (`number,name`).

    Counts pages, symbols, "boxes" and "inks" (see `with_all_masks`), and the mask pixels
    "hidden" under other symbols. Raises InputError.
    """
    left_out = frozenset(without)
    counts: Counter[str] = Counter()
    guard = KeyGuard(out)
    for page in pages:
        guard.check(page.name)
        masked, counted = with_all_masks(page, pictures, left_out)
        image, hidden = class_image(masked, lambda name: grays.get(spelt(name)))
        write_png(out / MASKS / f"{page.key}.png", image)
        counts.update(counted, pages=1, hidden=hidden)
    with whole_stream(out / CLASS_NAMES) as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerows((n, name) for name, n in sorted(grays.items(), key=lambda g: g[1]))
    return counts


def write_instance_masks(
    pages: Iterable[Page], out: Path, pictures: PictureSource, without: Iterable[str] = ()
) -> Counter[str]:
    """Write out/instances/<page>.png, 16 bits, and instances.csv (`page,number,id,class`).

    Counts as `write_class_masks` does, but for the hidden pixels. Raises InputError.
    """
    left_out = frozenset(without)
    counts: Counter[str] = Counter()
    guard = KeyGuard(out)
    with whole_stream(out / INSTANCES) as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(("page", "number", "id", "class"))
        for page in pages:
            guard.check(page.name)
            masked, counted = with_all_masks(page, pictures, left_out)
            write_png(out / INSTANCE_MASKS / f"{page.key}.png", instance_image(masked))
            for number, symbol in enumerate(masked.symbols, 1):
                rows.writerow((page.key, number, symbol.id, symbol.name))
            counts.update(counted, pages=1)
    return counts


def _is_on(page: Page, box: Box) -> bool:
    return box.x0 < page.width and box.y0 < page.height and box.x1 > 0 and box.y1 > 0


def _with_mask(symbol: Symbol, page: Page, ink: NDArray[np.bool_] | None) -> Symbol:
    if symbol.mask is not None:
        return symbol
    x0, y0, x1, y1 = (int(v) for v in symbol.box.outward())
    # No larger than the page, whatever a broken box says.
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, page.width), min(y1, page.height)
    mask = np.ones((y1 - y0, x1 - x0), dtype=np.bool_) if ink is None else ink[y0:y1, x0:x1]
    return replace(symbol, box=Box(x0, y0, x1, y1), mask=mask)
