"""What an engraved page is made of: shapes, each knowing the element that it belongs to.

Coordinates are verovio's own unit (a tenth of a pixel at scale 100), x right, y down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from deepscores_tools.engraving.outlines import Points

STAFF_SPACE = 180.0
"""Distance of two staff lines in verovio units."""


@dataclass(slots=True, eq=False)
class Element:
    """One <g>: the MEI element's name, its id, its data-* attributes, its parent."""

    name: str
    id: str
    data: Mapping[str, str]
    parent: Element | None

    def within(self, *names: str) -> Element | None:
        """The nearest element of one of these names, itself included."""
        here: Element | None = self
        while here is not None and here.name not in names:
            here = here.parent
        return here


def data_of(node: etree._Element) -> dict[str, str]:
    """The data-* attributes of an SVG's node, without that prefix."""
    return {str(k)[5:]: str(v) for k, v in node.attrib.items() if str(k).startswith("data-")}


@dataclass(slots=True, eq=False)
class Shape:
    """Something drawn directly under an element."""

    element: Element


@dataclass(slots=True, eq=False)
class Glyph(Shape):
    """A music glyph: SMuFL code point, position of its origin, scale of the 1000-unit em.

    turn: degrees clockwise about the origin (wiggly lines are set level, then turned).
    """

    code: int
    x: float
    y: float
    sx: float
    sy: float
    turn: float = 0.0


@dataclass(slots=True, eq=False)
class Drawing(Shape):
    """Lines and areas: contours, filled or not, and stroked with a pen of some width or not."""

    contours: list[Points]
    filled: bool
    closed: bool
    pen: float = 0.0
    square: bool = False
    dash: tuple[float, ...] = ()


@dataclass(slots=True, eq=False)
class Text(Shape):
    """A run of text in one style, or one music character.

    anchor: start, middle or end of the whole line of runs; line: what line it belongs to.
    """

    text: str
    x: float
    y: float
    size: float
    bold: bool
    italic: bool
    anchor: str
    line: int


@dataclass(slots=True, eq=False)
class Sheet:
    """One page: its size in verovio units, and everything drawn on it in drawing order."""

    width: float
    height: float
    shapes: list[Shape]


def is_music(text: str) -> bool:
    """Whether text consists of music characters: SMuFL's private code points."""
    text = text.strip()
    return bool(text) and all("\ue000" <= c <= "\uf8ff" for c in text)
