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

import numpy as np
from numpy.typing import NDArray

Edges = NDArray[np.float64]
Alpha = NDArray[np.uint8]

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


def rasterise(outlines: Sequence[Edges]) -> list[Crop]:
    """One crop for each outline; all of them in one pass over one flat buffer."""
    if not outlines:
        return []
    bounds = np.array([_pixel_bounds(edges) for edges in outlines], np.int64)
    widths = bounds[:, 2] - bounds[:, 0]
    heights = bounds[:, 3] - bounds[:, 1]
    starts = np.concatenate([[0], np.cumsum(widths * heights)])
    owner = np.repeat(np.arange(len(outlines)), [len(edges) for edges in outlines])
    edges = np.concatenate(outlines)
    corner = bounds[owner][:, [0, 1, 0, 1]]
    flat = _accumulate(edges - corner, starts[owner], widths[owner], int(starts[-1]))
    np.cumsum(flat, out=flat)
    np.abs(flat, out=flat)
    np.minimum(flat, 1.0, out=flat)
    alpha = (flat * 255.0 + 0.5).astype(np.uint8)
    return [
        Crop(int(b[0]), int(b[1]), alpha[start : start + w * h].reshape(h, w))
        for b, start, w, h in zip(bounds, starts, widths, heights, strict=False)
    ]


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


def _pixel_bounds(edges: Edges) -> tuple[int, int, int, int]:
    """Whole pixels x0, y0, x1, y1; one spare column, into which the last carry runs."""
    if not len(edges):
        return 0, 0, 1, 1
    low = np.floor(edges.min(axis=0))
    high = np.ceil(edges.max(axis=0))
    return (
        int(min(low[0], low[2])),
        int(min(low[1], low[3])),
        int(max(high[0], high[2])) + 2,
        int(max(high[1], high[3])) + 1,
    )


def _accumulate(
    edges: Edges, start: NDArray[np.int64], width: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    """Signed area of every edge, added into the flat buffer of all crops."""
    x0, y0, x1, y1 = edges.T
    owner, t0, t1 = _split(x0, y0, x1, y1)
    dx, dy = (x1 - x0)[owner], (y1 - y0)[owner]
    middle = (t0 + t1) * 0.5
    x = x0[owner] + dx * middle
    y = y0[owner] + dy * middle
    rise = dy * (t1 - t0)
    column = np.floor(x)
    index = start[owner] + np.floor(y).astype(np.int64) * width[owner] + column.astype(np.int64)
    share = rise * (x - column)
    flat = np.bincount(index, rise - share, size)
    flat += np.bincount(index + 1, share, size)
    return np.asarray(flat[:size], np.float64)


def _split(
    x0: NDArray[np.float64],
    y0: NDArray[np.float64],
    x1: NDArray[np.float64],
    y1: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Cut edges at pixel borders: edge number, start and end (0..1 along the edge) of parts."""
    upright = np.flatnonzero(y0 != y1)  # level edges cover nothing
    owners, times = [upright, upright], [np.zeros(len(upright)), np.ones(len(upright))]
    for a, b in ((x0, x1), (y0, y1)):
        first = np.floor(np.minimum(a, b)[upright]) + 1
        count = np.maximum(np.ceil(np.maximum(a, b)[upright]) - first, 0).astype(np.int64)
        owner = np.repeat(upright, count)
        step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        border = np.repeat(first, count) + step
        owners.append(owner)
        times.append((border - a[owner]) / (b[owner] - a[owner]))
    owner_all = np.concatenate(owners)
    time_all = np.concatenate(times)
    order = np.lexsort((time_all, owner_all))
    owner_all, time_all = owner_all[order], time_all[order]
    same = owner_all[1:] == owner_all[:-1]
    return owner_all[:-1][same], time_all[:-1][same], time_all[1:][same]
