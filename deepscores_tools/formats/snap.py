"""Boxes that were divided, multiplied or shifted on their way through a file."""

from __future__ import annotations

from deepscores_tools.symbols import Box

_NOISE = 1e-10
"""Pixels: more than rounding leaves when a page of 100,000 px is divided and multiplied by."""


def snapped(box: Box) -> Box:
    """The box with coordinates made whole that only rounding keeps from being so.

    A box in whole pixels must come back as one: masks need it, and growing 2.9999999999999996
    outward would add a pixel.
    """
    return Box(*(float(round(v)) if abs(v - round(v)) < _NOISE else float(v) for v in box))
