"""The picture of a page of a dataset that has none beside it, such as `omr detect` writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats.pictures import first_file, picture_size
from deepscores_tools.page_images import read_page
from deepscores_tools.page_names import inside
from deepscores_tools.page_sources import pages_of_file
from deepscores_tools.symbols import Page
from deepscores_tools.whole_file import write_png


def with_pictures(
    pages: Iterable[Page], pictures: PictureSource, *, all_of_them: bool = True
) -> Iterator[Page]:
    """The pages; those without a file that shows them get one, a PNG, until the next page.

    Raises InputError for a page without a picture in `pictures`, and without masks; unless
    all_of_them, a page that no file shows stays as it is.
    """
    with TemporaryDirectory() as folder:
        for page in map(pictures.sized, pages):
            if page.image is not None or not (all_of_them or pictures.has_file(page)):
                yield page
                continue
            file = Path(folder, "page.png")
            write_png(file, pictures.gray(page))
            yield replace(page, image=file)


class PictureSource:
    """Pictures of pages: the dataset's own, those in `places`, or made from the masks.

    places: what `omr detect` was given, folders or single files. Page names are relative to a
    folder; a file shows the pages called by its own name, whatever lies beside it. Pages of PDF
    and TIFF files are taken from the file that they came from.
    """

    def __init__(self, *places: Path) -> None:
        for place in places:
            if not place.exists():
                raise InputError(place, "no such file or folder")
        self._places = places
        self._files = frozenset(place for place in places if place.is_file())

    def has(self, page: Page) -> bool:
        """Whether there is a picture, or masks to make one of; it may yet be unreadable."""
        return self.has_file(page) or any(symbol.mask is not None for symbol in page.symbols)

    def has_file(self, page: Page) -> bool:
        """Whether there is a file that shows it."""
        return page.image is not None or self._file(page) is not None

    def sized(self, page: Page) -> Page:
        """The page at the size of its picture, where only its symbols told one."""
        file = None if page.size_known else self._file(page)
        if file is None:
            return page
        width, height = picture_size(file)
        return replace(page, width=width, height=height, size_known=True)

    def gray(self, page: Page) -> NDArray[np.uint8]:
        """uint8 of the shape (height, width) of `sized(page)`, paper 255. Raises InputError."""
        page = self.sized(page)
        file = None if page.image is not None else self._file(page)
        if file is None:
            return self._own(page)
        number = page.source_page
        if number is None or file.name == Path(page.name).name:
            return page_image(replace(page, image=file))
        sources = pages_of_file(file)
        if not 0 < number <= len(sources):
            raise InputError(file, f"has {len(sources)} pages, and {page.name} is its {number}th")
        gray = read_page(sources[number - 1]).gray
        if gray.shape != (page.height, page.width):
            height, width = gray.shape
            raise InputError(file, f"page {number} is {width} x {height} pixels, {page.name} "
                             f"{page.width} x {page.height}")  # fmt: skip
        return gray

    def _own(self, page: Page) -> NDArray[np.uint8]:
        if not self.has(page):
            where = f" in {self._places[0]}" if self._places else ""
            raise InputError(page.name, f"has neither an image{where} nor masks to rebuild one "
                             "from; say with --images what omr detect was given")  # fmt: skip
        return page_image(page)

    def _file(self, page: Page) -> Path | None:
        return first_file(file for place in self._places for file in self._candidates(place, page))

    def _candidates(self, place: Path, page: Page) -> list[Path]:
        names = [name for name in (page.name, page.source) if name]
        if place in self._files:
            return [place] if place.name in names else []
        return [place / inside(name, page.name) for name in names]
