"""PNG, JPEG, JPEG 2000 and TIFF files to gray pages, whatever they hold inside.

A gray page is uint8 of shape (H, W), 0 black, 255 white, turned as EXIF says it is displayed.
"""

from __future__ import annotations

import ctypes
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError, _imaging

from deepscores_tools.errors import InputError, reason

MAX_PIXELS = 150_000_000
MIN_SIDE = 16  # below this not even one staff can be seen
FORMATS = ("PNG", "JPEG", "JPEG2000", "TIFF")

_SUBFILE_TYPE = 254  # TIFF tag; bit 0: a thumbnail of another page, bit 2: a transparency mask
_NOT_A_PAGE = 0b101


def raster_pages(path: Path) -> list[int]:
    """The frames of the file that are pages, from 0; a TIFF's thumbnails and masks are none."""
    with _opened(path) as image:
        if image.format != "TIFF":
            return [0]
        frames = []
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            tags = getattr(image, "tag_v2", {})
            if not int(tags.get(_SUBFILE_TYPE, 0)) & _NOT_A_PAGE:
                frames.append(frame)
        return frames or [0]


def read_raster(path: Path, frame: int = 0) -> tuple[NDArray[np.uint8], float | None]:
    """One frame as a gray page, and its dpi where the file states a believable one.

    Raises InputError for what is damaged, too large (by its header, before it is decoded) or
    too small.
    """
    with _opened(path) as image:
        if frame:
            image.seek(frame)
        check_size(path, *image.size)
        image.load()
        dpi = _dpi(image)
        return _gray(_turned(image)), dpi


def check_size(where: Path, width: float, height: float) -> None:
    """Refuse pages beyond MAX_PIXELS or with a side below MIN_SIDE pixels."""
    if width * height > MAX_PIXELS:
        raise InputError(
            where,
            f"{width:.0f} x {height:.0f} pixels is more than the limit of"
            f" {MAX_PIXELS // 1_000_000} megapixels; scale it down",
        )
    if min(width, height) < MIN_SIDE:
        raise InputError(
            where,
            f"{width:.0f} x {height:.0f} pixels is too small for a page of music;"
            " give a scan at about 300 dpi",
        )


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Pillow's image, with everything that it raises turned into one line."""
    _silence_libtiff()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pages: check_size is our limit
            # A file object, not the path: by path Pillow maps uncompressed TIFFs into memory,
            # and then garbles those that EXIF turns by 90 degrees.
            with path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
                yield image
    except InputError:
        raise
    except Image.DecompressionBombError:
        limit = MAX_PIXELS // 1_000_000
        raise InputError(path, f"more than {limit} megapixels; scale it down") from None
    except UnidentifiedImageError:
        raise InputError(
            path, "damaged: no image can be read from it; export it again as PNG, JPEG or TIFF"
        ) from None
    except MemoryError:
        raise InputError(path, "not enough memory to decode it; scale it down") from None
    except PermissionError:
        raise InputError(path, "may not be read; check its permissions") from None
    except Exception as error:  # decoders raise whatever the broken bytes led them to
        what = "truncated" if "truncated" in str(error) else "damaged"
        raise InputError(path, f"{what} image ({reason(error)}); copy or export it again") from None


@cache
def _silence_libtiff() -> None:
    """Keep libtiff from writing to standard error itself: what it fails at, Pillow raises.

    The library is found through Pillow's own, which is linked to it; where it is not (Windows),
    libtiff stays as it is.
    """
    try:
        linked = ctypes.CDLL(_imaging.__file__)
        for handler in ("TIFFSetWarningHandler", "TIFFSetErrorHandler"):
            getattr(linked, handler)(None)
    except (OSError, AttributeError):
        return


def _turned(image: Image.Image) -> Image.Image:
    """The image as displayed. Broken EXIF is no reason to refuse a page: then it stays."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _dpi(image: Image.Image) -> float | None:
    """The stated resolution; None where it is missing or absurd (0, 1, not a number)."""
    try:
        dpi = float(image.info["dpi"][0])
    except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError):
        return None
    return round(dpi, 2) if math.isfinite(dpi) and 20 <= dpi <= 10_000 else None


def _gray(image: Image.Image) -> NDArray[np.uint8]:
    """Any of Pillow's modes as gray; transparent pixels show white paper."""
    if image.mode.startswith(("I", "F")):
        return _gray_of_deep(np.asarray(image))
    if image.mode == "LAB":
        image = image.getchannel("L")
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image).convert("RGB")
    elif image.mode not in ("1", "L", "RGB"):
        image = image.convert("RGB")
    return np.array(image.convert("L"), dtype=np.uint8)


def _gray_of_deep(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """16- and 32-bit integers and floats: full scale is the least usual one that holds them.

    Integers: that of the fewest bits, as 16 of them often hold a scanner's 8, 10 or 12. Floats:
    1, 255, 65535, else the greatest value present.
    """
    deep = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    greatest = float(deep.max())
    if np.issubdtype(values.dtype, np.integer):
        full = 2.0 ** max(int(greatest).bit_length(), 1) - 1
    else:
        full = next((scale for scale in (1.0, 255.0, 65535.0) if greatest <= scale), greatest)
    gray: NDArray[np.uint8] = np.clip(np.rint(deep * (255.0 / full)), 0, 255).astype(np.uint8)
    return gray
