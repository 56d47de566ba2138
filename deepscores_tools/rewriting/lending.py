"""Detached symbols that writers lend each other: a rest by one hand on a page by another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.canvas import ink_within
from deepscores_tools.dataset_image import NOT_INK
from deepscores_tools.rewriting.writable import interline_to_write
from deepscores_tools.symbols import Box, Page, Symbol, box_array

DETACHED = (
    "accidental*", "articulationAccent", "character*", "dynamicLetter*", "fermata*", "numeral*",
    "ornamentTrill", "rest*", "timeSigC*", "*Clef",
)  # fmt: skip
"""Classes, as patterns, whose symbols touch no other by their nature; of MUSCIMA++."""

BORROWED = 0.6  # share of these symbols that another hand writes
ASPECT, SIZE = 1.4, 1.8  # times that a lent shape may be wider or narrower, and higher or lower
SHOWN = 0.9  # of a symbol's ink in another's mask: that shows it, as a word does its letters

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A symbol's mask (H, W), who wrote it, and its height in interlines."""

    mask: Mask
    writer: str
    height: float


def shapes_of(pages: Iterable[Page]) -> dict[str, list[Shape]]:
    """What can be lent, by class. Raises InputError as `interline_to_write` does."""
    shapes: dict[str, list[Shape]] = defaultdict(list)
    for page in pages:
        interline = interline_to_write(page)
        for symbol in page.symbols:
            if symbol.mask is not None and _detached(symbol):
                height = symbol.box.height / interline
                shapes[symbol.name].append(Shape(symbol.mask, _writer(page), height))
    return dict(shapes)


def with_borrowed(
    page: Page,
    interline: float,
    shapes: Mapping[str, Sequence[Shape]],
    rng: np.random.Generator,
) -> list[Symbol]:
    """The symbols of a page, some of them with masks by other writers, in the boxes they had.

    What shows them (the letter of a dynamic, which is a character, too; a word, its letters) shows
    the new ones. What is made of detached symbols borrows through these alone.
    """
    symbols = list(page.symbols)
    shown_by = _shown_by(symbols)
    drawn: dict[int, Symbol] = {}
    for place, others in shown_by.items():
        twins = {other for other in others if place in shown_by.get(other, ())}
        made_of_others = any(place in shown_by[other] for other in shown_by.keys() - twins)
        if made_of_others or min(twins, default=place) < place or rng.random() > BORROWED:
            continue
        symbol = symbols[place]
        alike = _alike(symbol, shapes.get(symbol.name, ()), _writer(page), interline)
        if alike:
            size = int(symbol.box.width), int(symbol.box.height)
            mask = _at_size(alike[int(rng.integers(len(alike)))].mask, size)
            for one in (place, *twins):
                drawn[one] = replace(symbols[one], box=symbol.box, mask=mask)
    for whole in set().union(*(shown_by[place] for place in drawn)) - drawn.keys():
        parts = [place for place, others in shown_by.items() if whole in others]
        old, new = [page.symbols[i] for i in parts], [drawn.get(i, page.symbols[i]) for i in parts]
        symbols[whole] = _with_parts(symbols[whole], old, new)
    return [drawn.get(place, symbol) for place, symbol in enumerate(symbols)]


def _detached(symbol: Symbol) -> bool:
    return any(fnmatchcase(symbol.name, pattern) for pattern in DETACHED)


def _writer(page: Page) -> str:
    """Who wrote it; pages that do not tell are by a writer each."""
    return str(page.attributes.get("writer", page.key))


def _alike(symbol: Symbol, shapes: Sequence[Shape], writer: str, interline: float) -> list[Shape]:
    """The shapes by others that fill the symbol's box without looking odd."""
    width, height = symbol.box.width, symbol.box.height
    return [
        shape
        for shape in shapes
        if shape.writer != writer
        and abs(math.log(shape.height * interline / height)) < math.log(SIZE)
        and abs(math.log(shape.mask.shape[0] / shape.mask.shape[1] * width / height))
        < math.log(ASPECT)
    ]


def _at_size(mask: Mask, size: tuple[int, int]) -> Mask:
    """A mask at another size, (width, height)."""
    method = cv2.INTER_AREA if size[1] < mask.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=method) >= 0.5)


def _shown_by(symbols: Sequence[Symbol]) -> dict[int, set[int]]:
    """For the place of each detached symbol, the places of the others that show it."""
    boxes = box_array(symbols)
    inked = np.array([s.mask is not None and s.name not in NOT_INK for s in symbols], bool)
    shown_by = {}
    for place, symbol in enumerate(symbols):
        if symbol.mask is None or not _detached(symbol):
            continue
        box, least = boxes[place], SHOWN * symbol.mask.sum()
        near = inked & (boxes[:, :2] < box[2:]).all(1) & (boxes[:, 2:] > box[:2]).all(1)
        near[place] = False
        shown_by[place] = {
            other
            for other in np.flatnonzero(near).tolist()
            if (ink_within(symbol.box, [symbols[other]]) & symbol.mask).sum() >= least
        }
    return shown_by


def _with_parts(whole: Symbol, old: Sequence[Symbol], new: Sequence[Symbol]) -> Symbol:
    """The whole with its parts drawn anew, or not; its box holds what pokes out."""
    boxes = box_array([whole, *old])
    box = Box(*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist())
    rest = ink_within(box, [whole]) & ~ink_within(box, old)
    return replace(whole, box=box, mask=rest | ink_within(box, new))
