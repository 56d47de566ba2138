"""The picture of a page, from its file or, for a dataset of masks alone, from its masks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.canvas import canvas, paint
from deepscores_tools.errors import InputError
from deepscores_tools.formats.pictures import require_size
from deepscores_tools.page_names import KeyGuard
from deepscores_tools.raster import read_raster
from deepscores_tools.symbols import Page
from deepscores_tools.whole_file import write_png
from deepscores_tools.whole_folder import whole_folder

PAPER, INK = 255, 0
NOT_INK = frozenset({"staff", "staffSpace", "staffGrouping"})
"""Symbols whose masks cover paper; OR-ing all others gives a MUSCIMA++ page back (IoU 0.996)."""


def page_image(page: Page) -> NDArray[np.uint8]:
    """The page as gray levels, uint8 of shape (page.height, page.width), paper 255, ink 0.

    Read from `page.image`, upright as displayed, if that is given; rebuilt from the masks
    otherwise. Raises InputError where the file cannot be read or has another size than the
    page, or where there is neither a file nor a mask.
    """
    if page.image is None:
        return _from_masks(page)
    pixels = _drawn(page.image) if is_drawing(page.image) else read_raster(page.image)[0]
    height, width = pixels.shape
    require_size(page, (width, height))
    return pixels


def is_drawing(picture: Path) -> bool:
    """Whether a page's picture is LilyPond's SVG, which others cannot show as it is."""
    return picture.suffix.lower() == ".svg"


def _drawn(picture: Path) -> NDArray[np.uint8]:
    from deepscores_tools.lilypond import draw_page  # the engraver's painter knows all formats

    return draw_page(picture)


def write_page_images(pages: Iterable[Page], out: Path) -> int:
    """Write each page as `out/<page.key>.png` in a new folder; how many. Raises InputError."""
    count = 0
    guard = KeyGuard(out)
    with whole_folder(out) as folder:
        for page in pages:
            guard.check(page.name)
            write_png(folder / f"{page.key}.png", page_image(page))
            count += 1
    return count


def _from_masks(page: Page) -> NDArray[np.uint8]:
    if all(symbol.mask is None for symbol in page.symbols):
        raise InputError(page.name, "has neither an image nor masks to rebuild one from")
    pixels = canvas(page, np.uint8, PAPER)
    for symbol in page.symbols:
        if symbol.name not in NOT_INK:
            paint(pixels, symbol, INK)  # MuNG: no mask means the whole box
    return pixels
