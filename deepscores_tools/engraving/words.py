"""Lines of text laid out: words in a text face, music characters between them as glyphs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from deepscores_tools.engraving.glyphs import Glyphs
from deepscores_tools.engraving.outlines import Points, fill
from deepscores_tools.engraving.raster import EMPTY, Crop, rasterise
from deepscores_tools.engraving.shapes import Text, is_music
from deepscores_tools.text_faces import Face, face

GAP = 0.125
"""Space after a music character within text, in ems: verovio's letter-spacing."""


class Words:
    """Lays out the text of one page.

    scale: pixels per verovio unit; family, fingerings: of words and of fingerings (text_faces.py).
    """

    def __init__(self, glyphs: Glyphs, scale: float, family: str, fingerings: str) -> None:
        self._glyphs = glyphs
        self._scale = scale
        self._family = family
        self._fingerings = fingerings

    def crops(self, texts: Sequence[Text]) -> dict[int, Crop]:
        """A crop for each run of text, by its `id`."""
        lines: dict[int, list[Text]] = defaultdict(list)
        for run in texts:
            lines[run.line].append(run)
        crops: dict[int, Crop] = {}
        for runs in lines.values():
            lengths = [self._length(run) for run in runs]
            x, y = runs[0].x * self._scale, runs[0].y * self._scale
            x -= {"middle": sum(lengths) / 2, "end": sum(lengths)}.get(runs[0].anchor, 0.0)
            for run, length in zip(runs, lengths, strict=True):
                crops[id(run)] = self._draw(run, x, y)
                x += length
        return crops

    def _face(self, run: Text) -> Face:
        family = self._fingerings if run.element.name == "fing" else self._family
        return face(family, max(4, round(run.size * self._scale)), run.bold, run.italic)

    def _contours(self, run: Text) -> list[Points]:
        size = run.size * self._scale / 1000
        return [c * size for c in self._glyphs.contours(ord(run.text.strip()))]

    def _length(self, run: Text) -> float:
        if not is_music(run.text):
            return self._face(run).length(run.text)
        right = max((float(c[:, 0].max()) for c in self._contours(run)), default=0.0)
        return right + GAP * run.size * self._scale

    def _draw(self, run: Text, x: float, y: float) -> Crop:
        if not is_music(run.text):
            mask, left, top = self._face(run).drawn(run.text)
            return Crop(round(x) + left, round(y) + top, mask) if mask.size else EMPTY
        contours = [c + np.array([x, y]) for c in self._contours(run)]
        return rasterise([fill(contours)])[0] if contours else EMPTY
