"""The ink around boxes, cut out of the page and brought to one size: what the refiner looks at.

M: boxes, x0, y0, x1, y1, half-open pixels of the page.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = 48  # cells along each side of a region
FAR = 4.0  # cells; sides moved by more are looked at again
THIN, SURE = 4.0, 0.25  # pixels; see `on_pixels`
MARGIN = 0.35, 0.15  # interlines, and share of the side, that a region goes beyond its box

# Cells (n, SIZE, SIZE), extents (n, 2) and the boxes' rows (n,), to places of sides (n, 4).
See = Callable[
    [NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]],
    NDArray[np.float32] | NDArray[np.float64],
]


def regions_of(
    boxes: NDArray[np.float64], interline: float, page: tuple[int, int]
) -> NDArray[np.int64]:
    """What is looked at for each box: whole pixels (M, 4) inside a page of (height, width)."""
    margin = MARGIN[0] * interline + MARGIN[1] * np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    size = np.array(page[::-1])
    low = np.clip(np.floor(boxes[:, :2] - margin), 0, size - 1)
    high = np.clip(np.ceil(boxes[:, 2:] + margin), low + 1, size)
    return np.concatenate((low, high), axis=1).astype(np.int64)


def cut_cells(ink: NDArray[np.uint8], regions: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The ink (H, W) of each region as cells (M, SIZE, SIZE): averaged down, interpolated up."""
    cells = np.empty((len(regions), SIZE, SIZE), dtype=np.uint8)
    for cell, (x0, y0, x1, y1) in zip(cells, regions.tolist(), strict=True):
        part = ink[y0:y1, x0:x1]
        if max(part.shape) > SIZE:
            fewer = min(x1 - x0, SIZE), min(y1 - y0, SIZE)
            part = np.asarray(cv2.resize(part, fewer, interpolation=cv2.INTER_AREA), np.uint8)
        cv2.resize(part, (SIZE, SIZE), dst=cell, interpolation=cv2.INTER_LINEAR)
    return cells


def log_extent(regions: NDArray[np.int64], interline: float) -> NDArray[np.float32]:
    """Log of the regions' width and height in interlines, (M, 2)."""
    return np.log((regions[:, 2:] - regions[:, :2]) / interline).astype(np.float32)


def seen_sides(
    see: See,
    ink: NDArray[np.uint8],
    boxes: NDArray[np.float64],
    interline: float,
    rounds: int,
) -> NDArray[np.float64]:
    """The boxes (M, 4) with their sides where `see` finds them in the page's ink (H, W).

    Boxes that moved far are looked at again from where they lie now, in up to `rounds` looks.
    """
    boxes = boxes.copy()
    rows = np.arange(len(boxes))
    for _ in range(rounds if len(boxes) else 0):
        regions = regions_of(boxes[rows], interline, ink.shape)
        at = see(cut_cells(ink, regions), log_extent(regions, interline), rows)
        cell = np.tile(regions[:, 2:] - regions[:, :2], 2) / SIZE
        seen = np.tile(regions[:, :2], 2) + at * cell
        seen[:, 2:] = np.maximum(seen[:, 2:], seen[:, :2] + 0.5)
        far = (np.abs(seen - boxes[rows]) > FAR * cell).any(axis=1)
        boxes[rows] = seen
        rows = rows[far]
        if not len(rows):
            break
    return on_pixels(boxes)


def on_pixels(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The boxes (M, 4) with their sides on whole pixels, since symbols are made of pixels.

    A symbol less than THIN thick has them moved by SURE at most: a pixel too many is half a stem.
    """
    whole = np.round(boxes)
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    moved = (sides >= THIN) | (np.abs(whole - boxes) <= SURE)
    whole = np.where(moved, whole, boxes)
    whole[:, 2:] = np.maximum(whole[:, 2:], whole[:, :2] + 0.5)
    return whole
