"""Words on a page: runs of text drawn with FreeType in one family a page.

Families are those that come in wheels: STIX and DejaVu where matplotlib is installed, else
Pillow's own. Words are background to the detector, so their exact look does not matter, but
they must be there.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deepscores_tools.engraving.raster import EMPTY, Crop

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

FAMILIES = {
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

_WIDE = {"dejavu-serif": 0.82, "dejavu-sans": 0.84}
"""Verovio spaces words for a Times face; wider families are drawn smaller to fit."""


@lru_cache(maxsize=1)
def _folder() -> Path | None:
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder if folder.is_dir() else None


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


def draw_text(text: str, face: Font, x: float, y: float) -> Crop:
    """Text as a crop; x: pixels, where it starts; y: its baseline."""
    left, top, right, bottom = (round(v) for v in face.getbbox(text, anchor="ls"))
    if right <= left or bottom <= top:
        return EMPTY
    image = Image.new("L", (right - left + 4, bottom - top + 4))
    ImageDraw.Draw(image).text((2 - left, 2 - top), text, fill=255, font=face, anchor="ls")
    return Crop(round(x) + left - 2, round(y) + top - 2, np.asarray(image))
