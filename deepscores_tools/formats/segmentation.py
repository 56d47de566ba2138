"""Segmentation images: a gray value a class, 0 the background, smaller symbols on top.

Such an image tells classes apart and not symbols. A mask that is cut from it holds what the
symbol shows within its box: less what others cover, and more where a neighbour of the same
class reaches into the box.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores_tools.canvas import canvas, paint
from deepscores_tools.errors import InputError
from deepscores_tools.raster import MAX_PIXELS
from deepscores_tools.symbols import Box, Page, Symbol

GRAYS = 256
"""Gray values of an 8-bit image; 0 is the background."""

Gray = NDArray[np.uint8]


def class_image(page: Page, gray_of: Callable[[str], int | None]) -> tuple[Gray, int]:
    """The masks of a page painted in the grays of their classes, and how many pixels are hidden.

    uint8 of shape (page.height, page.width). Symbols without a mask, and classes for which
    `gray_of` gives None, are not painted; hidden is what they and covered masks have of ink.
    Raises InputError for huge pages.
    """
    image = canvas(page, np.uint8, 0)
    inked = [(int(s.mask.sum()), s) for s in page.symbols if s.mask is not None]
    total = sum(ink for ink, _ in inked)
    for _, symbol in sorted(inked, key=lambda pair: -pair[0]):
        gray = gray_of(symbol.name)
        if gray is not None:
            paint(image, symbol, gray)
    return image, total - int(np.count_nonzero(image))


def read_gray(file: object, size: tuple[int, int]) -> Gray:
    """A segmentation image of (width, height) pixels. Raises InputError."""
    try:
        with Image.open(str(file)) as opened:
            if opened.size != size:
                raise InputError(str(file), f"is {opened.size}, its page {size} pixels")
            # A palette's indices are the classes; converted, they would become its colours.
            image = opened if opened.mode in ("L", "P") else opened.convert("L")
            return np.asarray(image, dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(str(file), f"cannot be read as an image: {error}") from error


def cut_masks(symbols: Iterable[Symbol], image: Gray, grays: Mapping[str, int]) -> list[Symbol]:
    """The symbols with whole-pixel boxes and the masks that a segmentation image shows.

    A symbol of which it shows nothing keeps no mask. Raises InputError for huge boxes.
    """
    height, width = image.shape
    cut = []
    for symbol in symbols:
        x0, y0, x1, y1 = (int(v) for v in symbol.box.outward())
        if (y1 - y0) * (x1 - x0) > MAX_PIXELS:
            raise InputError(symbol.name, f"a mask of {x1 - x0} x {y1 - y0} pixels is too large")
        mask = np.zeros((y1 - y0, x1 - x0), dtype=np.bool_)
        left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        if left < right and top < bottom and symbol.name in grays:
            inner = image[top:bottom, left:right] == grays[symbol.name]
            mask[top - y0 : bottom - y0, left - x0 : right - x0] = inner
        cut.append(replace(symbol, box=Box(x0, y0, x1, y1), mask=mask if mask.any() else None))
    return cut


def learn_grays(symbols: Sequence[Symbol], image: Gray, said: Mapping[str, int]) -> dict[str, int]:
    """The gray value of each class on this page: what is said, unless the page shows otherwise.

    Some segmentation images are numbered by another list than their dataset's table: less than
    half of their ink then has a gray of the page's classes. Each class has in that case the
    gray that covers most of the ink areas in its boxes, if that is half of them at least.
    """
    own = {symbol.name: said[symbol.name] for symbol in symbols if symbol.name in said}
    known = np.zeros(GRAYS, dtype=np.bool_)
    known[list(own.values())] = True
    if 2 * np.count_nonzero(known[image]) >= np.count_nonzero(image):
        return own
    shown: dict[str, Counter[int]] = defaultdict(Counter)
    told: Counter[str] = Counter()
    for symbol in symbols:
        if symbol.ink_area is None:
            continue
        x0, y0, x1, y1 = (max(int(v), 0) for v in symbol.box.outward())
        counts = np.bincount(image[y0:y1, x0:x1].ravel(), minlength=GRAYS)
        told[symbol.name] += symbol.ink_area
        for gray in np.flatnonzero(counts[1:]) + 1:
            shown[symbol.name][int(gray)] += min(int(counts[gray]), symbol.ink_area)
    best = {name: counter.most_common(1)[0] for name, counter in shown.items() if counter}
    return {name: gray for name, (gray, ink) in best.items() if 2 * ink >= told[name]}
