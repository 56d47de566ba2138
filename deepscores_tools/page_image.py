"""The picture of a page, from its file or, for a dataset of masks alone, from its masks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Page

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
    pixels = _from_file(page.image)
    if pixels.shape != (page.height, page.width):
        height, width = pixels.shape
        raise InputError(
            page.image, f"is {width} x {height} pixels, its page {page.width} x {page.height}"
        )
    return pixels


def write_page_images(pages: Iterable[Page], out: Path) -> int:
    """Write each page as `out/<page.key>.png`; the number written. Raises InputError."""
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, page in enumerate(pages, 1):  # noqa: B007
        temporary = out / f".{page.key}.png.part"
        Image.fromarray(page_image(page)).save(temporary, format="PNG")
        temporary.replace(out / f"{page.key}.png")
    return count


def _from_masks(page: Page) -> NDArray[np.uint8]:
    if all(symbol.mask is None for symbol in page.symbols):
        raise InputError(page.name, "has neither an image nor masks to rebuild one from")
    pixels = np.full((page.height, page.width), PAPER, dtype=np.uint8)
    for symbol in page.symbols:
        if symbol.name in NOT_INK:
            continue
        x0, y0, x1, y1 = (int(v) for v in symbol.box.outward())
        top, left = max(y0, 0), max(x0, 0)
        window = pixels[top : max(y1, 0), left : max(x1, 0)]
        if symbol.mask is None:
            window[:] = INK  # MuNG: no mask means the whole box
        else:
            height, width = window.shape
            window[symbol.mask[top - y0 :, left - x0 :][:height, :width]] = INK
    return pixels


def _from_file(file: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(file) as opened:
            picture = ImageOps.exif_transpose(opened)
            if picture.mode.startswith("I;16"):  # Pillow would clip these to 255, not scale
                return (np.asarray(picture, dtype=np.uint16) >> 8).astype(np.uint8)
            if picture.has_transparency_data:  # what is transparent shows the paper
                rgba = picture.convert("RGBA")
                paper = Image.new("RGBA", rgba.size, (PAPER, PAPER, PAPER, 255))
                picture = Image.alpha_composite(paper, rgba)
            return np.asarray(picture.convert("L"), dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(file, f"cannot be read as an image: {error}") from error
