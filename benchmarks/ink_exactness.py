"""Whether boxes and masks fit the ink of rendered pages to the pixel.

    python -m benchmarks.ink_exactness SCORES... [--pages 50] [--seed 0]

Every font in turn, composed music and replaced symbols among the scores. Counts symbols whose box
is not the extent of their mask or whose mask holds bare paper, and ink (coverage of half a pixel
or more) that is in no symbol's mask, in no word, and in nothing that `labels.OTHER` lists.
Masks are amodal: pixels that several symbols cover are in the mask of each.
Wanted: 0 of each.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.rendering import in_this_process
from deepscores_tools.engraving import (
    FONTS,
    RESERVED_FONTS,
    RenderedPage,
    RenderPlan,
    engrave,
    find_scores,
    render,
    render_scores,
)
from deepscores_tools.engraving.label_rules import Mark
from deepscores_tools.engraving.labels import OTHER
from deepscores_tools.engraving.paint import Painter
from deepscores_tools.engraving.raster import INK, Crop
from deepscores_tools.engraving.shapes import Glyph, Text

Ink = NDArray[np.bool_]
_painted: list[tuple[Mark, Crop]] = []


class Watched(Painter):
    """Remembers what it painted on the last page."""

    def crops(self, marks: Sequence[Mark]) -> list[Crop]:
        crops = super().crops(marks)
        _painted[:] = zip(marks, crops, strict=True)
        return crops


def count(item: RenderedPage, found: Counter[str]) -> None:
    ink: Ink = item.gray <= 255 - INK
    found["pages"] += 1
    found["ink pixels"] += int(np.count_nonzero(ink))
    labelled = np.zeros_like(ink)
    for symbol in item.page.symbols:
        x0, y0, x1, y1 = (int(v) for v in symbol.box)
        mask = symbol.mask
        assert mask is not None
        edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
        found["symbols"] += 1
        found["symbols whose box is not their mask's extent"] += not all(e.any() for e in edges)
        found["symbols with bare paper in their mask"] += bool((mask & ~ink[y0:y1, x0:x1]).any())
        labelled[y0:y1, x0:x1] |= mask
    words, listed = np.zeros_like(ink), np.zeros_like(ink)
    for mark, crop in _painted:
        if mark.name is None:
            if all(isinstance(shape, Text) for shape in mark.shapes):
                cover(words, crop)
            elif all(shape.element.name in OTHER for shape in mark.shapes):
                cover(listed, crop)
            else:
                first = mark.shapes[0]
                code = f" {first.code:04X}" if isinstance(first, Glyph) else ""
                found[f"no symbol, not listed: {first.element.name}{code}"] += 1
    rest = ink.copy()
    for what, area in (("symbols", labelled), ("words alone", words), ("others alone", listed)):
        found[f"ink pixels of {what}"] += int(np.count_nonzero(rest & area))
        rest &= ~area
    found["ink pixels of nothing"] += int(np.count_nonzero(rest))


def cover(area: Ink, crop: Crop) -> None:
    """Add the crop's ink to the area, where it lies on the page."""
    height, width = crop.alpha.shape
    x, y = max(0, crop.x), max(0, crop.y)
    view = area[y : max(0, crop.y + height), x : max(0, crop.x + width)]
    alpha = crop.alpha[y - crop.y :, x - crop.x :][: view.shape[0], : view.shape[1]]
    view |= alpha >= INK


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scores", nargs="+", type=Path)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    scores = find_scores(options.scores)
    fonts = (*FONTS, *RESERVED_FONTS)
    found: Counter[str] = Counter()
    with (
        patch.object(render, "supervised", in_this_process),
        patch.object(engrave, "Painter", Watched),
    ):
        for number, font in enumerate(fonts):
            pages = options.pages // len(fonts) + (number < options.pages % len(fonts))
            plan = RenderPlan(
                pages=pages, seed=options.seed + number, fonts=(font,), max_pages_per_score=1
            )
            for item in render_scores(scores, plan) if pages else ():
                count(item, found)
    for what, times in found.items():
        print(f"{what:46} {times:12,}")


if __name__ == "__main__":
    main()
