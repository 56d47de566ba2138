"""One page of tagged SVG to symbols and a picture, with the engraver's own painter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.engraving.glyphs import Glyphs
from deepscores_tools.engraving.label_rules import Mark
from deepscores_tools.engraving.paint import InkTable, Painter, flattened
from deepscores_tools.engraving.raster import Crop
from deepscores_tools.engraving.shapes import Drawing
from deepscores_tools.errors import InputError
from deepscores_tools.lilypond.labels import label
from deepscores_tools.lilypond.svg import read_svg
from deepscores_tools.note_attributes import STAFF_POSITION
from deepscores_tools.symbols import Attribute, Page

RESOLUTION = 10.0  # pixels to a millimetre: a page of A4 is 2100 x 2970
FAMILY = "stix"  # of words and of digits that LilyPond writes as text


def read_page(file: Path) -> Page:
    """The symbols of one page of LilyPond's SVG, with masks. Raises InputError."""
    marks, crops, (width, height), scale = _painted(file)
    return Page(
        name=f"{file.stem}.png",
        width=width,
        height=height,
        symbols=InkTable(width, height).symbols(marks, crops, _attributes),
        interline=_interline(marks, scale),
        dpi=RESOLUTION * 25.4,
        image=file,
        source=file.name,
        attributes={"font": "Emmentaler"},
    )


def draw_page(file: Path) -> NDArray[np.uint8]:
    """The picture of that page: gray, uint8 (height, width), paper 255. Raises InputError."""
    _, crops, (width, height), _ = _painted(file)
    return flattened(crops, width, height)


def _attributes(mark: Mark) -> Mapping[str, Attribute]:
    place = mark.staff_position
    return {} if place is None else {STAFF_POSITION: place}


def _painted(file: Path) -> tuple[list[Mark], list[Crop], tuple[int, int], float]:
    sheet, millimetres = read_svg(file)
    scale = millimetres * RESOLUTION
    try:
        marks = label(sheet)
    except (ValueError, OverflowError) as error:
        raise InputError(file, f"a tag is not as tags.ily writes it: {error}") from error
    if not any(shape.element.name for mark in marks for shape in mark.shapes
               if shape.element.parent is not None):  # fmt: skip
        raise InputError(file, "its shapes say not what they are; make it with tags.ily")
    crops = Painter(Glyphs("", ""), scale, FAMILY, FAMILY).crops(marks)
    return marks, crops, (round(sheet.width * scale), round(sheet.height * scale)), scale


def _interline(marks: list[Mark], scale: float) -> float | None:
    """Median distance of staff lines over the page's staves, in pixels."""
    gaps: list[float] = []
    for mark in marks:
        if mark.name == "staff":
            lines = [s.contours[0][0, 1] for s in mark.shapes if isinstance(s, Drawing)]
            gaps += list(np.diff(sorted(lines)))
    return float(np.median(gaps)) * scale if gaps else None
