"""Truth to maps: where the energy is, and what class and box each energetic pixel belongs to.

Boxes (n, 4) are half-open pixels of the crop's frame and may reach beyond it: a symbol whose
centre lies outside gives no summit, one half inside keeps its true size ("crops never clip a
box"). Maps have the output stride S = 2; output pixel (y, x) has its centre at input
((x + 0.5) * S, (y + 0.5) * S).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .config import EnergyConfig
from .network import STRIDE

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Targets:
    """The maps of one crop.

    energy: (F, h, w) in 0..1. The sparse part has P rows, one per sampled energetic pixel: its
    place (family, y, x), the class of the nearest centre there, and that symbol's box as dx, dy,
    log width, log height in interlines, seen from the pixel's centre.
    """

    energy: Floats
    place: Ints  # (P, 3)
    label: Ints  # (P,)
    box: Floats  # (P, 4)


def half_axes(boxes: Floats, energy: EnergyConfig, interline: float) -> Floats:
    """Half-axes (rx, ry) of every symbol's cone in input pixels, shape (n, 2)."""
    low, high = energy.radius
    sides = boxes[:, 2:] - boxes[:, :2]
    axes: Floats = np.clip(sides * energy.extent, low * interline, high * interline)
    return axes


def make_targets(
    boxes: Floats,
    labels: Ints,
    family_of_class: Ints,
    planes: int,
    size: tuple[int, int],
    interline: float,
    energy: EnergyConfig,
    core: float = 0.35,
) -> Targets:
    """The maps of one crop of `size` (height, width) input pixels.

    M^e(y, x) = max over centres of max(0, 1 - distance / r), with distance / r elliptical
    (method, section 1). Class and box are taken where the energy is at least `core`, or at the
    summit itself, which always counts: no symbol goes without a class.
    """
    h, w = size[0] // STRIDE, size[1] // STRIDE
    field = np.zeros((planes, h, w), dtype=np.float32)
    owner = np.full((planes, h, w), -1, dtype=np.int32)
    centres = (boxes[:, :2] + boxes[:, 2:]) / (2 * STRIDE) - 0.5  # in output pixels
    axes = half_axes(boxes, energy, interline) / STRIDE
    low = np.maximum(np.floor(centres - axes).astype(int), 0)
    high = np.minimum(np.ceil(centres + axes).astype(int) + 1, (w, h))
    for i in np.flatnonzero((low < high).all(axis=1)):
        (x0, y0), (x1, y1) = low[i], high[i]
        dx = (np.arange(x0, x1, dtype=np.float32) - centres[i, 0]) / axes[i, 0]
        dy = (np.arange(y0, y1, dtype=np.float32) - centres[i, 1]) / axes[i, 1]
        cone = 1.0 - np.sqrt(dy[:, None] ** 2 + dx[None, :] ** 2)
        family = family_of_class[labels[i]]
        here = field[family, y0:y1, x0:x1]
        higher = cone > here
        here[higher] = cone[higher]
        owner[family, y0:y1, x0:x1][higher] = i
    return _with_samples(field, owner, boxes, labels, interline, core)


def _with_samples(
    field: Floats,
    owner: NDArray[np.int32],
    boxes: Floats,
    labels: Ints,
    interline: float,
    core: float,
) -> Targets:
    place = np.argwhere(field >= core)
    whose = owner[place[:, 0], place[:, 1], place[:, 2]]
    centre = (boxes[whose, :2] + boxes[whose, 2:]) / 2
    pixel = (place[:, :0:-1] + 0.5) * STRIDE
    sides = np.maximum(boxes[whose, 2:] - boxes[whose, :2], 0.25)
    box = np.concatenate(((centre - pixel) / interline, np.log(sides / interline)), axis=1)
    return Targets(field, place, labels[whose], box.astype(np.float32))
