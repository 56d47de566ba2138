"""Crops of the page around mistakes, with the boxes of truth and detections, for a report.

A crop is in pixels of its page: the boxes are drawn over it by whoever shows it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Box, Page

from .class_pairs import ClassPairs
from .mistakes import Mistake

MARGIN, LEAST = 1.5, 6.0  # around a box, and the least side of a crop, in interlines
SLIMMEST = 0.4  # least ratio of a crop's sides
USUAL_INTERLINE = 20.0  # pixels, where a page does not state its own
LARGEST = (420, 200)  # pixels that a crop is scaled down to, (width, height)


@dataclass(frozen=True, slots=True)
class Crop:
    """A mistake, the part of its page (a box of whole pixels), and that part as PNG, base64.

    truth: boxes of the mistake's classes there; detections: boxes with their scores.
    """

    mistake: Mistake
    window: Box
    png: str
    truth: tuple[Box, ...]
    detections: tuple[tuple[Box, float], ...]


def crops_of(
    mistakes: Sequence[Mistake], truth: Iterable[Page], detections: Iterable[Page],
    class_pairs: ClassPairs,
) -> dict[Mistake, Crop]:  # fmt: skip
    """Crops of these mistakes, but for pages that have no picture.

    truth, detections: what was compared, read once more; one page is in memory at a time, and
    of the detections those on the pages of mistakes.
    """
    wanted: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        wanted.setdefault(mistake.page, []).append(mistake)
    found = {page.key: _found(page, class_pairs) for page in detections if page.key in wanted}
    crops = {}
    for page in truth:
        if page.key not in wanted:
            continue
        try:
            pixels = page_image(page)
        except InputError:
            continue
        true = [(class_pairs.of_truth(s.name), s.box, 1.0) for s in page.symbols]
        for mistake in wanted[page.key]:
            crops[mistake] = _crop(mistake, page, pixels, true, found.get(page.key, []))
    return crops


Named = tuple[str | None, Box, float]


def _found(page: Page, class_pairs: ClassPairs) -> list[Named]:
    return [(class_pairs.of_detection(s.name), s.box, s.score or 0.0) for s in page.symbols]


def _crop(
    mistake: Mistake, page: Page, pixels: NDArray[np.uint8],
    true: Sequence[Named], found: Sequence[Named],
) -> Crop:  # fmt: skip
    window = _window(mistake.box, page)
    names = {mistake.truth, mistake.detection} - {None}
    x0, y0, x1, y1 = (int(v) for v in window)
    picture = Image.fromarray(pixels[y0:y1, x0:x1])
    picture.thumbnail(LARGEST)
    stream = BytesIO()
    picture.save(stream, "PNG")
    return Crop(
        mistake,
        window,
        base64.b64encode(stream.getvalue()).decode("ascii"),
        tuple(box for name, box, _ in true if name in names and _meet(box, window)),
        tuple((box, s) for name, box, s in found if name in names and _meet(box, window)),
    )


def _window(box: Box, page: Page) -> Box:
    """The part of the page around a box: with a margin, and not too small to know the place."""
    unit = page.interline or USUAL_INTERLINE
    half = [max(side / 2 + MARGIN * unit, LEAST * unit / 2) for side in (box.width, box.height)]
    half = [max(own, SLIMMEST * other) for own, other in zip(half, half[::-1], strict=True)]
    (x, y), (width, height) = box.centre, (page.width, page.height)
    x, y = min(max(x, 0), width), min(max(y, 0), height)  # a false alarm may lie beyond
    low = Box(x - half[0], y - half[1], x + half[0], y + half[1]).outward()
    return Box(max(low.x0, 0), max(low.y0, 0), min(low.x1, width), min(low.y1, height))


def _meet(a: Box, b: Box) -> bool:
    return a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1
