"""Arrays of a page's size, refused where a broken file's page would fill the memory."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.errors import InputError
from deepscores_tools.raster import MAX_PIXELS
from deepscores_tools.symbols import Page

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
