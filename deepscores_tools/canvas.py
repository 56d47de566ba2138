"""Arrays of a page's size, symbols painted into them, and windows cut out of them.

A page that would fill the memory, as a broken file's may, is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.errors import InputError
from deepscores_tools.raster import MAX_PIXELS
from deepscores_tools.symbols import Box, Page, Symbol

Pixel = TypeVar("Pixel", np.uint8, np.uint16)


def canvas(page: Page, kind: type[Pixel], value: int) -> NDArray[Pixel]:
    """An array of shape (page.height, page.width) full of `value`.

    Raises InputError for pages of more than MAX_PIXELS.
    """
    if page.width * page.height > MAX_PIXELS:
        raise InputError(
            page.name, f"is {page.width} x {page.height} pixels; no page over "
            f"{MAX_PIXELS // 1_000_000} megapixels is painted")  # fmt: skip
    return np.full((page.height, page.width), value, dtype=kind)


def paint(image: NDArray[Pixel], symbol: Symbol, value: int) -> None:
    """Give the pixels of a symbol, as far as they are on the page, this value.

    They are those of its mask or, where it has none, of its box grown to whole pixels.
    """
    x0, y0, x1, y1 = (int(v) for v in symbol.box.outward())
    top, left = max(y0, 0), max(x0, 0)
    part = image[top : max(y1, 0), left : max(x1, 0)]
    if symbol.mask is None:
        part[:] = value
    else:
        height, width = part.shape
        part[symbol.mask[top - y0 :, left - x0 :][:height, :width]] = value


def ink_within(box: Box, symbols: Iterable[Symbol]) -> NDArray[np.bool_]:
    """Where the symbols are in a box of whole pixels: bool, of shape (box.height, box.width)."""
    pixels = np.zeros((int(box.height), int(box.width)), np.uint8)
    for symbol in symbols:
        x0, y0, x1, y1 = symbol.box
        there = Box(x0 - box.x0, y0 - box.y0, x1 - box.x0, y1 - box.y0)
        paint(pixels, replace(symbol, box=there), 1)
    return pixels.view(np.bool_)


def window(
    pixels: NDArray[np.uint8], corner: tuple[int, int], extent: tuple[int, int]
) -> NDArray[np.uint8]:
    """A copy of the pixels from corner (x, y) on, extent (width, height); white beyond the page."""
    (x0, y0), (width, height) = corner, extent
    gray = np.full((height, width), 255, dtype=np.uint8)
    left, top = max(x0, 0), max(y0, 0)
    right, bottom = min(x0 + width, pixels.shape[1]), min(y0 + height, pixels.shape[0])
    if right > left and bottom > top:
        gray[top - y0 : bottom - y0, left - x0 : right - x0] = pixels[top:bottom, left:right]
    return gray
