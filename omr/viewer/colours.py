"""A colour for every class: its family's in the overlay, its own shade within the family."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Iterable, Sequence

from ..overlay import FAMILIES, Colour, family_of

HUE_REACH = 0.045  # of the circle, to either side of the family's colour
LIGHTNESS_REACH = 0.1
BRIGHTEST = 0.4  # luminance of a line that is still seen on paper
GOLDEN = 0.618  # multiples of it, less their whole parts, keep neighbours far apart


def class_families(names: Iterable[str]) -> list[int]:
    """For each class, the number of its family in `omr.overlay.FAMILIES`."""
    return [FAMILIES.index(family_of(name)) for name in names]


def class_colours(names: Sequence[str]) -> list[str]:
    """For each class `#rrggbb`: its family's first class has the family's colour, others shades."""
    families = class_families(names)
    members: dict[int, list[str]] = {}
    for name, family in sorted(zip(names, families, strict=True)):
        members.setdefault(family, []).append(name)
    colours = []
    for name, family in zip(names, families, strict=True):
        place = (members[family].index(name) * GOLDEN + 0.5) % 1
        colours.append(_shade(FAMILIES[family].colour, 2 * place - 1))
    return colours


def _shade(colour: Colour, offset: float) -> str:
    """A neighbour of a colour, offset in -1..1."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in colour))
    lightness = min(max(lightness + LIGHTNESS_REACH * offset, 0.2), 0.6)
    hue = (hue + HUE_REACH * offset) % 1
    rgb = colorsys.hls_to_rgb(hue, lightness, saturation)
    while _luminance(rgb) > BRIGHTEST:
        lightness *= 0.95
        rgb = colorsys.hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{round(value * 255):02x}" for value in rgb)


def _luminance(rgb: tuple[float, float, float]) -> float:
    """0 for black, 1 for white, as bright as it looks (ITU-R BT.709)."""
    return sum(
        weight * math.pow(value, 2.2)
        for weight, value in zip((0.2126, 0.7152, 0.0722), rgb, strict=True)
    )
