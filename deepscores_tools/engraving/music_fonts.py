"""The music fonts that pages are engraved in: verovio's own, and more that lie in `font_files`.

A font file is a zip in verovio's layout, made once by `tools/music_fonts/make.py`, with its
licence beside it; `font_files/README.md` tells where each comes from. Glyphs that a font lacks
are taken from `FALLBACK`, and from `LAST` what is not there either.
"""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path

from lxml import etree

VEROVIO_FONTS = ("Bravura", "Leipzig", "Gootville", "Petaluma")
SHIPPED_FONTS = ("Aulos", "Bastian", "Gruyere", "Jazzhand", "NotoMusic")

FONTS = (*VEROVIO_FONTS, *SHIPPED_FONTS)
"""Fonts to train on."""

RESERVED_FONTS = ("Leland",)
"""Kept aside for validation: drawn only where it is asked for by name."""

FALLBACK = "Leipzig"
LAST = "Bastian"

_FILES = Path(__file__).with_name("font_files")


def font_options(font: str) -> dict[str, object]:
    """Verovio's options that choose a font."""
    custom = [str(_FILES / f"{font}.zip")] if font in SHIPPED_FONTS else []
    return {"font": font, "fontAddCustom": custom, "fontFallback": FALLBACK}


def has_glyph(font: str, code: int) -> bool:
    """Whether a font has a glyph of its own at a SMuFL code point."""
    return bool(_own_outline(font, code))


def font_of(font: str, code: int) -> str:
    """The font that a glyph comes from: the font itself or the fallback."""
    return font if has_glyph(font, code) else FALLBACK


def outline(font: str, code: int) -> str:
    """A glyph as SVG path data, y up, 1000 units an em; empty where no font has it.

    What verovio's fonts lack (breathMarkTick) comes from `LAST`: such glyphs stand in text, which
    is laid out here.
    """
    found = (_own_outline(name, code) for name in (font, FALLBACK, LAST))
    return next((data for data in found if data), "")


@lru_cache(maxsize=4096)
def _own_outline(font: str, code: int) -> str:
    if font in SHIPPED_FONTS:
        data = _shipped(font).get(code, b"")
    else:
        import verovio

        file = Path(verovio.__file__).parent / "data" / font / f"{code:04X}.xml"
        data = file.read_bytes() if file.is_file() else b""
    if not data:
        return ""
    path = next((e for e in etree.fromstring(data).iter() if e.get("d")), None)
    return "" if path is None else str(path.get("d"))


@lru_cache(maxsize=len(SHIPPED_FONTS))
def _shipped(font: str) -> dict[int, bytes]:
    with zipfile.ZipFile(_FILES / f"{font}.zip") as archive:
        inner = [n for n in archive.namelist() if n.startswith(f"{font}/")]
        return {int(Path(n).stem, 16): archive.read(n) for n in inner}
