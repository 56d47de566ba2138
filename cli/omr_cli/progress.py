"""A progress bar over pages, on a terminal alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepscores_tools.symbols import Page


def progress(
    pages: Iterable[Page], what: str | None = None, total: int | None = None
) -> Iterator[Page]:
    """The pages as they are; a bar on standard error, where that is a terminal, counts them."""
    from tqdm import tqdm

    yield from tqdm(pages, desc=what, total=total, unit="page", leave=False, disable=None)
