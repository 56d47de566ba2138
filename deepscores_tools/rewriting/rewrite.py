"""Rewrite pages: lend symbols, bend strokes, leave the staves as they were ruled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from zlib import crc32

import cv2
import numpy as np

from deepscores_tools.dataset_image import page_image
from deepscores_tools.degradation.geometry import carry
from deepscores_tools.errors import InputError
from deepscores_tools.interline import interline_of
from deepscores_tools.links import keep_links
from deepscores_tools.rewriting.lending import Lent, with_borrowed
from deepscores_tools.rewriting.other_hand import STEEPEST, OtherHand, draw_waves
from deepscores_tools.symbols import Box, Page, Symbol

RULED = frozenset({"staff", "staffLine", "staffSpace"})
GAP = 4.0  # interlines; where a symbol lay over a line, its mask has a gap of at most this


def rewritten_pages(
    pages: Iterable[Page], lent: Mapping[str, Sequence[Lent]], copies: int, seed: int = 0
) -> Iterator[Page]:
    """Each page by `copies` other hands, called `..._hand1` and so on; what one is like depends on
    its key and the seed, and on what is lent (see `lenders`).

    Raises InputError as `rewritten` does.
    """
    for page in pages:
        path = PurePosixPath(page.name)
        for copy in range(1, copies + 1):
            rng = np.random.default_rng([seed, copy, crc32(page.key.encode())])
            name = str(path.with_name(f"{path.stem}_hand{copy}.png"))
            yield replace(rewritten(page, lent, rng), name=name)


def rewritten(page: Page, lent: Mapping[str, Sequence[Lent]], rng: np.random.Generator) -> Page:
    """A page as another hand might have written it, shown by its masks alone.

    Its symbols are those it had, with their ids, less links to what has left the page. Raises
    InputError for a page without masks or without staves.
    """
    if all(symbol.mask is None for symbol in page.symbols):
        raise InputError(page.name, "has no masks to write it anew from; MuNG files have them")
    interline = interline_of(page, page_image(page))
    if interline is None:
        raise InputError(page.name, "has no staves, which tell how large its symbols are")
    symbols = with_borrowed(page, interline, lent, rng)
    ruled = [_without_gaps(s, interline) for s in symbols if s.name in RULED]
    written = [s for s in symbols if s.name not in RULED]
    slant = rng.uniform(-STEEPEST, STEEPEST)
    hand = OtherHand(page.width, page.height, slant, draw_waves(interline, rng))
    ruler = OtherHand(page.width, page.height, slant)
    new = carry(replace(page, symbols=written), hand)
    lines = carry(replace(page, symbols=ruled), ruler)
    kept = [_tight(s) for s in (*new.symbols, *lines.symbols)]
    ids = {symbol.id for symbol in kept}
    kept = [keep_links(symbol, ids.__contains__) for symbol in kept]
    return replace(new, symbols=kept, interline=interline, image=None, document=None)


def _without_gaps(symbol: Symbol, interline: float) -> Symbol:
    """A staff line whole: what lay over it goes elsewhere."""
    if symbol.name != "staffLine" or symbol.mask is None:
        return symbol
    width = int(GAP * interline) | 1
    solid = cv2.copyMakeBorder(symbol.mask.view(np.uint8), 0, 0, width, width, cv2.BORDER_CONSTANT)
    closed = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((1, width), np.uint8))
    return replace(symbol, mask=closed[:, width:-width] > 0)


def _tight(symbol: Symbol) -> Symbol:
    """The symbol with the box that its mask fills: shapes by another hand may leave a rim."""
    if symbol.mask is None or not symbol.mask.any():
        return symbol
    x0, y0, width, height = cv2.boundingRect(symbol.mask.view(np.uint8))
    left, top = symbol.box.x0 + x0, symbol.box.y0 + y0
    mask = symbol.mask[y0 : y0 + height, x0 : x0 + width].copy()
    return replace(symbol, box=Box(left, top, left + width, top + height), mask=mask)
