"""What of a page a format cannot hold, counted field by field for the one warning of a writer."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection

from deepscores_tools.symbols import Page, Symbol

_log = logging.getLogger("deepscores_tools.formats")

_SYMBOL_FIELDS = {
    "mask": "masks",
    "outlinks": "links",
    "oriented_box": "oriented boxes",
    "score": "scores",
    "ink_area": "ink areas",
    "second_name": "second classes",
    "attributes": "symbols' attributes",
}
_PAGE_FIELDS = {
    "image": "pictures",
    "interline": "pages' interlines",
    "dpi": "pages' dpi",
    "source": "pages' sources",
    "document": "pages' documents",
    "licence": "pages' licences",
    "attributes": "pages' attributes",
}


class Losses:
    """Counts what a format cannot hold, and warns of it once, when writing is done."""

    def __init__(self, format_name: str) -> None:
        self._format_name = format_name
        self._counts: Counter[str] = Counter()

    def add(self, what: str, lost: int = 1) -> None:
        self._counts[what] += lost

    def warn(self) -> None:
        """One warning that names every loss with its count; none if nothing was lost."""
        lost = ", ".join(f"{what} ({n})" for what, n in sorted(self._counts.items()) if n)
        if lost:
            _log.warning("%s cannot hold: %s", self._format_name, lost)


def count_symbol_losses(losses: Losses, symbol: Symbol, held: Collection[str]) -> None:
    """Count each field of `symbol` that is set and not among `held`, by the field's name.

    Ids alone are not counted: without links to them they say nothing.
    """
    for field, what in _SYMBOL_FIELDS.items():
        if field not in held:
            value = getattr(symbol, field)
            is_set = value is not None and (not hasattr(value, "__len__") or len(value) > 0)
            losses.add(what, int(is_set))


def count_page_losses(losses: Losses, page: Page, held: Collection[str] = ()) -> None:
    """The same for the page's own fields; its symbols are not looked at."""
    for field, what in _PAGE_FIELDS.items():
        if field not in held:
            losses.add(what, int(bool(getattr(page, field))))
