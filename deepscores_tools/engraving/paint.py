"""Marks painted: every mark once into a crop of its own, the page as the maximum of the crops.

Masks, boxes and the page therefore agree by construction: a symbol's mask is where its crop
has at least `INK` coverage, its box the extent of that mask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.engraving.glyphs import Glyphs
from deepscores_tools.engraving.label_rules import Mark
from deepscores_tools.engraving.outlines import dashes, fill, forward, stroke, turned
from deepscores_tools.engraving.raster import EMPTY, INK, Alpha, Crop, Edges, merged, rasterise
from deepscores_tools.engraving.shapes import Drawing, Glyph, Text
from deepscores_tools.engraving.words import Words
from deepscores_tools.symbols import Attribute, Box, Symbol

PHASES = 4
"""Glyphs are set to quarters of a pixel, so that equal ones share a crop."""

THINNEST = 1.05
"""Pen width in pixels below which a line could vanish from its own mask."""


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """A mask, its corner x, y within a crop, and how many pixels it has."""

    x: int
    y: int
    mask: NDArray[np.bool_]
    area: int


GlyphKey = tuple[int, str, float, float, float, int, int]


class Painter:
    """Paints the marks of one page.

    scale: pixels per verovio unit; family: of the words; fingerings: theirs.
    """

    def __init__(self, glyphs: Glyphs, scale: float, family: str, fingerings: str) -> None:
        self.glyphs = glyphs
        self.scale = scale
        self.words = Words(glyphs, scale, family, fingerings)

    def crops(self, marks: Sequence[Mark]) -> list[Crop]:
        """One crop for each mark, in order."""
        keys: dict[GlyphKey, int] = {}
        outlines: list[Edges] = []
        drawn: list[int | None] = []
        placed: list[list[tuple[int, int, int]]] = []
        for mark in marks:
            glyphs = [s for s in mark.shapes if isinstance(s, Glyph)]
            placed.append([self._place(g, mark.part, keys, outlines) for g in glyphs])
            edges = [self._edges(s) for s in mark.shapes if isinstance(s, Drawing)]
            drawn.append(len(outlines) if edges else None)
            if edges:
                outlines.append(np.concatenate(edges))
        filled = rasterise(outlines)
        for key, k in keys.items():
            if key[1] == "digit":
                filled[k] = _difference(filled[k], filled[keys[(key[0], "clef", *key[2:])]])
        texts = [s for mark in marks for s in mark.shapes if isinstance(s, Text)]
        words = self.words.crops(texts)
        result = []
        for mark, places, own in zip(marks, placed, drawn, strict=True):
            parts = [filled[k].moved(dx, dy) for k, dx, dy in places]
            parts += [filled[own]] if own is not None else []
            parts += [words[id(s)] for s in mark.shapes if isinstance(s, Text)]
            result.append(merged(parts) if parts else EMPTY)
        return result

    def _place(
        self, glyph: Glyph, part: str, keys: dict[GlyphKey, int], outlines: list[Edges]
    ) -> tuple[int, int, int]:
        """Number of the glyph's outline (made if new) and whole pixels to move it by."""
        x, y = round(glyph.x * self.scale * PHASES), round(glyph.y * self.scale * PHASES)
        key = (glyph.code, part, glyph.sx, glyph.sy, glyph.turn, x % PHASES, y % PHASES)
        if part == "digit":
            self._place(glyph, "clef", keys, outlines)
        if key not in keys:
            keys[key] = len(outlines)
            size = np.array([glyph.sx, glyph.sy]) * self.scale
            phase = np.array([x % PHASES, y % PHASES]) / PHASES
            contours = [c * size for c in self.glyphs.contours(glyph.code, part)]
            if glyph.turn:
                contours = [turned(c, glyph.turn) for c in contours]
            contours = [c + phase for c in contours]
            outlines.append(fill(contours))
        return keys[key], x // PHASES, y // PHASES

    def _edges(self, shape: Drawing) -> Edges:
        contours = [c * self.scale for c in shape.contours]
        parts: list[Edges] = []
        if shape.filled:
            parts.append(fill([forward(c) for c in contours]))
        if shape.pen > 0:
            pen = max(shape.pen * self.scale, 0.0 if shape.filled else THINNEST)
            for contour in contours:
                line = np.vstack([contour, contour[:1]]) if shape.closed else contour
                pieces = [line]
                if shape.dash and len(line) == 2:
                    pieces = dashes(line[0], line[1], [d * self.scale for d in shape.dash])
                parts += [stroke(p, pen, square=shape.square) for p in pieces]
        return np.concatenate(parts) if parts else np.zeros((0, 4))


def _difference(whole: Crop, part: Crop) -> Crop:
    """What the whole shows beyond the part; edges that differ by a trace are left out."""
    height, width = whole.alpha.shape
    under = np.zeros((height + 2, width + 2), np.uint8)  # room for rounding at the borders
    x, y = part.x - whole.x + 1, part.y - whole.y + 1
    alpha = part.alpha[max(0, -y) : height + 2 - y, max(0, -x) : width + 2 - x]
    x, y = max(0, x), max(0, y)
    under[y : y + alpha.shape[0], x : x + alpha.shape[1]] = alpha
    beyond = whole.alpha.astype(np.int16) - under[1:-1, 1:-1] > 48
    count, labels, stats, _ = cv2.connectedComponentsWithStats(beyond.astype(np.uint8))
    if count > 1:
        areas = stats[:, cv2.CC_STAT_AREA]
        large = areas >= 0.15 * areas[1:].max()
        large[0] = False
        beyond = large[labels]
    return Crop(whole.x, whole.y, np.where(beyond, whole.alpha, 0).astype(np.uint8))


class InkTable:
    """The ink of crops on a page of this size; crops of one glyph share the work."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._known: dict[int, Ink | None] = {}

    def symbols(
        self,
        marks: Sequence[Mark],
        crops: Sequence[Crop],
        attributes: Callable[[Mark], Mapping[str, Attribute]],
    ) -> list[Symbol]:
        """The symbols that named marks show on the page.

        Where two voices share a symbol, that is of one class at one place, it is one symbol,
        with the ink of both.
        """
        found: dict[tuple[str, Box], Symbol] = {}
        for mark, crop in zip(marks, crops, strict=True):
            if mark.name is None:
                continue
            symbol = self._symbol(mark.name, crop, attributes(mark))
            if symbol is None:
                continue
            shared = found.setdefault((symbol.name, symbol.box), symbol)
            if shared.mask is not None and symbol.mask is not None and shared is not symbol:
                mask = shared.mask | symbol.mask
                area = int(np.count_nonzero(mask))
                found[symbol.name, symbol.box] = replace(shared, mask=mask, ink_area=area)
        return list(found.values())

    def _symbol(self, name: str, crop: Crop, attributes: Mapping[str, Attribute]) -> Symbol | None:
        """The symbol a crop shows on the page, None where it has no ink there."""
        (width, height), (h, w) = self._size, crop.alpha.shape
        if crop.x < 0 or crop.y < 0 or crop.x + w > width or crop.y + h > height:
            x0, y0 = max(0, -crop.x), max(0, -crop.y)
            alpha = crop.alpha[y0 : max(0, height - crop.y), x0 : max(0, width - crop.x)]
            crop, ink = Crop(crop.x + x0, crop.y + y0, alpha), trimmed(alpha)
        else:
            key = id(crop.alpha)
            if key not in self._known:
                self._known[key] = trimmed(crop.alpha)
            ink = self._known[key]
        if ink is None:
            return None
        x, y = crop.x + ink.x, crop.y + ink.y
        return Symbol(
            name=name,
            box=Box(x, y, x + ink.mask.shape[1], y + ink.mask.shape[0]),
            mask=ink.mask,
            ink_area=ink.area,
            attributes=attributes,
        )


def trimmed(alpha: Alpha) -> Ink | None:
    """The pixels of a crop that belong to its symbol, None where there are none."""
    mask = alpha >= INK
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return None
    left, top = int(columns[0]), int(rows[0])
    mask = mask[top : rows[-1] + 1, left : columns[-1] + 1].copy()
    return Ink(left, top, mask, int(np.count_nonzero(mask)))


def flattened(crops: Sequence[Crop], width: int, height: int) -> NDArray[np.uint8]:
    """The page in gray, uint8, shape (height, width), paper 255, ink 0."""
    ink = np.zeros((height, width), np.uint8)
    for crop in crops:
        h, w = crop.alpha.shape
        x0, y0 = max(0, crop.x), max(0, crop.y)
        x1, y1 = min(width, crop.x + w), min(height, crop.y + h)
        if x1 > x0 and y1 > y0:
            view = ink[y0:y1, x0:x1]
            part = crop.alpha[y0 - crop.y : y1 - crop.y, x0 - crop.x : x1 - crop.x]
            np.maximum(view, part, out=view)
    return 255 - ink
