"""Words on a page, drawn with FreeType.

Families are those that come in wheels: Computer Modern, STIX and DejaVu where matplotlib is
installed, else Pillow's own. Words are background to the detector, so their exact look does not
matter, but they must be there.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from string import ascii_letters, digits

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

FAMILIES = {
    "computer-modern": ("cmr10", "cmb10", "cmti10", "cmb10"),
    "stix": ("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    "dejavu-serif": (
        "DejaVuSerif",
        "DejaVuSerif-Bold",
        "DejaVuSerif-Italic",
        "DejaVuSerif-BoldItalic",
    ),
    "dejavu-sans": (
        "DejaVuSans",
        "DejaVuSans-Bold",
        "DejaVuSans-Oblique",
        "DejaVuSans-BoldOblique",
    ),
}
"""File stems: regular, bold, italic, bold italic."""

_WIDE = {"computer-modern": 0.92, "dejavu-serif": 0.82, "dejavu-sans": 0.84}
"""Verovio spaces words for a Times face; wider families are drawn smaller to fit."""

_COMPLETE = "stix"
_IN_COMPUTER_MODERN = set(ascii_letters + digits + " .,;:!?'()-")


@lru_cache(maxsize=1)
def _folder() -> Path | None:
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder if folder.is_dir() else None


def fitting(family: str, text: str) -> str:
    """The family, or one that has the text's letters: Computer Modern comes with few."""
    lacks = family == "computer-modern" and not _IN_COMPUTER_MODERN.issuperset(text)
    return _COMPLETE if lacks else family


@lru_cache(maxsize=256)
def font(family: str, size: int, bold: bool, italic: bool) -> Font:
    """A face of a family at a size in pixels."""
    folder = _folder()
    if folder is not None and family in FAMILIES:
        file = folder / f"{FAMILIES[family][bold + 2 * italic]}.ttf"
        if file.is_file():
            size = max(4, round(size * _WIDE.get(family, 1.0)))
            return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)
    return ImageFont.load_default(size)


def drawn(text: str, face: Font) -> tuple[NDArray[np.uint8], int, int]:
    """Text as ink (h, w), 255 full, and where its left and top lie from where it starts."""
    left, top, right, bottom = (round(v) for v in face.getbbox(text, anchor="ls"))
    if right <= left or bottom <= top:
        return np.zeros((0, 0), np.uint8), 0, 0
    image = Image.new("L", (right - left + 4, bottom - top + 4))
    ImageDraw.Draw(image).text((2 - left, 2 - top), text, fill=255, font=face, anchor="ls")
    return np.asarray(image), left - 2, top - 2
