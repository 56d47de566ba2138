"""Truth to maps: where the energy is, and what class and box each energetic pixel belongs to.

Boxes (n, 4) are half-open pixels of the crop's frame and may reach beyond it: a symbol whose
centre lies outside gives no summit, one half inside keeps its true size ("crops never clip a
box"). Maps have the output stride S = 2; output pixel (y, x) has its centre at input
((x + 0.5) * S, (y + 0.5) * S).

A line of a ridge family (see `EnergyConfig`) has one summit along its whole middle, and a pixel of
it tells of the line within SEEN interlines of the pixel: its ends cannot be seen from afar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..config import STRIDE, EnergyConfig, ModelConfig

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

SEEN = 4.0  # interlines to each side
THIN = 4  # of the many pixels of a ridge one in so many is taken


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
    model: ModelConfig,
    size: tuple[int, int],
) -> Targets:
    """The maps of one crop of `size` (height, width) input pixels at the model's interline.

    M^e(y, x) = max over centres of max(0, 1 - distance / r), with distance / r elliptical
    (method, section 1). Class and box are taken where the energy is at least `EnergyConfig.core`.
    """
    h, w = size[0] // STRIDE, size[1] // STRIDE
    planes = len(model.families)
    field = np.zeros((planes, h, w), dtype=np.float32)
    owner = np.full((planes, h, w), -1, dtype=np.int32)
    family = np.array(model.family_of_class, dtype=np.int64)[labels]
    ridge = np.isin(family, model.ridge_planes)
    centres = (boxes[:, :2] + boxes[:, 2:]) / (2 * STRIDE) - 0.5  # in output pixels
    axes = half_axes(boxes, model.energy, model.interline) / np.float32(STRIDE)
    crest = _crests(boxes, axes) * ridge[:, None]
    low = np.maximum(np.floor(centres - axes - crest).astype(int), 0)
    high = np.minimum(np.ceil(centres + axes + crest).astype(int) + 1, (w, h))
    for i in np.flatnonzero((low < high).all(axis=1)):
        (x0, y0), (x1, y1) = low[i], high[i]
        dx = np.abs(np.arange(x0, x1, dtype=np.float32) - centres[i, 0]) - crest[i, 0]
        dy = np.abs(np.arange(y0, y1, dtype=np.float32) - centres[i, 1]) - crest[i, 1]
        dx, dy = np.maximum(dx, 0) / axes[i, 0], np.maximum(dy, 0) / axes[i, 1]
        cone = 1.0 - np.sqrt(dy[:, None] ** 2 + dx[None, :] ** 2)
        here = field[family[i], y0:y1, x0:x1]
        higher = cone > here
        here[higher] = cone[higher]
        owner[family[i], y0:y1, x0:x1][higher] = i
    place = np.argwhere(field >= model.energy.core)
    sparse = np.isin(place[:, 0], model.ridge_planes) & (place[:, 1:].sum(axis=1) % THIN > 0)
    return _samples(field, place[~sparse], owner, boxes, labels, ridge, model.interline)


def _crests(boxes: Floats, axes: Floats) -> Floats:
    """Half the length of a ridge's even top in output pixels, (n, 2), along the longer side."""
    half = (boxes[:, 2:] - boxes[:, :2]) / (2 * STRIDE)
    along = half >= half[:, ::-1]
    crest: Floats = np.where(along, np.maximum(half - axes, 0), 0).astype(np.float32)
    return crest


def _samples(
    field: Floats,
    place: Ints,
    owner: NDArray[np.int32],
    boxes: Floats,
    labels: Ints,
    ridge: NDArray[np.bool_],
    interline: float,
) -> Targets:
    whose = owner[place[:, 0], place[:, 1], place[:, 2]]
    pixel = (place[:, :0:-1] + 0.5) * STRIDE
    reach = np.where(ridge[whose, None], SEEN * interline, np.inf)
    low = np.maximum(boxes[whose, :2], pixel - reach)
    high = np.minimum(boxes[whose, 2:], pixel + reach)
    sides = np.maximum(high - low, 0.25)
    box = np.concatenate(
        (((low + high) / 2 - pixel) / interline, np.log(sides / interline)), axis=1
    )
    return Targets(field, place, labels[whose], box.astype(np.float32))
