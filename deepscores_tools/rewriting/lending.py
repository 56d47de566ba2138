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

from deepscores_tools.symbols import Page, Symbol

DETACHED = (
    "accidental*", "articulationAccent", "character*", "dynamicLetter*", "fermata*", "numeral*",
    "ornamentTrill", "rest*", "timeSigC*", "*Clef",
)  # fmt: skip
"""Classes, as patterns, whose symbols touch no other by their nature; of MUSCIMA++."""

BORROWED = 0.6  # share of these symbols that another hand writes
ASPECT, SIZE = 1.4, 1.8  # times that a lent symbol may be differently shaped, and higher or lower

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Lent:
    """A symbol's mask (H, W), who wrote it, and its height in interlines."""

    mask: Mask
    writer: str
    height: float


def lenders(pages: Iterable[Page]) -> dict[str, list[Lent]]:
    """What can be lent, by class; of pages whose interline is known."""
    found: dict[str, list[Lent]] = defaultdict(list)
    for page in pages:
        for symbol in page.symbols:
            if page.interline and _detached(symbol) and symbol.mask is not None:
                height = symbol.box.height / page.interline
                found[symbol.name].append(Lent(symbol.mask, _writer(page), height))
    return found


def with_borrowed(
    page: Page,
    interline: float,
    lent: Mapping[str, Sequence[Lent]],
    rng: np.random.Generator,
) -> list[Symbol]:
    """The symbols of a page, some of them with masks by other writers, in the boxes they had.

    Symbols made of others (by links: a word's letters) show what their parts show.
    """
    others = {
        name: [one for one in lent[name] if one.writer != _writer(page)]
        for name in {s.name for s in page.symbols if _detached(s)} & lent.keys()
    }
    symbols = list(page.symbols)
    made_of = _made_of(symbols)
    for place, symbol in enumerate(page.symbols):
        old = symbol.mask
        if old is None or not others.get(symbol.name) or rng.random() > BORROWED:
            continue
        height = symbol.box.height / interline
        like = [one for one in others[symbol.name] if _alike(one, old, height)]
        if not like:
            continue
        new = _at_size(like[int(rng.integers(len(like)))].mask, old.shape)
        symbols[place] = replace(symbol, mask=new)
        for whole in made_of[place]:
            symbols[whole] = _with_part(symbols[whole], symbol, new)
    return symbols


def _detached(symbol: Symbol) -> bool:
    return any(fnmatchcase(symbol.name, pattern) for pattern in DETACHED)


def _writer(page: Page) -> str:
    return str(page.attributes.get("writer", page.key))


def _alike(one: Lent, old: Mask, height: float) -> bool:
    """Whether it fills the old mask's box, `height` interlines high, without looking odd."""
    aspect = one.mask.shape[0] / one.mask.shape[1] * old.shape[1] / old.shape[0]
    sizes = math.log(aspect) / math.log(ASPECT), math.log(one.height / height) / math.log(SIZE)
    return max(map(abs, sizes)) < 1


def _at_size(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """A mask at another size; it touches all sides of its box as before."""
    method = cv2.INTER_AREA if shape[0] < mask.shape[0] else cv2.INTER_LINEAR
    covered = cv2.resize(mask.astype(np.float32), (shape[1], shape[0]), interpolation=method)
    return np.asarray(covered >= 0.5)


def _made_of(symbols: Sequence[Symbol]) -> dict[int, list[int]]:
    """Places of the symbols that each is a part of: linked from, and inside.

    A notehead links to its accidental, too, but does not hold it.
    """
    place = {symbol.id: i for i, symbol in enumerate(symbols)}
    wholes: dict[int, list[int]] = defaultdict(list)
    for i, symbol in enumerate(symbols):
        for link in symbol.outlinks:
            part = place.get(link)
            if part is not None and _holds(symbol, symbols[part]):
                wholes[part].append(i)
    return wholes


def _holds(whole: Symbol, part: Symbol) -> bool:
    a, b = whole.box, part.box
    return a.x0 <= b.x0 and a.y0 <= b.y0 and b.x1 <= a.x1 and b.y1 <= a.y1


def _with_part(whole: Symbol, part: Symbol, new: Mask) -> Symbol:
    """The whole, its part drawn anew."""
    if whole.mask is None or part.mask is None:
        return whole
    x, y = int(part.box.x0 - whole.box.x0), int(part.box.y0 - whole.box.y0)
    mask = whole.mask.copy()
    window = mask[y : y + new.shape[0], x : x + new.shape[1]]
    window[:] = (window & ~part.mask) | new
    return replace(whole, mask=mask)
