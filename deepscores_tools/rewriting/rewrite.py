"""Rewrite pages: lend symbols, bend strokes, leave the staves as they were ruled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from zlib import crc32

import numpy as np

from deepscores_tools.degradation.geometry import carry
from deepscores_tools.links import linked_among
from deepscores_tools.rewriting.lending import Shape, with_borrowed
from deepscores_tools.rewriting.other_hand import STEEPEST, OtherHand, draw_waves
from deepscores_tools.rewriting.ruled import mended
from deepscores_tools.rewriting.writable import interline_to_write
from deepscores_tools.symbols import Page

RULED = frozenset({"staff", "staffLine", "staffSpace"})


def rewritten_pages(
    pages: Iterable[Page], shapes: Mapping[str, Sequence[Shape]], copies: int, seed: int = 0
) -> Iterator[Page]:
    """Each page by `copies` other hands, called `..._hand1` and so on.

    What one is like follows from its key, the seed, and the shapes to borrow (`shapes_of`). Raises
    InputError as `interline_to_write` does.
    """
    for page in pages:
        path = PurePosixPath(page.name)
        for copy in range(1, copies + 1):
            rng = np.random.default_rng([seed, copy, crc32(page.key.encode())])
            name = str(path.with_name(f"{path.stem}_hand{copy}.png"))
            yield replace(rewritten(page, shapes, rng), name=name)


def rewritten(page: Page, shapes: Mapping[str, Sequence[Shape]], rng: np.random.Generator) -> Page:
    """A page as another hand might have written it, shown by its masks alone.

    Its symbols are those it had, with their ids, the staves last; what strokes take beyond its
    edges is cut off, and links to what is wholly gone with it. Raises InputError as
    `interline_to_write` does.
    """
    interline = interline_to_write(page)
    symbols = with_borrowed(page, interline, shapes, rng)
    ruled = mended([s for s in symbols if s.name in RULED], interline)
    written = [s for s in symbols if s.name not in RULED]
    slant = rng.uniform(-STEEPEST, STEEPEST)
    hand = OtherHand(page.width, page.height, slant, draw_waves(interline, rng))
    ruler = OtherHand(page.width, page.height, slant)
    new = carry(replace(page, symbols=written), hand)
    staves = carry(replace(page, symbols=ruled), ruler)
    kept = linked_among([*new.symbols, *staves.symbols])
    return replace(
        new, symbols=kept, interline=interline, image=None, source=None, source_page=None,
        size_known=True,
    )  # fmt: skip
