"""The pages that a recipe names, and what of them nothing is learnt from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from deepscores_tools.errors import InputError, listed
from deepscores_tools.formats import read_selected
from deepscores_tools.learnable import foreign_classes, learnable, unmasked
from deepscores_tools.symbols import Page

from .recipe import DataConfig


def training_pages(data: DataConfig) -> list[Page]:
    """All training pages of a recipe, learnable. Raises InputError."""
    return [learnable(page) for spec in data.train for page in read_selected(spec)]


def validation_pages(data: DataConfig) -> list[Page]:
    """The validation pages of a recipe, learnable, at most as many as it asks for, evenly chosen.

    Raises InputError where there is none.
    """
    pages = [unmasked(page) for spec in data.val for page in read_selected(spec)]
    if not pages:
        raise InputError(", ".join(data.val), "no page to validate on")
    return [learnable(page) for page in evenly(pages, data.val_pages)]


def evenly(pages: Sequence[Page], most: int) -> list[Page]:
    """At most so many of the pages, at equal distances."""
    count = min(most, len(pages))
    return [pages[i * len(pages) // count] for i in range(count)]


def left_out(pages: Sequence[Page], classes: Collection[str], least: int) -> Iterator[str]:
    """What nothing is learnt from: pages without staves, classes that the model does not know.

    least: rarer classes were left out on purpose.
    """
    bare = [page.name for page in pages if page.interline is None]
    if bare:
        yield f"{len(bare)} pages left out, as no staves were found: {listed(bare)}"
    foreign = foreign_classes(pages, classes, least)
    if foreign:
        yield f"{len(foreign)} classes left out that the model does not know: {listed(foreign)}"
