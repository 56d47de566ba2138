"""Exact anti-aliased filling of outlines, many at once, in numpy alone.

An outline is an array of directed edges, float64, shape (E, 4): x0, y0, x1, y1 in pixels of
the page, x right, y down; its contours are closed. Each edge adds its signed area to the
pixels it crosses, and the running sum along a row is then the winding number weighted by
coverage. Where contours of one direction overlap the sum passes 1 and is cut there, which is
the nonzero rule that font outlines and stroked paths want.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Edges = NDArray[np.float64]
Alpha = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INK = 128
"""A pixel belongs to a symbol from this coverage (of 255) on."""


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """Coverage 0..255 of one shape, uint8, shape (height, width), its corner at pixel x, y."""

    x: int
    y: int
    alpha: Alpha

    def moved(self, dx: int, dy: int) -> Crop:
        """The same crop dx pixels to the right and dy down."""
        return Crop(self.x + dx, self.y + dy, self.alpha)


EMPTY = Crop(0, 0, np.zeros((0, 0), np.uint8))
BLANK = Crop(0, 0, np.zeros((1, 1), np.uint8))


def rasterise(outlines: Sequence[Edges]) -> list[Crop]:
    """One crop for each outline; all of them in one pass over one flat buffer."""
    crops = [BLANK] * len(outlines)
    drawn = [k for k, edges in enumerate(outlines) if len(edges)]
    if not drawn:
        return crops
    edges = np.concatenate([outlines[k] for k in drawn])
    counts = np.array([len(outlines[k]) for k in drawn])
    bounds = _pixel_bounds(edges, np.cumsum(counts) - counts)
    widths, heights = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
    starts = np.concatenate([[0], np.cumsum(widths * heights)])
    edges -= np.repeat(bounds[:, [0, 1, 0, 1]], counts, axis=0)
    flat = _accumulate(edges, np.repeat(starts[:-1], counts), np.repeat(widths, counts), starts[-1])
    np.cumsum(flat, out=flat)
    scaled = cv2.convertScaleAbs(flat, alpha=255.0)  # rounded, and cut at 255
    alpha = np.asarray(scaled, np.uint8).reshape(-1)
    for k, (x, y, x1, y1), start in zip(drawn, bounds.tolist(), starts.tolist(), strict=False):
        w, h = x1 - x, y1 - y
        crops[k] = Crop(x, y, alpha[start : start + w * h].reshape(h, w))
    return crops


def merged(crops: Sequence[Crop]) -> Crop:
    """The pixelwise maximum of several crops, as one."""
    if len(crops) == 1:
        return crops[0]
    x0, y0 = min(c.x for c in crops), min(c.y for c in crops)
    x1 = max(c.x + c.alpha.shape[1] for c in crops)
    y1 = max(c.y + c.alpha.shape[0] for c in crops)
    canvas = np.zeros((y1 - y0, x1 - x0), np.uint8)
    for crop in crops:
        height, width = crop.alpha.shape
        view = canvas[crop.y - y0 : crop.y - y0 + height, crop.x - x0 : crop.x - x0 + width]
        np.maximum(view, crop.alpha, out=view)
    return Crop(x0, y0, canvas)


def _pixel_bounds(edges: Edges, starts: Ints) -> Ints:
    """Whole pixels x0, y0, x1, y1 of each outline, whose edges begin at `starts`.

    With one spare column, into which the last carry runs.
    """
    low = np.floor(np.minimum.reduceat(edges, starts, axis=0))
    high = np.ceil(np.maximum.reduceat(edges, starts, axis=0))
    corner = np.minimum(low[:, :2], low[:, 2:])
    opposite = np.maximum(high[:, :2], high[:, 2:]) + np.array([2, 1])
    bounds = np.concatenate([corner, opposite], axis=1)
    return np.asarray(bounds, np.int64)


def _accumulate(edges: Edges, start: Ints, width: Ints, size: int) -> Floats:
    """Signed area of every edge, added into the flat buffer of all crops."""
    upright = np.flatnonzero(edges[:, 1] != edges[:, 3])  # level edges cover nothing
    x0, y0, x1, y1 = np.ascontiguousarray(edges[upright].T)
    y0, y1, x0, x1, row = _cut(y0, y1, x0, x1)
    x0, x1, y0, y1, column = _cut(x0, x1, y0, y1)
    owner = upright[row[column]]
    x = (x0 + x1) * 0.5
    rise = y1 - y0
    left = x.astype(np.int64)
    index = start[owner] + ((y0 + y1) * 0.5).astype(np.int64) * width[owner] + left
    share = rise * (x - left)
    both, shares = np.concatenate([index, index + 1]), np.concatenate([rise - share, share])
    return np.asarray(np.bincount(both, shares, size), np.float64)


def _cut(p: Floats, q: Floats, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats, Floats, Ints]:
    """Lines from (p, u) to (q, v) cut where the first coordinate is whole.

    p, q, u, v of the pieces, in order, and the line that each is of.
    """
    first = np.floor(np.minimum(p, q)) + 1  # whole numbers strictly between p and q
    inner = np.maximum(np.ceil(np.maximum(p, q)) - first, 0).astype(np.int64)
    owner = np.repeat(np.arange(len(p)), inner + 1)
    cut = np.flatnonzero(inner)
    times = inner[cut]
    line = np.repeat(cut, times)
    step = np.arange(len(line)) - np.repeat(np.cumsum(times) - times, times)
    from_p, from_u, run = p[line], u[line], (q - p)[line]
    border = first[line] + np.where(run < 0, inner[line] - 1 - step, step)
    height = from_u + (v - u)[line] * ((border - from_p) / run)
    place = (np.cumsum(inner + 1) - inner - 1)[line] + step  # the piece that ends at the border
    starts_p, stops_q, starts_u, stops_v = (values[owner] for values in (p, q, u, v))
    stops_q[place], stops_v[place] = border, height
    place += 1
    starts_p[place], starts_u[place] = border, height
    return starts_p, stops_q, starts_u, stops_v, owner
