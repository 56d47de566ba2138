"""What the refiner learns from: true boxes, shaken as detections are, and where they truly lie.

M: boxes of a crop that are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..regions import SIZE, cut_cells, log_extent, regions_of

# How far detected sides are off, times a roughness (`AugmentConfig`) and Student's t of 3 degrees.
# On validation pages those of printed stems, noteheads and accidentals are off by .4 of it in the
# middle and 2.3 in one of a hundred, of printed curves and hairpins, and all by hand, .8 and 6.
ERROR = 0.025, 0.03  # interlines, and share of the symbol's side
RESCALED = 0.4  # share of crops seen as a coarser scan would show them
COARSEST = 12.0  # pixels of interline
# The rest of a volta or an octave line, going on from the system above, is a bare line. Along its
# length it looks like one with hooks, and is found with their height.
BARE = 0.5, 4.0  # interlines: at most so thick, at least so long
SWOLLEN, SWELLING = 0.5, 2.0  # share of bare lines seen too thick, interlines by which at most


@dataclass(frozen=True, slots=True)
class Looks:
    """cells (M, SIZE, SIZE) uint8; label (M,); extent (M, 2), see `log_extent`; sides (M, 4):
    the true x0, y0, x1, y1 in cells of the region."""

    cells: Tensor
    label: Tensor
    extent: Tensor
    sides: Tensor

    @classmethod
    def together(cls, looks: Sequence[Looks]) -> Looks:
        """The looks at several crops, one after the other."""
        return cls(*(torch.cat([getattr(x, f.name) for x in looks]) for f in fields(cls)))

    def to(self, device: torch.device) -> Looks:
        return Looks(*(getattr(self, f.name).to(device) for f in fields(self)))


def make_looks(
    ink: NDArray[np.uint8],
    boxes: NDArray[np.float64],
    labels: NDArray[np.int64],
    interline: float,
    count: int,
    roughness: Sequence[float],
    rng: np.random.Generator,
) -> Looks:
    """At most `count` looks at symbols wholly inside a crop, rare classes of the crop preferred.

    ink: (H, W) at the page's own resolution; boxes: (n, 4) in its pixels, labels: (n,).
    roughness: see `AugmentConfig`.
    """
    if rng.random() < RESCALED:
        ink, boxes, interline = _coarser(ink, boxes, interline, rng)
    inside = (boxes[:, :2] >= 0).all(1) & (boxes[:, 2:] <= ink.shape[::-1]).all(1)
    boxes, labels = boxes[inside], labels[inside]
    if len(boxes) > count:
        chance = np.bincount(labels)[labels] ** -0.5
        chosen = rng.choice(len(boxes), count, replace=False, p=chance / chance.sum())
        boxes, labels = boxes[chosen], labels[chosen]
    regions = regions_of(shaken(boxes, interline, roughness, rng), interline, ink.shape)
    size = np.tile(regions[:, 2:] - regions[:, :2], 2)
    sides = (boxes - np.tile(regions[:, :2], 2)) / size * SIZE
    return Looks(
        cells=torch.from_numpy(cut_cells(ink, regions)),
        label=torch.from_numpy(labels),
        extent=torch.from_numpy(log_extent(regions, interline)),
        sides=torch.from_numpy(sides.astype(np.float32)),
    )


def shaken(
    boxes: NDArray[np.float64],
    interline: float,
    roughness: Sequence[float],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Boxes (M, 4) with each side moved about as far as detected sides are off."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1)
    error = np.tile(ERROR[0] * interline + ERROR[1] * sides, 2)
    error *= rng.choice(roughness, size=(len(boxes), 1))
    moved: NDArray[np.float64] = boxes + error * rng.standard_t(3, size=boxes.shape).clip(-6, 6)
    swollen = np.flatnonzero(bare(sides / interline) & (rng.random(len(boxes)) < SWOLLEN))
    side = rng.choice((1, 3), size=len(swollen))
    moved[swollen, side] += (side - 2) * rng.uniform(0, SWELLING * interline, len(swollen))
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
    return moved


def bare(sides: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Which of the symbols of these widths and heights (M, 2), in interlines, are bare lines."""
    return np.asarray((sides[:, 1] < BARE[0]) & (sides[:, 0] > BARE[1]))


def _coarser(
    ink: NDArray[np.uint8],
    boxes: NDArray[np.float64],
    interline: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float64], float]:
    factor = max(float(np.exp(rng.uniform(np.log(0.5), 0))), COARSEST / interline)
    if factor >= 1:
        return ink, boxes, interline
    size = round(ink.shape[1] * factor), round(ink.shape[0] * factor)
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    scale = np.array([size[0] / ink.shape[1], size[1] / ink.shape[0]] * 2)
    return np.asarray(small, dtype=np.uint8), boxes * scale, interline * float(scale[1])
