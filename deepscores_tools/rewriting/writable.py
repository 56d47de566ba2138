"""What a page must have to be written anew."""

from __future__ import annotations

from deepscores_tools.dataset_image import NOT_INK, page_image
from deepscores_tools.errors import InputError
from deepscores_tools.interline import interline_of
from deepscores_tools.sampling import WIDEST
from deepscores_tools.symbols import Page

LARGEST = WIDEST // 2  # pixels a side, as strokes that lean make a page wider


def interline_to_write(page: Page) -> float:
    """The interline in pixels of a page that can be written anew.

    Raises InputError for one with symbols of ink but without masks, without staves, or with a side
    beyond what OpenCV takes.
    """
    bare = sum(s.mask is None for s in page.symbols if s.name not in NOT_INK)
    if bare or not page.symbols:
        what = f"{bare} of its symbols have no mask" if bare else "it has no symbols"
        raise InputError(page.name, f"{what} to write it anew from; MuNG files have them")
    sides = [page.width, page.height, *(s.box.width for s in page.symbols)]
    if max(*sides, *(s.box.height for s in page.symbols)) > LARGEST:
        raise InputError(page.name, f"is larger than {LARGEST:,} pixels a side; scale it down")
    interline = page.interline or interline_of(page, page_image(page))
    if not interline:
        raise InputError(page.name, "has no staves, which tell how large its symbols are")
    return interline
