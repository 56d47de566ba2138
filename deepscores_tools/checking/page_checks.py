"""What can be wrong with a page all of whose symbols can be read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepscores_tools.checking.defects import Defect, Examined
from deepscores_tools.cutting.tiles import TRUNCATED
from deepscores_tools.links import one_sided
from deepscores_tools.symbols import Box, Page, Symbol

ROUNDING = 0.01
"""Pixels by which a box may leave the page: what fractions with few decimals leave of it."""

SLACK, SLACK_PART = 2, 0.1
"""By how many pixels, or which part of a side, a mask's ink may be smaller than its box: boxes
are often drawn with a margin, and masks cut from segmentation images lack what is covered."""


def page_defects(examined: Examined) -> Iterator[Defect]:
    """The defects of a page's symbols, in their order, but for unknown classes."""
    page = examined.page
    if page is None:
        return
    ids = {symbol.id for symbol in page.symbols} | examined.broken_ids
    boxes: dict[tuple[str, Box], str] = {}
    seen: dict[int, str] = {}
    for symbol, place in zip(page.symbols, examined.places, strict=True):
        where, name, box = examined.where(place), symbol.name, symbol.box
        if _is_outside(box, page):
            yield Defect(where, "outside the page",
                         f"{name} at {_shown(box)}, page {page.width} x {page.height}")  # fmt: skip
        problem = mask_problem(symbol)
        if problem:
            yield Defect(where, "mask and box", f"{name}: {problem}")
        other = boxes.setdefault((name, box), place)
        if other != place:
            yield Defect(where, "duplicate", f"{name} with the box of {other}")
        if symbol.id is not None:
            other = seen.setdefault(symbol.id, place)
            if other != place:
                yield Defect(where, "duplicate", f"the id {symbol.id} of {other}")
        for link in dict.fromkeys((*symbol.outlinks, *one_sided(symbol))):
            if link not in ids:
                yield Defect(where, "dangling link", f"{name} is linked with {link}, "
                             "which is not on the page")  # fmt: skip


def mask_problem(symbol: Symbol) -> str:
    """What is wrong between a symbol's mask and its box; nothing if there is no mask."""
    mask = symbol.mask
    if mask is None:
        return ""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return "its mask is empty"
    height, width = mask.shape
    ink_width, ink_height = (int(found[-1] - found[0]) + 1 for found in (columns, rows))
    if TRUNCATED in symbol.attributes or (_fits(ink_width, width) and _fits(ink_height, height)):
        return ""
    return f"its mask's ink is {ink_width} x {ink_height} pixels in a box of {width} x {height}"


def _fits(ink: int, side: int) -> bool:
    return side - ink <= max(SLACK, SLACK_PART * side)


def _is_outside(box: Box, page: Page) -> bool:
    return (
        min(box.x0, box.y0) < -ROUNDING
        or box.x1 > page.width + ROUNDING
        or box.y1 > page.height + ROUNDING
    )


def _shown(box: Box) -> str:
    return "({})".format(", ".join(f"{value:.6g}" for value in box))
