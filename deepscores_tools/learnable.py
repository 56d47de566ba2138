"""Truth as a detector can learn from it and be measured on it."""

from __future__ import annotations

from dataclasses import replace

from deepscores_tools.dataset_image import page_image
from deepscores_tools.interline import interline_of
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import spelt


def learnable(page: Page) -> Page:
    """The page with classes in our spelling, and its interline measured where it is not told.

    On a page without staves it stays None. Raises InputError for a picture that cannot be read.
    """
    symbols = page.symbols
    if any(s.name != spelt(s.name) for s in symbols):
        symbols = [replace(s, name=spelt(s.name)) for s in symbols]
    interline = page.interline or interline_of(page, page_image(page))
    return replace(page, symbols=symbols, interline=interline)
