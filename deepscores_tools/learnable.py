"""Truth as a detector can learn from it and be measured on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import listed
from deepscores_tools.interline import interline_of
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import spelt


def learnable(page: Page) -> Page:
    """The page with classes in our spelling, and its interline measured where it is not told.

    On a page without staves it stays None. Masks go, as by `unmasked`. Raises InputError for a
    picture that cannot be read.
    """
    interline = page.interline or interline_of(page, page_image(page))
    symbols = [replace(s, name=spelt(s.name)) for s in unmasked(page).symbols]
    return replace(page, symbols=symbols, interline=interline)


def unmasked(page: Page) -> Page:
    """The page without masks, unless they are all that shows it: of some thousand pages they are
    gigabytes."""
    if page.image is None:
        return page
    return replace(page, symbols=[replace(symbol, mask=None) for symbol in page.symbols])


def left_out(pages: Sequence[Page], classes: Collection[str], least: int = 1) -> Iterator[str]:
    """What a model of these classes learns nothing from: pages without staves, other classes.

    least: rarer classes were left out on purpose.
    """
    bare = [page.name for page in pages if page.interline is None]
    if bare:
        yield f"{len(bare)} pages left out, as no staves were found: {listed(bare)}"
    counts = Counter(s.name for page in pages for s in page.symbols)
    foreign = sorted(n for n, c in counts.items() if n not in classes and c >= least)
    if foreign:
        yield f"{len(foreign)} classes left out that the model does not know: {listed(foreign)}"
