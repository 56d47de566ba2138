"""Pages as they are read: staff lines across and level, whatever way the page was scanned.

Ink alone tells lines that run across from lines that run down, and how far they lean; it does
not tell a page from the same page upside down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.ink import TYPICAL_INTERLINE, ink_of
from deepscores_tools.staves import Staves, find_staves, whole_staves, with_mended
from deepscores_tools.symbols import Box, Symbol

LEAST = 0.5  # of the page's width; less of staff than this in all may be a trick of other lines
LEVEL = math.radians(1.0)  # a page that leans less is left as it is
ROUGHLY = 1.35  # times; an interline that is not further off will do to make ink
THIN = 4.0  # a box this much longer than wide holds a straight line rather than a round glyph

Find = Callable[[NDArray[np.uint8]], Staves]


@dataclass(frozen=True, slots=True, eq=False)
class Upright:
    """A page turned so that its staff lines run across: gray and ink (H, W), and its staves.

    ink: at the interline that is known, or about that of the staves (see `ink_of`).
    degrees: how far it was turned clockwise, -45 < degrees <= 315; a multiple of 90 exactly, or
    one and a few degrees of skew. back: (2, 3), takes points (x, y) of `gray` to points of the
    page as it was given; x = 0 is the left edge of the leftmost pixels. size: that page's width
    and height.
    """

    gray: NDArray[np.uint8]
    ink: NDArray[np.uint8]
    staves: Staves
    degrees: float
    back: NDArray[np.float64]
    size: tuple[int, int]

    def upside_down(self) -> Upright:
        """The same page turned by another 180 degrees, the lines as level."""
        height, width = self.gray.shape
        gray, ink = (np.ascontiguousarray(x[::-1, ::-1]) for x in (self.gray, self.ink))
        half = np.array([[-1.0, 0.0, width], [0.0, -1.0, height], [0.0, 0.0, 1.0]])
        degrees = _named(self.degrees + 180)
        return Upright(gray, ink, find_staves(ink), degrees, self.back @ half, self.size)

    def as_given(self, symbols: Iterable[Symbol]) -> list[Symbol]:
        """Symbols of the upright page with their boxes on the page as it was given."""
        if not self.degrees:
            return list(symbols)
        return [replace(s, box=_moved(s.box, self.back, self.size)) for s in symbols]


def upright(gray: NDArray[np.uint8], interline: float | None = None) -> Upright:
    """The page (H, W) with its staff lines across and level; upside down it may still be.

    interline in pixels, where it is known. A page on which no staves are found stays as it is.
    """
    found = _either_way(gray, interline, whole_staves)
    if not _staff(found.staves):
        found = _either_way(gray, interline, find_staves)
    elif found.staves.broken:
        found = replace(found, staves=with_mended(found.ink, found.staves))
    lean = _lean(found.staves)
    found = _levelled(found, lean, interline) if abs(lean) > LEVEL else found
    measured = found.staves.interline
    if interline is None and measured and not 1 / ROUGHLY < measured / TYPICAL_INTERLINE < ROUGHLY:
        found = replace(found, ink=ink_of(found.gray, measured))
    return found


def _either_way(gray: NDArray[np.uint8], interline: float | None, find: Find) -> Upright:
    """The page as it is, or turned by 90 degrees where clearly more staff is found so.

    Mending may join stems of a page on its side, so whole staves are looked for first.
    """
    size = (gray.shape[1], gray.shape[0])
    ink = ink_of(gray, interline)
    found = Upright(gray, ink, find(ink), 0.0, np.eye(2, 3), size)
    if _staff(found.staves) < LEAST * gray.shape[1]:
        turned = _quarter_turn(gray, interline, find)
        if _staff(turned.staves) > max(_staff(found.staves), LEAST * gray.shape[0]):
            found = turned
    return found


def _staff(staves: Staves) -> float:
    """How much staff there is, in pixels along it."""
    return sum(staff.strength * (staff.right - staff.left) for staff in staves.staves)


def _lean(staves: Staves) -> float:
    """The angle of the staves, in radians, clockwise down: the median, long ones weigh more."""
    if not staves.staves:
        return 0.0
    angles = [math.atan2(s.lines[2, -1] - s.lines[2, 0], s.xs[-1] - s.xs[0]) for s in staves.staves]
    order = np.argsort(angles)
    weights = np.cumsum(np.array([s.right - s.left for s in staves.staves])[order])
    return float(angles[order[int(np.searchsorted(weights, weights[-1] / 2))]])


def _quarter_turn(gray: NDArray[np.uint8], interline: float | None, find: Find) -> Upright:
    turned = np.ascontiguousarray(np.rot90(gray, -1))
    back = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, gray.shape[0]]])
    ink = ink_of(turned, interline)
    return Upright(turned, ink, find(ink), 90.0, back, (gray.shape[1], gray.shape[0]))


def _levelled(page: Upright, lean: float, interline: float | None) -> Upright:
    """The page turned back by `lean` onto a sheet that holds all of it."""
    height, width = page.gray.shape
    cos, sin = math.cos(lean), math.sin(lean)
    size = np.ceil(np.abs([[cos, sin], [sin, cos]]) @ (width, height))
    rotation = np.array([[cos, -sin], [sin, cos]])  # level to leaning
    shift = np.array([width, height]) / 2 - rotation @ size / 2
    to_leaning = np.vstack((np.column_stack((rotation, shift)), (0.0, 0.0, 1.0)))
    pixels = to_leaning[:2].copy()  # OpenCV counts from the middle of the first pixel
    pixels[:, 2] += rotation @ (0.5, 0.5) - 0.5
    paper = float(np.median(page.gray[::16, ::16]))
    gray = cv2.warpAffine(
        page.gray, pixels, (int(size[0]), int(size[1])),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=paper,
    )  # fmt: skip
    level = np.asarray(gray, dtype=np.uint8)
    degrees = _named(page.degrees - math.degrees(lean))
    ink = ink_of(level, interline)
    return Upright(level, ink, find_staves(ink), degrees, page.back @ to_leaning, page.size)


def _named(degrees: float) -> float:
    """The same angle, above -45 and at most 315."""
    return round((degrees + 45) % 360 - 45, 2)


def _moved(box: Box, matrix: NDArray[np.float64], size: tuple[int, int]) -> Box:
    """The box around what fills a box, turned by a matrix (2, 3), held within a page of `size`.

    Corners of a skewed box are empty unless a straight line runs into them: a round glyph is
    taken for an ellipse. Turned by quarters, both are the box itself.
    """
    x, y = matrix @ (*box.centre, 1.0)
    shares = np.abs(matrix[:, :2]) * (box.width / 2, box.height / 2)
    thin = max(box.width, box.height) > THIN * min(box.width, box.height)
    half = shares.sum(axis=1) if thin else np.hypot(shares[:, 0], shares[:, 1])
    low = np.clip((x - half[0], y - half[1]), 0, np.subtract(size, 0.5))
    high = np.clip((x + half[0], y + half[1]), low + 0.5, size)
    return Box(*low.tolist(), *high.tolist())
