"""Tiles around symbols of chosen classes, such as the rare ones (Elezi 2020, section 6.6.1 a)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from zlib import crc32

import numpy as np

from deepscores_tools.symbols import Page


def corners_around(
    page: Page, classes: Collection[str], size: int, seed: int
) -> list[tuple[int, int]]:
    """(left, top) of tiles that show every symbol of the classes with what is around it.

    Where in its tile a symbol lies is drawn by seed, in the middle four fifths; tiles stay on the
    page where it is large enough. A symbol that an earlier tile shows whole gets none of its own.
    """
    rng = np.random.default_rng([seed, crc32(page.key.encode())])
    corners: list[tuple[int, int]] = []
    for symbol in page.symbols:
        box = symbol.box
        if symbol.name not in classes or any(
            x <= box.x0 and y <= box.y0 and box.x1 <= x + size and box.y1 <= y + size
            for x, y in corners
        ):
            continue
        drawn = np.array(box.centre) - rng.uniform(0.1, 0.9, 2) * size
        # A symbol smaller than the tile is in it whole.
        low = np.array([box.x1, box.y1]) - size
        high = np.array([box.x0, box.y0])
        place = np.where(low < high, np.clip(drawn, low, high), np.array(box.centre) - size / 2)
        inner = np.maximum(np.array([page.width, page.height]) - size, 0)
        x, y = np.clip(np.round(place), 0, inner).astype(int)
        corners.append((int(x), int(y)))
    return corners


def rare_classes(pages: Iterable[Page], fewer_than: int) -> set[str]:
    """Classes of which the pages have fewer symbols than that."""
    counts = Counter(symbol.name for page in pages for symbol in page.symbols)
    return {name for name, count in counts.items() if count < fewer_than}
