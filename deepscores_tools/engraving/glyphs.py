"""Outlines of music glyphs: from a page's own SVG, or from verovio's font folder for text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from lxml import etree

from deepscores_tools.engraving.glyph_classes import CLEF_DIGITS
from deepscores_tools.engraving.outlines import Points, parse_path

_DEFINITION = re.compile(r'<g id="([0-9A-F]{4,5})-[^"]*">\s*<path[^>]* d="([^"]*)"')
PIXELS_PER_UNIT = 0.1
"""Flattening scale: a 1000-unit em is drawn about 100 px high."""


@lru_cache(maxsize=4096)
def _contours(data: str) -> tuple[Points, ...]:
    """Contours in em units, y down."""
    return tuple(c * np.array([1.0, -1.0]) for c in parse_path(data, PIXELS_PER_UNIT))


class Glyphs:
    """The glyphs that one page can draw, by SMuFL code point."""

    def __init__(self, svg: str, font: str) -> None:
        defs = svg[: svg.find("</defs>")]
        self._data = {int(code, 16): d for code, d in _DEFINITION.findall(defs)}
        self.font = font

    def contours(self, code: int, part: str = "") -> Sequence[Points]:
        """Contours of a glyph in em units, y down; part: of a compound clef, see `labels`."""
        data = self._data.get(code)
        whole = _contours(data if data is not None else _font_path(self.font, code))
        return whole if not part else self._split(whole, code)[part]

    def _split(self, whole: Sequence[Points], code: int) -> dict[str, list[Points]]:
        """Clef and digit: what sticks out of the plain clef's own height is the digit.

        The plain glyph of the same font tells how high the clef alone is; a contour with
        its centre beyond that is part of the digit (its holes included).
        """
        plain = _contours(_font_path(self.font, CLEF_DIGITS[code][0]))
        ys = np.concatenate([c[:, 1] for c in plain])
        top, bottom = float(ys.min()), float(ys.max())
        parts: dict[str, list[Points]] = {"clef": [], "digit": []}
        for contour in whole:
            middle = (contour[:, 1].min() + contour[:, 1].max()) / 2
            outside = middle < top or middle > bottom
            parts["digit" if outside else "clef"].append(contour)
        return parts


@lru_cache(maxsize=1024)
def _font_path(font: str, code: int) -> str:
    """Path data of a glyph in verovio's font folder, empty where no font has it."""
    import verovio

    folder = Path(verovio.__file__).parent / "data"
    for name in (font, "Leipzig", "Bravura"):
        file = folder / name / f"{code:04X}.xml"
        if file.is_file():
            root = etree.fromstring(file.read_bytes())
            path = next((e for e in root.iter() if e.get("d")), None)
            return "" if path is None else str(path.get("d"))
    return ""
