"""Pages as a network sees them: at the size that it is trained for, without the blank around."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .config import MULTIPLE
from .found import Found

DARKEST_BLANK = 64  # of 255; what is no darker around the music is no ink


@dataclass(frozen=True, slots=True)
class View:
    """What a network takes of a page: ink (H, W), sides multiples of MULTIPLE.

    corner: (x, y) of its upper left in the scaled page; larger: (x, y), a pixel of the scaled
    page in pixels of the page.
    """

    ink: NDArray[np.uint8]
    corner: tuple[int, int]
    larger: tuple[float, float]

    def on_page(self, found: Found) -> Found:
        """What was found on `ink`, on the page."""
        moved = found.moved(*self.corner)
        return Found(moved.boxes * np.tile(self.larger, 2), moved.labels, moved.scores)


def view_of(ink: NDArray[np.uint8], of: float, to: float) -> View:
    """The ink (H, W) of a page scaled from an interline of `of` pixels to one of `to`.

    Paper around the ink is left out but for MULTIPLE pixels and what the network's grid needs:
    margins and the rest of half-empty pages cost nothing.
    """
    small = at_interline(ink, of, to)
    larger = np.divide(ink.shape, small.shape)[::-1]
    rows, columns = (_inked(small.max(axis=axis)) for axis in (1, 0))
    part = small[rows, columns]
    return View(padded(part), (columns.start, rows.start), (float(larger[0]), float(larger[1])))


def padded(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Ink (H, W) with paper to the right and below, its sides multiples of MULTIPLE."""
    return np.pad(ink, [(0, -side % MULTIPLE) for side in ink.shape])


def _inked(darkest: NDArray[np.uint8]) -> slice:
    """The stretch of a side that holds its ink, MULTIPLE pixels before and after included."""
    places = np.flatnonzero(darkest > DARKEST_BLANK)
    if not len(places):
        return slice(0, 1)
    start = max(int(places[0]) - MULTIPLE, 0) // MULTIPLE * MULTIPLE  # the grid stays in place
    return slice(start, min(int(places[-1]) + 1 + MULTIPLE, len(darkest)))


def at_interline(ink: NDArray[np.uint8], of: float, to: float) -> NDArray[np.uint8]:
    """Ink (H, W) scaled from an interline of `of` pixels to one of `to`.

    Sides are whole pixels, at least 1: what lies on the result is brought back by its shape.
    """
    scale = to / of
    size = [max(round(side * scale), 1) for side in ink.shape[::-1]]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, size, interpolation=method), np.uint8)
