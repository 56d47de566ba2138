"""Ridges of energy: which basins are one line, and how long a line is (see `EnergyConfig`).

P: pixels of ridges above the cut, M: lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .config import STRIDE, EnergyConfig
from .found import Found, joint

Floats = NDArray[np.floating[Any]]


def joined(
    energy: Floats, pixels: NDArray[np.int64], name: NDArray[np.int64], width: int, least: float
) -> NDArray[np.int64]:
    """Names (P,) of basins joined where the pass between two is nearly as high as their summits.

    energy (P,) is of ridges, whose top is even but for noise: a pass counts from `least` times
    the lower of both summits. pixels (P,): flat indices, increasing, into a map `width` wide;
    a basin's name is the index of its summit.
    """
    if not len(pixels):
        return name
    summit, basin = np.unique(name, return_inverse=True)
    top = energy[np.searchsorted(pixels, summit)]
    ends = []
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        column = pixels % width + dx
        beside = pixels + dy * width + dx
        there = np.searchsorted(pixels, beside).clip(max=len(pixels) - 1)
        met = (pixels[there] == beside) & (column >= 0) & (column < width)
        here, there = np.flatnonzero(met), there[met]
        one, other = basin[here], basin[there]
        height = np.minimum(energy[here], energy[there])
        open_ = (one != other) & (height >= least * np.minimum(top[one], top[other]))
        ends.append(np.stack((one[open_], other[open_])))
    pairs = np.concatenate(ends, axis=1)
    graph = coo_array((np.ones(pairs.shape[1]), pairs), shape=(len(summit),) * 2)
    _, group = connected_components(graph, directed=False)
    _, first = np.unique(group, return_index=True)
    return np.asarray(summit[first][group[basin]])


def united(found: Found, lines: NDArray[np.bool_], reach: float) -> Found:
    """What overlapping parts of a page show, the sights of each long line made one.

    lines (C,): which classes are such. Two sights of a line are as thick, and share its length as
    far as the parts overlap, `reach` pixels to either side of their seam, or as far as it goes;
    half of that is asked for.
    """
    is_line = lines[found.labels]
    sights = found[is_line]
    if not len(sights.boxes):
        return found
    low, high = sights.boxes[:, :2], sights.boxes[:, 2:]
    sides = high - low
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    shorter, longer = np.minimum(sides[:, None], sides), np.maximum(sides[:, None], sides)
    along = np.arange(2) == longer.argmax(axis=2)[..., None]
    least = np.where(along, np.minimum(shorter, 2 * reach), longer) / 2
    same = (shared >= least).all(axis=2) & (sights.labels[:, None] == sights.labels)
    count, group = connected_components(coo_array(same), directed=False)
    members = [np.flatnonzero(group == g) for g in range(count)]
    boxes = [[*sights.boxes[m, :2].min(0), *sights.boxes[m, 2:].max(0)] for m in members]
    best = np.array([m[sights.scores[m].argmax()] for m in members], np.intp)
    whole = Found(np.reshape(boxes, (-1, 4)), sights.labels[best], sights.scores[best])
    return joint([found[~is_line], whole])


def lengthened(
    boxes: Floats,
    pixels: Floats,
    line: NDArray[np.int64],
    config: EnergyConfig,
    interline: float,
) -> Floats:
    """Boxes (M, 4) of lines, along each as long as its pixels (P, 2) reach and half a cone more.

    line (P,): which of the lines a pixel belongs to. Pixels of half a line's energy are half a
    cone's axis from its end, see training/targets.py. All in input pixels.
    """
    low, high = np.full((len(boxes), 2), np.inf), np.full((len(boxes), 2), -np.inf)
    np.minimum.at(low, line, pixels)
    np.maximum.at(high, line, pixels)
    length = high - low + STRIDE
    least, most = (radius * interline for radius in config.radius)
    cone = np.clip(length * config.extent / (1 - config.extent), least, most)
    beyond = cone / 2 + STRIDE / 2
    along = np.tile(length >= length[:, ::-1], 2)
    return np.where(along, np.hstack((low - beyond, high + beyond)), boxes)
