"""One example of each class of a dataset, taken as the pages go by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.cutting.patches import cut_patch
from deepscores_tools.errors import InputError
from deepscores_tools.interline import interline_of
from deepscores_tools.picture_source import PictureSource
from deepscores_tools.symbols import Page, Symbol

SIZE = (96, 120)  # width and height in pixels at interline 20; larger symbols show in part

Gray = NDArray[np.uint8]


class ClassExamples:
    """examples: class -> uint8 of shape (120, 96), in the order in which they were met.

    The first page that shows a class gives its example, of the symbols there the one that
    scores best or is of middle size. skipped: pages without a picture or an interline.
    """

    def __init__(self, pictures: PictureSource) -> None:
        self.examples: dict[str, Gray] = {}
        self.skipped: dict[str, str] = {}
        self._pictures = pictures

    def watch(self, pages: Iterable[Page]) -> Iterator[Page]:
        """The pages as they are; examples are taken of those classes that have none yet."""
        for page in pages:
            new = {symbol.name for symbol in page.symbols} - self.examples.keys()
            if new:
                self._take(page, new)
            yield page

    def _take(self, page: Page, names: set[str]) -> None:
        try:
            gray = self._pictures.gray(page)
        except InputError as error:
            self.skipped[page.name] = str(error)
            return
        interline = interline_of(page, gray)
        if interline is None:
            self.skipped[page.name] = f"{page.name}: no staves to measure the interline in"
            return
        for name in sorted(names):
            symbol = _typical([s for s in page.symbols if s.name == name])
            self.examples[name] = cut_patch(gray, symbol.box.centre, interline, SIZE)


def _typical(symbols: list[Symbol]) -> Symbol:
    ranked = sorted(symbols, key=lambda s: (s.score or 0.0, s.box.width * s.box.height))
    return ranked[-1] if ranked[-1].score is not None else ranked[len(ranked) // 2]
