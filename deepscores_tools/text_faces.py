"""Words on a page, drawn with FreeType.

Families are those that come with matplotlib: Computer Modern, STIX and DejaVu. Words are
background to the detector, so their exact look does not matter, but they must be there.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

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

# Computer Modern has TeX's own order of characters beyond letters and digits, and accents apart.
_TEX = str.maketrans(
    "ßæœøÆŒØ\u2019\u2018\u201d\u201c\u2013\u2014\xa0_",
    "\xbc\xbd\xbe\xbf\xc0\xc1\xc2'`\"\\{| -",
    "\u201e<>",
)
_TEX_ACCENTS = dict(
    zip("\u0300\u0301\u0302\u0303\u0308\u030a\u0327", "\xb5\xb6^~\xc4\xba\xbb", strict=True)
)
_RAISED = 0.25  # em; an accent on a capital


@dataclass(frozen=True, slots=True)
class Face:
    """A font at a size. tex: whether its characters are in TeX's order."""

    font: ImageFont.FreeTypeFont
    size: int
    tex: bool = False

    def length(self, text: str) -> float:
        """How far the text reaches from where it starts, in pixels."""
        return self.font.getlength(self._spelt(text)[0])

    def drawn(self, text: str) -> tuple[NDArray[np.uint8], int, int]:
        """Text as ink (h, w), 255 full, and where its left and top lie from where it starts."""
        letters, accents = self._spelt(text)
        left, top, right, bottom = (round(v) for v in self.font.getbbox(letters, anchor="ls"))
        if right <= left or bottom <= top:
            return np.zeros((0, 0), np.uint8), 0, 0
        top -= self.size // 2 if accents else 0
        image = Image.new("L", (right - left + 4, bottom - top + 4))
        canvas = ImageDraw.Draw(image)
        for part, x, y in [(letters, 0.0, 0.0), *accents]:
            at = 2 - left + x, 2 - top + y
            canvas.text(at, part, fill=255, font=self.font, anchor="ls")
        return np.asarray(image), left - 2, top - 2

    def _spelt(self, text: str) -> tuple[str, list[tuple[str, float, float]]]:
        """The letters as the font has them; its accents with their places in pixels."""
        if not self.tex:
            return text, []
        letters, accents = "", []
        for char in unicodedata.normalize("NFD", text.translate(_TEX)):
            accent = _TEX_ACCENTS.get(char)
            if accent is None:
                letters += char
            elif letters:
                base = letters[-1]
                room = self.font.getlength(base) - self.font.getlength(accent)
                x = self.font.getlength(letters[:-1]) + room / 2
                accents.append((accent, x, -_RAISED * self.size if base.isupper() else 0.0))
        return letters, accents


@lru_cache(maxsize=1)
def _folder() -> Path:
    """Where matplotlib has its fonts; it is not imported, which would take a while."""
    spec = find_spec("matplotlib")
    assert spec is not None  # a dependency
    return Path(str(spec.origin)).parent / "mpl-data" / "fonts" / "ttf"


@lru_cache(maxsize=256)
def face(family: str, size: int, bold: bool = False, italic: bool = False) -> Face:
    """A face of one of FAMILIES at a size in pixels."""
    file = _folder() / f"{FAMILIES[family][bold + 2 * italic]}.ttf"
    size = max(4, round(size * _WIDE.get(family, 1.0)))
    font = ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)
    return Face(font, size, tex=family == "computer-modern")
