"""Arrays of a page's size, and symbols painted into them.

A page that would fill the memory, as a broken file's may, is refused.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.errors import InputError
from deepscores_tools.raster import MAX_PIXELS
from deepscores_tools.symbols import Page, Symbol

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
    window = image[top : max(y1, 0), left : max(x1, 0)]
    if symbol.mask is None:
        window[:] = value
    else:
        height, width = window.shape
        window[symbol.mask[top - y0 :, left - x0 :][:height, :width]] = value
