"""Outlines of music glyphs: from a page's own SVG, or from the font's files for text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from deepscores_tools.engraving.glyph_classes import CLEF_DIGITS
from deepscores_tools.engraving.music_fonts import font_of, outline
from deepscores_tools.engraving.outlines import Points, parse_path
from deepscores_tools.engraving.punches import recut

_DEFINITION = re.compile(r'<g id="([0-9A-F]{4,5})-[^"]*">\s*<path[^>]* d="([^"]*)"')
PIXELS_PER_UNIT = 0.1
"""Flattening scale: a 1000-unit em is drawn about 100 px high."""


@lru_cache(maxsize=4096)
def _contours(data: str) -> tuple[Points, ...]:
    """Contours in em units, y down."""
    return tuple(c * np.array([1.0, -1.0]) for c in parse_path(data, PIXELS_PER_UNIT))


class Glyphs:
    """The glyphs that one page can draw, by SMuFL code point. hand: see `punches`."""

    def __init__(self, svg: str, font: str, hand: float = 0.0) -> None:
        defs = svg[: svg.find("</defs>")]
        self._data = {int(code, 16): d for code, d in _DEFINITION.findall(defs)}
        self.font = font
        self.hand = hand
        self._cut: dict[tuple[int, str], Sequence[Points]] = {}

    def contours(self, code: int, part: str = "") -> Sequence[Points]:
        """Contours of a glyph in em units, y down.

        part "clef": of a compound clef the plain clef it is built on, which every font draws
        at the same place. (The digit often shares a contour with the clef, so that contours
        cannot be sorted; `paint` takes it as the difference of the two.)
        """
        if (code, part) not in self._cut:
            self._cut[code, part] = recut(self._of_font(code, part), code, self.hand)
        return self._cut[code, part]

    def _of_font(self, code: int, part: str) -> Sequence[Points]:
        if part == "clef":
            data = outline(font_of(self.font, code), CLEF_DIGITS[code][0])
        else:
            data = self._data.get(code) or outline(self.font, code)
        return _contours(data)
