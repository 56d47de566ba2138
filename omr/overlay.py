"""A page with the boxes of its symbols drawn on it, one colour a family of classes, and a legend.

The page keeps its place and scale: the picture is as large as the page, plus the legend at its
right. Pictures are RGB, uint8, shape (H, W, 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deepscores_tools.symbols import Page, Symbol

Colour = tuple[int, int, int]


class Family(NamedTuple):
    """Classes that are drawn alike. patterns: shell patterns; the first family that fits wins."""

    title: str
    colour: Colour
    patterns: str


STAVES = Family("staves, ledger lines", (125, 145, 165), "staff staffLine staffSpace legerLine")
_BARS = "bar* brace bracket* repeat* measure* system* staffGrouping volta* segno coda"
_MARKS = "augmentationDot artic* fermata* ornament* caesura breathMark* arpegg* wiggle*"
FAMILIES = (
    Family("noteheads, grace notes", (214, 20, 30), "notehead* graceNote*"),
    Family("stems", (20, 80, 235), "stem"),
    Family("beams, flags, tremolos", (0, 150, 170), "beam flag* *remolo*"),
    Family("rests", (0, 140, 40), "rest* multiMeasureRest"),
    Family("accidentals, keys", (235, 120, 0), "accidental* key[A-Z]*"),
    Family("clefs", (135, 20, 200), "clef* [cfg]Clef*"),
    Family("time signatures, numerals", (230, 0, 170), "timeSig* numeral*"),
    STAVES,
    Family("dots, articulation, ornaments", (200, 60, 110), f"repeatDot {_MARKS}"),
    Family("barlines, braces, repeats", (10, 10, 130), _BARS),
    Family("slurs, ties, hairpins", (110, 150, 0), "slur tie *Hairpin glissando"),
    Family("dynamics, text, all others", (130, 85, 30), "*"),
)


def draw_overlay(gray: NDArray[np.uint8], page: Page) -> NDArray[np.uint8]:
    """The picture of a page. gray: (page.height, page.width), in the frame of the boxes."""
    if gray.shape != (page.height, page.width):
        raise ValueError(f"gray of shape {gray.shape}, expected {(page.height, page.width)}")
    pale = 105 + (gray.astype(np.uint16) * 150 // 255).astype(np.uint8)  # so that colours stand out
    groups = _by_family(page.symbols)
    legend = _legend(page, groups)
    canvas = Image.new("RGB", (page.width + legend.width, max(page.height, legend.height)), "white")
    canvas.paste(Image.fromarray(pale).convert("RGB"), (0, 0))
    canvas.paste(legend, (page.width, 0))
    draw = ImageDraw.Draw(canvas)
    thickness = max(1, round((page.interline or 10) / 9))
    for family in sorted(
        groups, key=lambda family: family.title.startswith("staves"), reverse=True
    ):
        for symbol in groups[family]:
            x0, y0, x1, y1 = symbol.box.outward()
            corners = (x0, y0, max(x1 - 1, x0), max(y1 - 1, y0))  # Pillow's are inclusive
            draw.rectangle(corners, outline=family.colour, width=thickness)
    return np.array(canvas)


def overlay_png(gray: NDArray[np.uint8], page: Page) -> bytes:
    """draw_overlay as a PNG file."""
    picture = cv2.cvtColor(draw_overlay(gray, page), cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not done:
        raise ValueError(f"{page.name}: cannot encode an overlay of shape {picture.shape}")
    return data.tobytes()


def family_of(name: str) -> Family:
    """The family that a class is drawn with."""
    return next(f for f in FAMILIES if any(fnmatchcase(name, p) for p in f.patterns.split()))


def _by_family(symbols: Sequence[Symbol]) -> dict[Family, list[Symbol]]:
    """The families present, in the order of FAMILIES."""
    groups: dict[Family, list[Symbol]] = {family: [] for family in FAMILIES}
    for symbol in symbols:
        groups[family_of(symbol.name)].append(symbol)
    return {family: members for family, members in groups.items() if members}


def _legend(page: Page, groups: dict[Family, list[Symbol]]) -> Image.Image:
    """A column at the page's right: each family's colour, its classes and their counts."""
    rows: list[tuple[str, str, Colour | None]] = [("", f"{len(page.symbols)} symbols", None)]
    if "notice" in page.attributes:
        rows.append(("", str(page.attributes["notice"]), None))
    for family, members in groups.items():
        rows.append(("", family.title, family.colour))
        counts = Counter(symbol.name for symbol in members)
        rows += [(str(count), name, None) for name, count in sorted(counts.items())]
    # Readable where the whole page fills a screen, and no longer than the page if possible.
    size = max(11, min(page.height // 75, int(page.height / (len(rows) + 2) / 1.35)))
    font = ImageFont.load_default(size)
    edge = size + int(font.getlength("00000"))  # counts end here, names begin after it
    width = edge + int(max(font.getlength(name) for _, name, _ in rows)) + 2 * size
    step = int(size * 1.35)
    column = Image.new("RGB", (width, step * (len(rows) + 2)), "white")
    draw = ImageDraw.Draw(column)
    for row, (count, name, colour) in enumerate(rows, start=1):
        y = row * step
        if colour:
            draw.rectangle((edge - size, y, edge, y + size), fill=colour)
        draw.text((edge, y), count, fill="black", font=font, anchor="ra")
        draw.text((edge + size // 2, y), name, fill=colour or "black", font=font)
    return column
