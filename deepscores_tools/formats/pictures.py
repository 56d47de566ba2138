"""Pages' pictures next to their annotations: found, measured, copied."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageOps

from deepscores_tools.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
_TURNED = 5  # EXIF orientations from here on are turned by 90 degrees


def first_file(places: Iterable[Path]) -> Path | None:
    """The first of the places where there is a file."""
    return next((place for place in places if place.is_file()), None)


def picture_size(picture: Path) -> tuple[int, int]:
    """(width, height) in pixels as displayed, from the file's header. Raises InputError."""
    try:
        with Image.open(picture) as opened:
            width, height = opened.size
            turned = opened.getexif().get(0x0112, 1) >= _TURNED
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(picture, f"cannot be read as an image: {error}") from error
    return (height, width) if turned else (width, height)


def copy_picture(picture: Path, to: Path) -> None:
    """Copy a picture; where the suffixes differ it is written anew, upright. InputError."""
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        if to.exists() and to.samefile(picture):
            return
        if picture.suffix.lower() == to.suffix.lower():
            shutil.copyfile(picture, part)
        else:
            with Image.open(picture) as opened:
                ImageOps.exif_transpose(opened).save(part, format="PNG")
        part.replace(to)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(picture, f"cannot be copied to {to} ({error})") from error
    finally:
        part.unlink(missing_ok=True)
