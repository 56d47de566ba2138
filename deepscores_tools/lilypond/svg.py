"""LilyPond's SVG as a flat list of drawn shapes, each knowing the grob it belongs to.

Only what LilyPond's own SVG backend writes is read: path, polygon, rect, line, circle, ellipse
and text within nested g and a. The unit is that of the file's viewBox, the staff space of a
staff of normal size; glyphs are drawings like all others, with their holes.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from deepscores_tools.engraving.outlines import Points, ellipse, parse_path
from deepscores_tools.engraving.shapes import Drawing, Element, Sheet, Text, data_of
from deepscores_tools.errors import InputError, reason

PIXELS_PER_UNIT = 20.0  # curves are flattened for about this size
MILLIMETRES = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72, "px": 25.4 / 96}
LARGEST_MM = 1500.0  # A0 is 1189 high
LARGEST = 1e5  # of any number; a page is some hundreds of units wide
LARGEST_SCALE = 100.0  # LilyPond reduces its glyphs, to 0.004
SHORTEST_DASH = 1e-3

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBERS = re.compile(_NUMBER)
_TRANSFORM = re.compile(r"(translate|scale|rotate)\(([^)]*)\)")
_LENGTH = re.compile(rf"({_NUMBER})\s*(mm|cm|in|pt|px)?$")
_WHITE = re.compile(r"rgb\(100(?:\.0+)?%,\s*100(?:\.0+)?%,\s*100(?:\.0+)?%\)|#fff(?:fff)?|white")

Matrix = NDArray[np.float64]


def read_svg(file: Path) -> tuple[Sheet, float]:
    """What one page draws, and millimetres to a unit. Raises InputError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(file.read_bytes(), parser)
        if root.getroottree().docinfo.internalDTD is not None:
            raise InputError(file, "has a DOCTYPE, which LilyPond's SVG has not; remove it")
    except OSError as error:
        raise InputError(file, f"cannot be read ({reason(error)})") from error
    except etree.XMLSyntaxError as error:
        raise InputError(file, f"is no whole SVG: {error.msg}") from error
    try:
        view = _numbers(root.get("viewBox", ""))
    except ValueError as error:
        raise InputError(file, f"its page has no size: {error}") from error
    length = _LENGTH.match(root.get("width", ""))
    if len(view) != 4 or min(view[2:]) <= 0 or length is None:
        raise InputError(file, "its page has no size; make it with LilyPond's SVG backend")
    width = float(length[1]) * MILLIMETRES[length[2] or "px"]
    if not 0 < width <= LARGEST_MM or not 0.01 <= view[3] / view[2] <= 100:
        raise InputError(file, f"its page is {width:g} mm wide; no such paper")
    reader = _Reader(max(view[2:]))
    start = np.array([[1.0, 0.0, -view[0]], [0.0, 1.0, -view[1]]])
    try:
        reader.group(root, Element("page", "", {}, None), start)
    except (ValueError, IndexError) as error:
        raise InputError(file, f"has a shape that is not as LilyPond writes it: {error}") from error
    return Sheet(view[2], view[3], list(reader.shapes)), width / view[2]


class _Reader:
    def __init__(self, page: float) -> None:
        """page: the longer side of the page in units; nothing is drawn far outside of it."""
        self.page = page
        self.shapes: list[Drawing | Text] = []
        self.lines = 0

    def group(self, node: etree._Element, grob: Element, matrix: Matrix) -> None:
        """All that is drawn under a node. matrix: (2, 3), from its coordinates to the page's."""
        for child in node:
            tag = etree.QName(child).localname
            if _WHITE.fullmatch(child.get("color", child.get("fill", ""))):
                continue  # paper put under symbols
            inner = _joined(matrix, child.get("transform", ""))
            if tag == "g":
                below = Element(child.get("class", ""), "", data_of(child), grob)
                self.group(child, below if below.name else grob, inner)
            elif tag == "a":
                self.group(child, grob, inner)
            elif tag == "text":
                self._text(child, grob, inner)
            elif (contours := _contours(tag, child)) is not None:
                self._draw(tag, child, grob, [_placed(c, inner) for c in contours], inner)

    def _draw(
        self, tag: str, node: etree._Element, grob: Element, contours: list[Points], matrix: Matrix
    ) -> None:
        size = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
        line = tag == "line" or (tag == "path" and node.get("fill") == "none")
        stroked = node.get("stroke", "none") != "none"
        pen = _number(node, "stroke-width", "1" if stroked else "0") * size
        dash = tuple(d * size for d in _numbers(node.get("stroke-dasharray", "")))
        self._require_near([*contours, np.full((1, 2), pen)])
        if dash and sum(dash) < SHORTEST_DASH:
            raise ValueError("dashes without length")
        square = node.get("stroke-linecap") in ("round", "square")
        if not line and not stroked:
            contours = _seamed(contours)
        if contours:
            self.shapes.append(
                Drawing(grob, contours, not line, not line, pen if stroked else 0.0, square, dash)
            )

    def _require_near(self, contours: list[Points]) -> None:
        for points in contours:
            if not (np.abs(points) <= 10 * self.page).all():  # NaN fails too
                raise ValueError("it lies far outside the page")

    def _text(self, node: etree._Element, grob: Element, matrix: Matrix) -> None:
        self.lines += 1
        x, y = _placed(np.array([[0.0, 0.0]]), matrix)[0]
        scale = math.sqrt(abs(np.linalg.det(matrix[:, :2])))
        size = _number(node, "font-size", "2") * scale
        self._require_near([np.array([[x, y], [size, size]])])
        bold, italic = node.get("font-weight") == "bold", node.get("font-style") == "italic"
        content = "".join(str(t) for t in node.itertext()).strip("\n")
        single = grob.name in _DIGITS  # each is a symbol of its own
        for part in content if single else [content]:
            if part.strip():
                anchor = node.get("text-anchor", "start")
                self.shapes.append(
                    Text(grob, part, float(x), float(y), size, bold, italic, anchor, self.lines)
                )


_DIGITS = {"TupletNumber", "Fingering"}


def _contours(tag: str, node: etree._Element) -> list[Points] | None:
    """The outlines of a shape, each (N, 2), in its own coordinates; None for other elements."""
    if tag == "path":
        across = _joined(np.eye(2, 3), node.get("transform", ""))
        scale = math.sqrt(abs(float(np.linalg.det(across[:, :2]))))
        _numbers(node.get("d", ""))  # none is absurd
        return parse_path(node.get("d", ""), PIXELS_PER_UNIT * scale)
    if tag == "polygon":
        return [np.array(_numbers(node.get("points", ""))).reshape(-1, 2)]
    if tag == "rect":
        x, y, w, h = (_number(node, k) for k in ("x", "y", "width", "height"))
        return [np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])]
    if tag == "line":
        x0, y0, x1, y1 = (_number(node, k) for k in ("x1", "y1", "x2", "y2"))
        return [np.array([[x0, y0], [x1, y1]])]
    if tag in ("circle", "ellipse"):
        rx, ry = (_number(node, k, node.get("r", "0")) for k in ("rx", "ry"))
        return [ellipse(_number(node, "cx"), _number(node, "cy"), rx, ry)]
    return None


def _seamed(contours: list[Points]) -> list[Points]:
    """The contours of a glyph as one, by seams there and back that enclose nothing.

    Whatever way the one is turned round, holes stay holes.
    """
    if len(contours) < 2:
        return contours
    start = contours[0][:1]
    parts = [part for c in contours for part in (c, c[:1], start)]
    return [np.concatenate(parts)]


def _joined(outer: Matrix, transform: str) -> Matrix:
    """A node's own transform, then the outer one, as (2, 3)."""
    matrix = outer
    for kind, text in _TRANSFORM.findall(transform):
        n = _numbers(text)
        own = np.eye(3)
        if kind == "translate":
            own[:2, 2] = n[0], n[1] if len(n) > 1 else 0.0
        elif kind == "scale":
            if max(map(abs, n)) > LARGEST_SCALE:
                raise ValueError(f"scaled by {max(map(abs, n)):g}")
            own[0, 0], own[1, 1] = n[0], n[1] if len(n) > 1 else n[0]
        else:
            angle = math.radians(n[0])
            own[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
            if len(n) > 2:
                centre = np.array(n[1:3])
                own[:2, 2] = centre - own[:2, :2] @ centre
        matrix = matrix @ own
    return matrix


def _placed(points: Points, matrix: Matrix) -> Points:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float64)


def _number(node: etree._Element, key: str, default: str = "0") -> float:
    number = float(node.get(key, default))
    if not abs(number) <= LARGEST:  # NaN fails too
        raise ValueError(f"{key} of {number:g}")
    return number


def _numbers(text: str) -> list[float]:
    numbers = [float(n) for n in _NUMBERS.findall(text)]
    if any(abs(n) > LARGEST for n in numbers):
        raise ValueError(f"a number of {max(map(abs, numbers)):g}")
    return numbers
