"""Cut pages into square tiles, on a grid or at random, with the symbols that are in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.canvas import window
from deepscores_tools.cutting.around import corners_around
from deepscores_tools.links import linked_among
from deepscores_tools.picture_source import PictureSource
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.whole_file import write_png

SIZE, OVERLAP = 960, 160  # pixels
TRUNCATED = "truncated"
"""Attribute of a symbol that the tile's edge cuts: 1, as Pascal VOC has it."""

_KEPT_PART = 0.5  # of its area inside keeps a symbol; so does its centre


def grid_corners(width: int, height: int, size: int, overlap: int) -> list[tuple[int, int]]:
    """(left, top) of the tiles that cover a page, row by row.

    Neighbours overlap by `overlap` pixels, the last of a row or column by more: it ends where
    the page does. A page smaller than a tile has one, which reaches beyond it.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"overlap {overlap} is not within 0..{size - 1}")
    xs, ys = (_starts(side, size, size - overlap) for side in (width, height))
    return [(x, y) for y in ys for x in xs]


def random_corners(page: Page, size: int, count: int, seed: int) -> list[tuple[int, int]]:
    """(left, top) of tiles anywhere on the page, each within it if it is large enough.

    They depend on the page's key and the seed, not on the other pages.
    """
    rng = np.random.default_rng([seed, crc32(page.key.encode())])
    xs = rng.integers(0, max(page.width - size, 0) + 1, count)
    ys = rng.integers(0, max(page.height - size, 0) + 1, count)
    return [(int(x), int(y)) for x, y in zip(xs, ys, strict=True)]


def tile_page(page: Page, left: int, top: int, size: int) -> Page:
    """The tile of a page at (left, top), size x size pixels, without its picture.

    A symbol is kept if half of its area or its centre is inside; if it is clipped the attribute
    `truncated` is 1, and its oriented box is left out. Links to symbols outside go.
    """
    kept = [s for s in page.symbols if is_kept(s.box, left, top, size)]
    symbols = linked_among([_moved(s, left, top, size) for s in kept])
    path = PurePosixPath(page.name)
    return replace(
        page,
        name=str(path.with_name(f"{path.stem}_x{left}_y{top}.png")),
        width=size,
        height=size,
        symbols=symbols,
        image=None,
        attributes={**page.attributes, "page": page.name, "left": left, "top": top},
    )


def is_kept(box: Box, left: int, top: int, size: int) -> bool:
    """Whether half of the box's area, or its centre, is inside the tile."""
    width = min(box.x1, left + size) - max(box.x0, left)
    height = min(box.y1, top + size) - max(box.y0, top)
    if width <= 0 or height <= 0:
        return False
    x, y = box.centre
    centred = left <= x < left + size and top <= y < top + size
    return centred or width * height >= _KEPT_PART * box.width * box.height


def tile_pixels(gray: NDArray[np.uint8], left: int, top: int, size: int) -> NDArray[np.uint8]:
    """uint8 of shape (size, size); white beyond the page."""
    return window(gray, (left, top), (size, size))


def write_tiles(
    pages: Iterable[Page],
    images: Path,
    pictures: PictureSource,
    size: int = SIZE,
    overlap: int = OVERLAP,
    random: int = 0,
    seed: int = 0,
    around: Collection[str] = (),
) -> Iterator[Page]:
    """Write the pictures of all tiles to `images`, and give the tiles as pages.

    random: so many tiles a page at random instead of the grid; equal ones once. around: tiles
    around the symbols of these classes instead.
    """
    for page in map(pictures.sized, pages):
        if around:
            corners = corners_around(page, around, size, seed)
        elif random:
            corners = random_corners(page, size, random, seed)
        else:
            corners = grid_corners(page.width, page.height, size, overlap)
        if not corners:
            continue
        gray = pictures.gray(page)
        for left, top in dict.fromkeys(corners):
            tile = tile_page(page, left, top, size)
            write_png(images / tile.name, tile_pixels(gray, left, top, size))
            yield replace(tile, image=images / tile.name)


def _starts(side: int, size: int, stride: int) -> list[int]:
    last = max(side - size, 0)
    return [*range(0, last, stride), last]


def _moved(symbol: Symbol, left: int, top: int, size: int) -> Symbol:
    old = symbol.box
    x0, y0 = max(old.x0, left), max(old.y0, top)
    x1, y1 = min(old.x1, left + size), min(old.y1, top + size)
    whole = (x0, y0, x1, y1) == tuple(old)
    mask, area, oriented = symbol.mask, symbol.ink_area, symbol.oriented_box
    if mask is not None and not whole:
        rows = slice(int(y0 - old.y0), int(y1 - old.y0))
        mask = mask[rows, int(x0 - old.x0) : int(x1 - old.x0)]
    if not whole:
        area = None if mask is None or area is None else int(mask.sum())
    return replace(
        symbol,
        box=Box(x0 - left, y0 - top, x1 - left, y1 - top),
        mask=mask,
        ink_area=area,
        oriented_box=tuple((x - left, y - top) for x, y in oriented)
        if oriented and whole else None,
        attributes=symbol.attributes if whole else {**symbol.attributes, TRUNCATED: 1},
    )  # fmt: skip
