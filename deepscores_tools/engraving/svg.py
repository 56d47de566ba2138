"""Verovio's SVG as a flat list of drawn shapes, each knowing the element it belongs to.

Only what verovio writes is read: use, path, polygon, polyline, ellipse, rect, text, inside
nested g. Coordinates are kept in verovio's own unit (a tenth of a pixel at scale 100), with
the page margin added; a staff space is 180 of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from lxml import etree

from deepscores_tools.engraving.outlines import Points, ellipse, parse_path, turned
from deepscores_tools.engraving.shapes import (
    Drawing,
    Element,
    Glyph,
    Shape,
    Sheet,
    Text,
    data_of,
    is_music,
)

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_LINE = re.compile(rf"M({_NUMBER.pattern})[ ,]({_NUMBER.pattern}) ?L({_NUMBER.pattern})"
                   rf"[ ,]({_NUMBER.pattern})")  # fmt: skip
_XLINK = "{http://www.w3.org/1999/xlink}href"
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True
)


@dataclass(slots=True)
class _Style:
    """What text inherits on its way down."""

    size: float = 405.0
    bold: bool = False
    italic: bool = False
    anchor: str = "start"


_BOLD = {"ending", "fing", "reh", "tempo"}
_ITALIC = {"dir", "dynam", "mNum"}


def read_svg(svg: str) -> Sheet:
    """Read one page that verovio rendered."""
    root = etree.fromstring(svg.encode(), _PARSER)
    scale = next(e for e in root if e.get("class") == "definition-scale")
    view = _numbers(scale.get("viewBox", ""))
    margin = next(iter(scale))
    reader = _Reader(*_translation(margin.get("transform", "")))
    reader.group(margin, Element("page", "", {}, None), _Style())
    width, height = view[2], view[3]
    return Sheet(width, height, _near(reader.shapes, np.array([width, height])))


def _near(shapes: Sequence[Shape], size: Points) -> list[Shape]:
    """The shapes that lie within a page's size of the page.

    Verovio 6.4 draws a few ties to the largest integer: more than a scan line can hold.
    """
    points, owners = [np.zeros((1, 2))], [np.zeros(1, np.int64)]
    for number, shape in enumerate(shapes):
        if isinstance(shape, Drawing):
            points += shape.contours
        elif isinstance(shape, Glyph | Text):
            points.append(np.array([[shape.x, shape.y]]))
        owners += [np.full(len(p), number) for p in points[len(owners) :]]
    everywhere = np.concatenate(points)
    far = ((everywhere < -size) | (everywhere > 2 * size)).any(axis=1)
    distant = set(np.concatenate(owners)[far].tolist())
    return [shape for number, shape in enumerate(shapes) if number not in distant]


class _Reader:
    def __init__(self, dx: float, dy: float) -> None:
        self.turn, self.centre = 0.0, (0.0, 0.0)
        self.offset = np.array([dx, dy])
        self.shapes: list[Shape] = []
        self.lines = 0

    def group(self, node: etree._Element, element: Element, style: _Style) -> None:
        for child in node:
            tag = etree.QName(child).localname
            if tag == "g":
                classes = child.get("class", "").split() or ["g"]
                if "placeholder" in classes:
                    continue
                below = Element(classes[0], child.get("id", ""), data_of(child), element)
                name = classes[0]
                bold = style.bold or name in _BOLD
                italic = style.italic or name in _ITALIC
                outer = self.turn, self.centre
                if child.get("transform", "").startswith("rotate"):
                    angle, cx, cy = _numbers(child.get("transform", ""))
                    self.turn, self.centre = angle, (cx, cy)
                self.group(child, below, _Style(style.size, bold, italic))
                self.turn, self.centre = outer
            elif tag == "use":
                self.shapes.append(self.glyph(child, element))
            elif tag == "text":
                self.text(child, element, style)
            elif tag in ("path", "polygon", "polyline", "rect", "ellipse"):
                self.shapes.append(self.drawing(tag, child, element))

    def glyph(self, node: etree._Element, element: Element) -> Glyph:
        code = int(node.get(_XLINK, "#0")[1:].split("-")[0], 16)
        x, y, sx, sy = (*_numbers(node.get("transform", "")), 1.0, 1.0)[:4]
        x, y = self.placed(np.array([[x, y]]))[0]
        return Glyph(element, code, float(x), float(y), sx, sy, self.turn)

    def placed(self, points: Points) -> Points:
        """Points of the current group on the page."""
        if self.turn:
            points = turned(points - self.centre, self.turn) + self.centre
        return np.asarray(points + self.offset, np.float64)

    def drawing(self, tag: str, node: etree._Element, element: Element) -> Drawing:
        pen = float(node.get("stroke-width", "0"))
        square = node.get("stroke-linecap") in ("square", "round")
        dash = tuple(_numbers(node.get("stroke-dasharray", "")))
        filled = node.get("fill") != "none" and node.get("fill-opacity") != "0"
        closed = tag in ("polygon", "rect", "ellipse")
        if tag == "path":
            data = node.get("d", "")
            curved = "C" in data or "c" in data
            straight = _LINE.fullmatch(data)  # most paths are: staff lines, stems
            contours = (
                parse_path(data, 0.1)
                if straight is None
                else [np.array([float(n) for n in straight.groups()]).reshape(2, 2)]
            )
            filled, closed = filled and curved, curved
        elif tag in ("polygon", "polyline"):
            contours = [np.array(_numbers(node.get("points", ""))).reshape(-1, 2)]
            filled = filled and len(contours[0]) > 2
        elif tag == "rect":
            x, y, w, h = (float(node.get(k, "0")) for k in ("x", "y", "width", "height"))
            contours = [np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])]
        else:
            contours = [ellipse(*(float(node.get(k, "0")) for k in ("cx", "cy", "rx", "ry")))]
        moved = [self.placed(c) for c in contours if len(c)]
        return Drawing(element, moved, filled, closed, pen, square, dash)

    def text(self, node: etree._Element, element: Element, style: _Style) -> None:
        own = _inherit(style, node)
        own.size = style.size
        self.lines += 1
        x, y = float(node.get("x", "0")), float(node.get("y", "0"))
        self._runs(node, element, own, [x, y])

    def _runs(
        self, node: etree._Element, element: Element, style: _Style, pen: list[float]
    ) -> None:
        for child in node:
            if etree.QName(child).localname != "tspan":
                continue
            if child.get("x") is not None or child.get("y") is not None:
                self.lines += 1  # a run with its own place starts a line
                pen[0] = float(child.get("x", pen[0]))
                pen[1] = float(child.get("y", pen[1]))
            own = _inherit(style, child)
            if child.text and child.text.strip("\n"):
                text = child.text.replace("\xa0", " ")
                for run in text.strip() if is_music(text) else [text]:
                    self.shapes.append(self._text(element, run, own, pen))
            self._runs(child, element, own, pen)

    def _text(self, element: Element, text: str, style: _Style, pen: list[float]) -> Text:
        x, y = pen[0] + self.offset[0], pen[1] + self.offset[1]
        return Text(
            element, text, x, y, style.size, style.bold, style.italic, style.anchor, self.lines
        )


def _inherit(style: _Style, node: etree._Element) -> _Style:
    size = _numbers(node.get("font-size", ""))
    weight, slant = node.get("font-weight"), node.get("font-style")
    return _Style(
        size[0] if size and size[0] > 0 else style.size,
        style.bold if weight is None else weight == "bold",
        style.italic if slant is None else slant == "italic",
        node.get("text-anchor", style.anchor),
    )


def _numbers(text: str) -> list[float]:
    return [float(n) for n in _NUMBER.findall(text)]


def _translation(transform: str) -> tuple[float, float]:
    numbers = _numbers(transform)
    return (numbers[0], numbers[1]) if len(numbers) >= 2 else (0.0, 0.0)
