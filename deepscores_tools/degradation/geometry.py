"""Deform a page together with its truth: boxes stay the exact extents of what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.degradation.warps import PageMap, Points, Warp, WarpParameters
from deepscores_tools.links import linked_among
from deepscores_tools.symbols import Box, Page, Symbol, box_array

Maps = tuple[NDArray[np.float32], NDArray[np.float32]]

SIDE = 16  # points sampled along each side of a box


def warp_page(
    image: NDArray[np.uint8], page: Page, how: WarpParameters
) -> tuple[NDArray[np.uint8], Page]:
    """The page's picture, gray (H, W), and its symbols under one smooth map; same size.

    What lies outside the old page is white. The symbols are carried over as `carry` does, links to
    what is dropped left out.
    """
    if image.shape != (page.height, page.width):
        raise ValueError(f"image of shape {image.shape}, page {page.height} x {page.width}")
    warp = Warp(how, page.width, page.height)
    map_x, map_y = warp.maps()
    warped = cv2.remap(
        image, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=255
    )
    moved = carry(page, warp, (map_x, map_y))
    return np.asarray(warped, np.uint8), replace(moved, symbols=linked_among(moved.symbols))


def carry(page: Page, warp: PageMap, maps: Maps | None = None) -> Page:
    """The page's truth on the new page that `warp` leads to, its size included.

    maps: what `warp.maps()` gives, from callers who have it already.

    A symbol's mask goes through the same map as the picture; a pixel belongs to it where at
    least half of it is covered, and its box is the extent of that: never the box around warped
    corners, which is too large. Symbols without a mask, or with an empty one, get the mean
    positions of their box's warped sides: right to a pixel or two for compact shapes, an estimate
    for long ones (see `_boxed`). What leaves the page is cut off at its edge; symbols that leave it
    wholly are dropped.
    """
    map_x, map_y = warp.maps() if maps is None else maps
    outlines = _outlines(page.symbols, warp)
    windows = np.empty((len(outlines), 4), np.int64)  # where the ink may come to lie: x0 y0 x1 y1
    windows[:, :2] = np.maximum(np.floor(outlines.min(1)) - 1, 0)
    windows[:, 2:] = np.minimum(np.ceil(outlines.max(1)) + 1, (warp.width, warp.height))
    symbols: list[Symbol] = []
    turned = _turned(page.symbols, warp)
    for symbol, outline, window in zip(turned, outlines, windows.tolist(), strict=True):
        if symbol.mask is None or not symbol.mask.any():
            moved = _boxed(symbol, outline, warp)
        else:
            moved = _masked(symbol, symbol.mask, window, map_x, map_y)
        if moved is not None:
            symbols.append(moved)
    interline = page.interline and page.interline * warp.line_distance_scale()
    return replace(page, symbols=symbols, interline=interline, width=warp.width, height=warp.height)


def _outlines(symbols: Sequence[Symbol], warp: PageMap) -> Points:
    """Points (N, 4 * SIDE, 2) round the warped boxes of N symbols, in box coordinates."""
    t = np.linspace(0, 1, SIDE, endpoint=False)
    zero, one = np.zeros(SIDE), np.ones(SIDE)
    xs, ys = np.concatenate([t, one, 1 - t, zero]), np.concatenate([zero, t, one, 1 - t])
    boxes = box_array(symbols)[:, None, :]
    points = boxes[..., :2] + np.stack([xs, ys], -1) * (boxes[..., 2:] - boxes[..., :2])
    return warp.target(points - 0.5) + 0.5


def _boxed(symbol: Symbol, outline: Points, new: PageMap) -> Symbol | None:
    """The symbol with a box only: the mean of each side's warped points, cut at the page.

    The extent of the whole outline would hold the corners of the turned box, where most
    symbols have no ink; the middle of each side is where they touch it.
    """
    sides = outline.reshape(4, SIDE, 2).mean(axis=1)  # in any order: pages may lie turned
    (x0, y0), (x1, y1) = (
        np.maximum(sides.min(0), 0),
        np.minimum(sides.max(0), (new.width, new.height)),
    )
    box = Box(float(x0), float(y0), float(x1), float(y1))
    if box.x1 <= box.x0 or box.y1 <= box.y0:
        return None
    return replace(symbol, box=box, mask=None)


def _masked(
    symbol: Symbol,
    mask: NDArray[np.bool_],
    window: Sequence[int],
    map_x: NDArray[np.float32],
    map_y: NDArray[np.float32],
) -> Symbol | None:
    """The symbol with its mask warped, None where nothing of it is left on the page."""
    left, top, right, bottom = window
    if left >= right or top >= bottom:
        return None
    # a rim of zeros, because remap's border rule would also cut the outermost half pixels
    solid = cv2.copyMakeBorder(mask.view(np.uint8) * 255, 2, 2, 2, 2, cv2.BORDER_CONSTANT)
    x = map_x[top:bottom, left:right] - np.float32(symbol.box.x0 - 2)
    y = map_y[top:bottom, left:right] - np.float32(symbol.box.y0 - 2)
    covered = cv2.remap(solid, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
    inside = cv2.threshold(covered, 127, 1, cv2.THRESH_BINARY)[1]
    x0, y0, width, height = cv2.boundingRect(inside)
    if not width:  # specks below a pixel keep what they touch
        inside = cv2.threshold(covered, 0, 1, cv2.THRESH_BINARY)[1]
        x0, y0, width, height = cv2.boundingRect(inside)
    if not width:
        return None
    kept = inside[y0 : y0 + height, x0 : x0 + width].copy()
    x0, y0 = left + x0, top + y0
    return replace(
        symbol,
        box=Box(float(x0), float(y0), float(x0 + width), float(y0 + height)),
        mask=kept.view(np.bool_),
        ink_area=None if symbol.ink_area is None else cv2.countNonZero(kept),
    )


def _turned(symbols: Sequence[Symbol], warp: PageMap) -> list[Symbol]:
    """The symbols with their oriented boxes, where they have one, carried over by its corners."""
    have = [i for i, symbol in enumerate(symbols) if symbol.oriented_box is not None]
    turned = list(symbols)
    if have:
        corners = np.array([symbols[i].oriented_box for i in have], np.float64)
        moved = warp.target(corners - 0.5) + 0.5
        for i, box in zip(have, moved.tolist(), strict=True):
            turned[i] = replace(symbols[i], oriented_box=tuple(map(tuple, box)))
    return turned
