"""The class map as a picture (the thesis's figure 6.4): the likeliest class of every pixel.

The network learns classes only where there is energy; what it says elsewhere shows what it has
understood of the rest.
"""

from __future__ import annotations

import colorsys

import numpy as np
import torch
from numpy.typing import NDArray

from deepscores_tools.ink import ink_of

from ..config import STRIDE
from ..detector import Detector
from ..scaling import at_interline, padded
from ..watershed import energy_map

SIDE = 1024  # pixels at the model's interline; smaller pages are shown whole
AT_ONCE = 1 << 16  # pixels
PAPER = 0.3  # of a colour's strength on ink


def class_picture(
    detector: Detector, gray: NDArray[np.uint8], interline: float
) -> NDArray[np.uint8]:
    """RGB (h, w, 3): the classes of a page's middle, a colour each, strong where there is ink.

    gray: (H, W), interline in its pixels. A pixel's class is one of the family that has most
    energy there.
    """
    ink = at_interline(ink_of(gray, interline), interline, detector.config.interline)
    top, left = (max(extent - SIDE, 0) // 2 for extent in ink.shape)
    ink = ink[top : top + SIDE, left : left + SIDE]
    height, width = ink.shape
    label = np.repeat(np.repeat(_labels(detector, padded(ink)), STRIDE, 0), STRIDE, 1)
    coloured = _colours(len(detector.config.classes))[label[:height, :width]]
    strength = PAPER + (1 - PAPER) * ink[..., None] / 255
    return np.asarray(255 - (255 - coloured) * strength, dtype=np.uint8)


def _labels(detector: Detector, ink: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The class of every pixel of the maps, (h, w)."""
    with torch.inference_mode():
        features, logits = detector.maps(ink)
        family = energy_map(logits[0]).argmax(0).flatten()
        vectors = features[0].flatten(1).T
        parts = [
            detector.net.classify(vectors[i : i + AT_ONCE], family[i : i + AT_ONCE]).argmax(1)
            for i in range(0, len(family), AT_ONCE)
        ]
    return torch.cat(parts).reshape(features.shape[2:]).cpu().numpy()


def _colours(count: int) -> NDArray[np.uint8]:
    """Colours (count, 3) as far apart as a step of the golden angle makes them."""
    hues = (np.arange(count) * 0.381966) % 1
    rows = [colorsys.hls_to_rgb(hue, 0.35 + 0.15 * (i % 2), 0.9) for i, hue in enumerate(hues)]
    return np.round(np.array(rows) * 255).astype(np.uint8)
