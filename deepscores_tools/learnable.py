"""Truth as a detector can learn from it and be measured on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from deepscores_tools.dataset_image import page_image
from deepscores_tools.interline import interline_of
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import spelt


def learnable(page: Page) -> Page:
    """The page with classes in our spelling, and its interline measured where it is not told.

    On a page without staves it stays None. Masks go, as by `unmasked`. Raises InputError for a
    picture that cannot be read.
    """
    interline = page.interline or interline_of(page, page_image(page))
    page = unmasked(page)
    symbols = page.symbols
    if any(s.name != spelt(s.name) for s in symbols):
        symbols = [replace(s, name=spelt(s.name)) for s in symbols]
    return replace(page, symbols=symbols, interline=interline)


def unmasked(page: Page) -> Page:
    """The page without masks, unless they are all that shows it: of some thousand pages they are
    gigabytes."""
    if page.image is None or all(symbol.mask is None for symbol in page.symbols):
        return page
    return replace(page, symbols=[replace(symbol, mask=None) for symbol in page.symbols])


def foreign_classes(pages: Iterable[Page], known: Collection[str], least: int = 1) -> list[str]:
    """The classes of `least` symbols or more, on all pages, that are not among the known ones."""
    counts = Counter(symbol.name for page in pages for symbol in page.symbols)
    return sorted(name for name, count in counts.items() if name not in known and count >= least)
