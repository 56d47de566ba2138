"""One score to pages: verovio sets the music, we read its SVG, label it and paint it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.engraving.glyphs import Glyphs
from deepscores_tools.engraving.labels import label
from deepscores_tools.engraving.paint import Painter, compose, symbol_of
from deepscores_tools.engraving.shapes import STAFF_SPACE
from deepscores_tools.engraving.style import ATTRIBUTES, Style
from deepscores_tools.engraving.svg import read_svg
from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Page, Symbol


@dataclass(frozen=True, slots=True, eq=False)
class RenderedPage:
    """A page with its picture: gray uint8, shape (height, width), paper 255."""

    page: Page
    gray: NDArray[np.uint8]


class Score:
    """A score laid out by verovio in one style. data: a file, or MEI or MusicXML text."""

    def __init__(self, data: Path | str, style: Style, seed: int = 1) -> None:
        import verovio

        verovio.enableLog(verovio.LOG_OFF)
        self.style = style
        self._where = data if isinstance(data, Path) else "composed music"
        self._toolkit = verovio.toolkit()
        options = {
            **style.options,
            "breaks": "auto",
            "dynamSingleGlyphs": True,
            "smuflTextFont": "none",
            "svgFormatRaw": True,
            "svgAdditionalAttribute": list(ATTRIBUTES),
            "xmlIdSeed": 1 + seed % 2_000_000_000,
        }
        self._toolkit.setOptions(options)
        with silenced():
            if isinstance(data, Path):
                loaded = self._toolkit.loadFile(str(data))
            else:
                loaded = self._toolkit.loadData(data)
        self.pages: int = self._toolkit.getPageCount() if loaded else 0
        if not self.pages:
            raise InputError(
                self._where,
                "verovio cannot read this score; give MusicXML, MEI or Humdrum",
            )

    def render(self, number: int, name: str) -> RenderedPage:
        """Page `number` (from 1) under a file name."""
        with silenced():
            svg = self._toolkit.renderToSVG(number)
        rendered = render_svg(svg, self.style, name, number)
        if not rendered.page.symbols:
            raise InputError(self._where, f"page {number} shows no music; is the file whole?")
        return rendered


def render_svg(svg: str, style: Style, name: str, number: int = 1) -> RenderedPage:
    """One page of verovio's SVG as labelled symbols and a picture."""
    scale = style.interline / STAFF_SPACE
    marks = label(read_svg(svg))
    painter = Painter(Glyphs(svg, style.font), scale, style.text_family)
    crops = painter.crops(marks)
    symbols: list[Symbol] = []
    for mark, crop in zip(marks, crops, strict=True):
        if mark.name is not None:
            symbol = symbol_of(mark.name, crop, style.width, style.height, len(symbols) + 1)
            if symbol is not None:
                symbols.append(symbol)
    gray = compose(crops, style.width, style.height)
    page = Page(
        name=name,
        width=style.width,
        height=style.height,
        symbols=symbols,
        interline=style.interline,
        source_page=number,
        attributes={"font": style.font},
    )
    return RenderedPage(page, gray)


@contextmanager
def silenced() -> Iterator[None]:
    """Send the standard error stream of C++ code away for a moment."""
    sys.stderr.flush()
    saved = os.dup(2)
    void = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(void, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(void)
