"""SVG path data, polygons and strokes as outlines (directed edges, see `raster`).

All functions work in the unit of their input; a path is flattened finely enough for the
scale that the caller names (pixels per unit).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.engraving.raster import Edges

Points = NDArray[np.float64]
_TOKEN = re.compile(r"[MmLlHhVvCcSsQqTtZz]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "Z": 0}


def parse_path(data: str, scale: float) -> list[Points]:
    """The contours of SVG path data, each a flattened polyline of shape (N, 2)."""
    contours: list[Points] = []
    points: list[tuple[float, float]] = []
    x = y = 0.0
    control = (0.0, 0.0)
    for command, numbers in _commands(data):
        kind, relative = command.upper(), command.islower()
        if kind == "Z":
            if points:
                x, y = points[0]
            continue
        if kind == "H":
            numbers = [numbers[0], 0.0 if relative else y]
        elif kind == "V":
            numbers = [0.0 if relative else x, numbers[0]]
        pairs = [
            (a + x, b + y) if relative else (a, b)
            for a, b in zip(numbers[::2], numbers[1::2], strict=True)
        ]
        if kind == "M":
            _close(contours, points)
            points = [pairs[0]]
        elif kind in "LHV":
            points.append(pairs[0])
        else:
            if kind in "ST":
                pairs = [(2 * x - control[0], 2 * y - control[1]), *pairs]
            control = pairs[-2]
            points.extend(_curve([(x, y), *pairs], scale))
        x, y = pairs[-1]
        if kind not in "CSQT":
            control = (x, y)
    _close(contours, points)
    return contours


def _close(contours: list[Points], points: list[tuple[float, float]]) -> None:
    if len(points) > 1:
        contours.append(np.array(points, np.float64))


def _commands(data: str) -> list[tuple[str, list[float]]]:
    commands: list[tuple[str, list[float]]] = []
    command, numbers = "M", list[float]()
    for token in _TOKEN.findall(data):
        if token.isalpha():
            command, numbers = token, []
            if token in "Zz":
                commands.append((token, []))
            continue
        numbers.append(float(token))
        if len(numbers) == _ARGUMENTS[command.upper()]:
            commands.append((command, numbers))
            numbers = []
            command = {"M": "L", "m": "l"}.get(command, command)
    return commands


def _curve(points: Sequence[tuple[float, float]], scale: float) -> list[tuple[float, float]]:
    """A quadratic or cubic Bezier curve without its first point."""
    p = np.array(points, np.float64)
    length = float(np.hypot(*np.diff(p, axis=0).T).sum()) * scale
    steps = int(min(32, max(3, math.ceil(1.6 * math.sqrt(length)))))
    t = np.linspace(0, 1, steps + 1)[1:, None]
    s = 1 - t
    if len(p) == 3:
        curve = s * s * p[0] + 2 * s * t * p[1] + t * t * p[2]
    else:
        curve = s**3 * p[0] + 3 * s * s * t * p[1] + 3 * s * t * t * p[2] + t**3 * p[3]
    return [(float(a), float(b)) for a, b in curve]


def fill(contours: Sequence[Points]) -> Edges:
    """The edges of closed contours, directions kept."""
    if not contours:
        return np.zeros((0, 4))
    starts = np.concatenate(contours)
    ends = np.concatenate([part for c in contours for part in (c[1:], c[:1])])
    return np.concatenate([starts, ends], axis=1)


def forward(contour: Points) -> Points:
    """The contour with its enclosed area positive, so that pieces add up and never cancel."""
    x, y = contour[:, 0], contour[:, 1]
    area = float(x[:-1] @ y[1:] - x[1:] @ y[:-1] + x[-1] * y[0] - x[0] * y[-1])
    return contour if area >= 0 else contour[::-1]


_TURN = np.arange(8) * (math.pi / 4)
_RING = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)


def stroke(contour: Points, width: float, *, square: bool = False) -> Edges:
    """A polyline drawn with a pen: one box a segment, a small octagon at each joint.

    All pieces enclose positive area, see `forward`. square: the ends stick out by half a pen.
    """
    half = width / 2
    if len(contour) == 2:
        (x0, y0), (x1, y1) = contour.tolist()
        return _line(x0, y0, x1, y1, half, half if square else 0.0)
    steps = contour[1:] - contour[:-1]
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    along = steps * (half / np.maximum(lengths, 1e-9))[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    a, b = contour[:-1].copy(), contour[1:].copy()
    if square:
        a[0] -= along[0]
        b[-1] += along[-1]
    pieces = np.stack([a - across, b - across, b + across, a + across], axis=1)[lengths > 1e-9]
    edges = [np.concatenate([pieces, np.roll(pieces, -1, axis=1)], axis=2).reshape(-1, 4)]
    if len(contour) > 2:
        rings = contour[1:-1, None, :] + _RING * half
        edges.append(np.concatenate([rings, np.roll(rings, -1, axis=1)], axis=2).reshape(-1, 4))
    return np.concatenate(edges)


def _line(x0: float, y0: float, x1: float, y1: float, half: float, beyond: float) -> Edges:
    """A straight line drawn with a pen, as `stroke` does it, for the many there are of these."""
    length = math.hypot(x1 - x0, y1 - y0)
    if length <= 1e-9:
        return np.zeros((0, 4))
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    dx, dy = -uy * half, ux * half
    x0, y0, x1, y1 = x0 - ux * beyond, y0 - uy * beyond, x1 + ux * beyond, y1 + uy * beyond
    ax, ay, bx, by = x0 - dx, y0 - dy, x1 - dx, y1 - dy
    cx, cy, ex, ey = x1 + dx, y1 + dy, x0 + dx, y0 + dy
    return np.array([(ax, ay, bx, by), (bx, by, cx, cy), (cx, cy, ex, ey), (ex, ey, ax, ay)])


def dashes(a: Points, b: Points, pattern: Sequence[float]) -> list[Points]:
    """The drawn pieces of a dashed straight line from a to b."""
    length = float(np.hypot(*(b - a)))
    on, off = pattern[0], pattern[-1]
    if length == 0 or on + off <= 0:
        return [np.stack([a, b])]
    pieces = []
    for start in np.arange(0.0, length, on + off):
        stop = min(start + on, length)
        pieces.append(np.stack([a + (b - a) * start / length, a + (b - a) * stop / length]))
    return pieces


def ellipse(cx: float, cy: float, rx: float, ry: float) -> Points:
    """An ellipse as a polygon of 24 corners."""
    turn = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    return np.stack([cx + rx * np.cos(turn), cy + ry * np.sin(turn)], axis=1)


def turned(points: Points, degrees: float) -> Points:
    """Points turned clockwise (as seen, y down) about the origin."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = np.array([[cos, sin], [-sin, cos]])
    return np.asarray(points @ matrix, np.float64)
