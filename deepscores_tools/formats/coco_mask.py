"""COCO's run-length masks from and to the mask of a box, without a page-sized array an object.

COCO runs are column-major over the whole page, alternate from 0, and are stored as text of
five bits a character, each run but the first three as the difference to the one two before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from deepscores_tools.formats.limits import MAX_SIDE, checked_coordinates
from deepscores_tools.symbols import Box

MAX_INK = 1 << 27  # pixels of one mask; one object of more is refused

Integers = NDArray[np.int64]


def encode(mask: NDArray[np.bool_], left: int, top: int, width: int, height: int) -> dict[str, Any]:
    """The RLE of a mask (h, w) whose box starts at (left, top) on a page of width x height.

    What lies outside the page is cut off.
    """
    y0, x0 = max(top, 0), max(left, 0)
    crop = mask[y0 - top : max(height - top, 0), x0 - left : max(width - left, 0)]
    counts = _page_runs(crop, x0, y0, width, height)
    rle = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": rle["counts"].decode("ascii")}


def decode(segmentation: object, box: Box, width: int, height: int) -> NDArray[np.bool_]:
    """The mask of a box with whole-pixel corners, from any form of COCO segmentation.

    RLE as text or as a list of runs, or a list of polygons. Raises ValueError.
    """
    if isinstance(segmentation, list):
        segmentation = _from_polygons(segmentation, height, width)
    if not isinstance(segmentation, dict):
        raise ValueError(f"segmentation of type {type(segmentation).__name__}")
    if list(segmentation.get("size", ())) != [height, width]:
        raise ValueError(f"mask of size {segmentation.get('size')} on a page {[height, width]}")
    counts = segmentation.get("counts")
    if isinstance(counts, str | bytes):
        runs = _from_text(counts.encode("ascii") if isinstance(counts, str) else counts)
    else:
        runs = np.array(counts, dtype=np.int64).reshape(-1)
    total = width * height
    if (runs < 0).any() or (runs > total).any() or runs.sum() != total:
        raise ValueError(f"mask runs do not sum to the {total} pixels of the page")
    return _box_mask(runs, box, height)


def _from_polygons(polygons: list[Any], height: int, width: int) -> dict[str, Any]:
    outlines = [checked_coordinates(polygon) for polygon in polygons]
    if any(len(outline) < 6 or len(outline) % 2 for outline in outlines):
        raise ValueError("a polygon of the mask is not x and y of three corners or more")
    # pycocotools goes along them in steps, and holds every step.
    if sum(map(_length, outlines)) > MAX_SIDE:
        raise ValueError(f"the outline of the mask is longer than {MAX_SIDE} pixels")
    merged: dict[str, Any] = coco_mask.merge(coco_mask.frPyObjects(outlines, height, width))
    return merged


def _length(outline: Sequence[float]) -> float:
    """Of the closed line through these corners, diagonals counting as their longer side."""
    points = np.reshape(outline, (-1, 2))
    return float(np.abs(points - np.roll(points, 1, axis=0)).max(axis=1).sum())


def _page_runs(crop: NDArray[np.bool_], x0: int, y0: int, width: int, height: int) -> Sequence[int]:
    h, w = crop.shape
    line = np.zeros(w * (h + 1) + 1, dtype=np.bool_)
    line[:-1].reshape(w, h + 1)[:, 1:] = crop.T  # a blank pixel before each column, one behind
    edges = np.flatnonzero(line[1:] != line[:-1])
    # Edge i lies in column i // (h + 1), before row i % (h + 1): starts and ends alike.
    bounds = edges + edges // (h + 1) * (height - h - 1) + (x0 * height + y0)
    if h == height:  # only then can the run of one column go on in the next
        goes_on = np.flatnonzero(bounds[1:-1:2] == bounds[2::2]) * 2 + 1
        bounds = np.delete(bounds, np.concatenate((goes_on, goes_on + 1)))
    counts: list[int] = np.diff(bounds, prepend=0, append=width * height).tolist()
    return counts if counts[-1] else counts[:-1]  # pycocotools writes no empty last run


def _from_text(text: bytes) -> Integers:
    characters = np.frombuffer(text, dtype=np.uint8).astype(np.int64) - 48
    if ((characters < 0) | (characters > 63)).any():
        raise ValueError("mask text has characters that no RLE has")
    last = (characters & 32) == 0
    if not len(characters) or not last[-1]:
        raise ValueError("mask text breaks off")
    starts = np.append(0, np.flatnonzero(last)[:-1] + 1)
    lengths = np.diff(np.append(starts, len(characters)))
    if (lengths > 7).any():
        raise ValueError("mask text holds a run too long for any page")
    shift = 5 * (np.arange(len(characters)) - np.repeat(starts, lengths))
    values = np.add.reduceat((characters & 31) << shift, starts)
    negative = (characters[last] & 16) != 0
    values[negative] -= np.int64(1) << (5 * lengths[negative])
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def _box_mask(runs: Integers, box: Box, height: int) -> NDArray[np.bool_]:
    x0, y0, x1, y1 = (int(v) for v in box)
    h, w = y1 - y0, x1 - x0
    lengths = runs[1::2]
    starts = np.cumsum(runs)[0 : 2 * len(lengths) : 2]
    if max(int(lengths.sum()), h * w) > MAX_INK:
        raise ValueError(f"mask of more than {MAX_INK} pixels")
    column, row = starts // height - x0, starts % height - y0
    if ((column < 0) | (column >= w) | (row < 0) | (row + lengths > h)).any():
        return _box_mask_by_pixels(starts, lengths, box, height)
    # Every run is within one column of the box: the same runs on a page of the box's size.
    bounds = np.zeros(2 * len(lengths) + 2, dtype=np.int64)
    bounds[1:-1:2] = column * h + row
    bounds[2:-1:2] = bounds[1:-1:2] + lengths
    bounds[-1] = h * w
    ink = np.arange(len(bounds) - 1) % 2 == 1
    return np.ascontiguousarray(np.repeat(ink, bounds[1:] - bounds[:-1]).reshape(w, h).T)


def _box_mask_by_pixels(
    starts: Integers, lengths: Integers, box: Box, height: int
) -> NDArray[np.bool_]:
    """For runs that go beyond the box or over several columns: slower, pixel by pixel."""
    x0, y0, x1, y1 = (int(v) for v in box)
    before = np.cumsum(lengths) - lengths
    pixels = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    column, row = np.divmod(pixels, height)
    inside = (x0 <= column) & (column < x1) & (y0 <= row) & (row < y1)
    mask = np.zeros((y1 - y0, x1 - x0), dtype=np.bool_)
    mask[row[inside] - y0, column[inside] - x0] = True
    return mask
