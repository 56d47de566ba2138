"""Pages' pictures next to their annotations: found, measured, copied."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from PIL import Image, ImageOps

from deepscores_tools.errors import InputError, reason
from deepscores_tools.symbols import Page
from deepscores_tools.whole_file import part_of

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
_TURNED = range(5, 9)  # EXIF orientations that are turned by 90 degrees
_AS_RGB = ("CMYK", "RGBX", "YCbCr")  # colours that PNG has not


def first_file(places: Iterable[Path]) -> Path | None:
    """The first of the places where there is a file, passing over names that none can have."""
    return next((place for place in places if os.path.isfile(place)), None)  # noqa: PTH113


def picture_size(picture: Path) -> tuple[int, int]:
    """(width, height) in pixels as displayed, from the file's header. Raises InputError."""
    try:
        with Image.open(picture) as opened:
            width, height = opened.size
            # PNG: only what stands before the pixels, as Pillow decodes them to look behind.
            exif = opened.format != "PNG" or "exif" in opened.info
            turned = exif and opened.getexif().get(0x0112) in _TURNED  # some have a text there
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(picture, f"cannot be read as an image: {error}") from error
    return (height, width) if turned else (width, height)


def place_picture(page: Page, name: str, images: Path | None) -> str:
    """The page's name with the suffix of its picture, which is copied to that name in `images`.

    A page without a picture keeps its name; without `images` nothing is copied. InputError.
    """
    if page.image is None:
        return name
    name = str(PurePosixPath(name).with_suffix(page.image.suffix))
    if images is not None:
        copy_picture(page, images / name)
    return name


def copy_picture(page: Page, to: Path) -> None:
    """Copy the page's picture; where the suffixes differ it is written anew, upright.

    Raises InputError, also for a picture of another size than the page: many formats take the
    page's size from it.
    """
    picture = page.image
    assert picture is not None
    require_size(page, picture_size(picture))
    try:
        if to.exists() and to.samefile(picture):
            return
        with part_of(to) as part:
            if picture.suffix.lower() == to.suffix.lower():
                shutil.copyfile(picture, part)
            else:
                with Image.open(picture) as opened:
                    _for_png(ImageOps.exif_transpose(opened)).save(part, format="PNG")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(picture, f"cannot be copied to {to} ({reason(error)})") from error


def require_size(page: Page, size: tuple[int, int]) -> None:
    """Raises InputError where this, its picture's (width, height), is another than the page's."""
    if size != (page.width, page.height):
        raise InputError(
            page.image or page.name,
            f"is {size[0]} x {size[1]} pixels, its page {page.width} x {page.height}",
        )


def _for_png(image: Image.Image) -> Image.Image:
    if image.mode not in _AS_RGB:
        return image
    image = image.convert("RGB")
    image.info.pop("icc_profile", None)  # tells of the colours that it had
    return image
