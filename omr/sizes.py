"""What no symbol of its class can be by its size, as the model's training pages show it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .config import ModelConfig
from .found import Found

ELASTIC = 4.0  # a side that may be so many times as long as another of its class has no limits


def of_known_size(found: Found, config: ModelConfig, interline: float) -> Found:
    """The detections no smaller or larger than `size_margin` allows; interline in pixels.

    Stems, beams, slurs and the like are as long as the music asks for: only sides that varied
    little in training have limits.
    """
    limits = _limits(config)[found.labels] * interline
    sides = found.boxes[:, 2:] - found.boxes[:, :2]
    fits = np.logical_and(sides >= limits[:, 0], sides <= limits[:, 1])
    return found[np.flatnonzero(fits.all(axis=1))]


def _limits(config: ModelConfig) -> NDArray[np.float64]:
    """Least and greatest (width, height) of each class of the network, in interlines: (C, 2, 2)."""
    limits = np.tile([[0.0], [np.inf]], (len(config.classes), 1, 2))
    margin = config.decode.size_margin
    for row, name in enumerate(config.classes):
        if not margin or name not in config.size_ranges:
            continue
        for side, (least, greatest) in enumerate(config.size_ranges[name]):
            if greatest <= ELASTIC * least:
                limits[row, :, side] = least / margin, greatest * margin
    return limits
