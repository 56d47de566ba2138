"""One score to pages: verovio sets the music, we read its SVG, label it and paint it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.engraving.glyphs import Glyphs
from deepscores_tools.engraving.hand import engraved_by
from deepscores_tools.engraving.label_rules import Mark
from deepscores_tools.engraving.labels import label
from deepscores_tools.engraving.note_times import NoteTime, note_times
from deepscores_tools.engraving.paint import InkTable, Painter, flattened
from deepscores_tools.engraving.score_files import INPUT_FROM, read_score
from deepscores_tools.engraving.shapes import STAFF_SPACE, Element
from deepscores_tools.engraving.style import ATTRIBUTES, Style
from deepscores_tools.engraving.svg import read_svg
from deepscores_tools.errors import InputError
from deepscores_tools.note_attributes import DURATION, ONSET, STAFF_POSITION
from deepscores_tools.symbols import Attribute, Page


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
        text = read_score(data) if isinstance(data, Path) else data
        suffix = data.suffix.lower() if isinstance(data, Path) else ""
        options = {
            **style.options,
            "inputFrom": INPUT_FROM.get(suffix, "auto"),
            "breaks": "auto",
            "dynamSingleGlyphs": True,
            "smuflTextFont": "none",
            "svgFormatRaw": True,
            "svgAdditionalAttribute": list(ATTRIBUTES),
            "xmlIdSeed": 1 + seed % 2_000_000_000,
        }
        self._toolkit.setOptions(options)
        self._load(text)

    def change(self, changed: Callable[[str], str]) -> None:
        """Lay the score out anew from its MEI, changed. Raises InputError."""
        self._load(changed(self._toolkit.getMEI()))

    def _load(self, text: str) -> None:
        with silenced():
            loaded = self._toolkit.loadData(text)
        self.pages: int = self._toolkit.getPageCount() if loaded else 0
        if not self.pages:
            raise InputError(
                self._where,
                "verovio cannot read this score; give MusicXML, MEI, Humdrum or ABC",
            )
        self._times = note_times(self._toolkit.getMEI())

    def render(self, number: int, name: str) -> RenderedPage:
        """Page `number` (from 1) under a file name."""
        with silenced():
            svg = self._toolkit.renderToSVG(number)
        rendered = render_svg(svg, self.style, name, number, self._times)
        if all(symbol.name == "staff" for symbol in rendered.page.symbols):
            raise InputError(self._where, f"page {number} shows no music; is the file whole?")
        return rendered


def render_svg(
    svg: str,
    style: Style,
    name: str,
    number: int = 1,
    times: Mapping[str, NoteTime] = MappingProxyType({}),
) -> RenderedPage:
    """One page of verovio's SVG as labelled symbols and a picture. times: see `note_times`."""
    scale = style.interline / STAFF_SPACE
    marks = label(read_svg(svg))
    engraved_by(style.hand, marks)
    families = style.text_family, style.fingering_family
    painter = Painter(Glyphs(svg, style.font, style.hand), scale, *families)
    crops = painter.crops(marks)
    inks = InkTable(style.width, style.height)
    symbols = inks.symbols(marks, crops, lambda mark: _attributes(mark, times))
    gray = flattened(crops, style.width, style.height)
    page = Page(
        name=name,
        width=style.width,
        height=style.height,
        symbols=symbols,
        interline=style.interline,
        source_page=number,
        attributes={"font": style.font} | ({"hand": style.hand} if style.hand else {}),
    )
    return RenderedPage(page, gray)


def _attributes(mark: Mark, times: Mapping[str, NoteTime]) -> dict[str, Attribute]:
    """What a mark means: its onset, and position and duration of noteheads."""
    found: dict[str, Attribute] = {}
    element: Element | None = mark.shapes[0].element
    while element is not None and element.id not in times:
        element = element.parent
    if element is not None:
        time = times[element.id]
        found[ONSET] = time.onset
        if mark.staff_position is not None and time.duration is not None:
            found[DURATION] = time.duration
    if mark.staff_position is not None:
        found[STAFF_POSITION] = mark.staff_position
    return found


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
