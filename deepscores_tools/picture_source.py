"""The picture of a page of a dataset that has none beside it, such as `omr detect` writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats.writing import inside
from deepscores_tools.page_images import read_page
from deepscores_tools.page_sources import pages_of_file
from deepscores_tools.symbols import Page


def with_pictures(pages: Iterable[Page], pictures: PictureSource) -> Iterator[Page]:
    """The pages; those without a file that shows them get one, a PNG, until the next page.

    Raises InputError for a page without a picture in `pictures`, and without masks.
    """
    with TemporaryDirectory() as folder:
        for page in pages:
            if page.image is not None:
                yield page
                continue
            file = Path(folder, "page.png")
            Image.fromarray(pictures.gray(page)).save(file)
            yield replace(page, image=file)


class PictureSource:
    """Pictures of pages: the dataset's own, those in `folder`, or made from the masks.

    folder: what `omr detect` was given, a folder or a single file; page names are relative to
    it. Pages of PDF and TIFF files are taken from the file that they came from.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None and not folder.exists():
            raise InputError(folder, "no such file or folder")
        self._folder = folder.parent if folder is not None and folder.is_file() else folder

    def has(self, page: Page) -> bool:
        """Whether there is a picture, or masks to make one of; it may yet be unreadable."""
        return self.has_file(page) or any(symbol.mask is not None for symbol in page.symbols)

    def has_file(self, page: Page) -> bool:
        """Whether there is a file that shows it."""
        return page.image is not None or self._file(page) is not None

    def gray(self, page: Page) -> NDArray[np.uint8]:
        """uint8 of shape (page.height, page.width), paper 255. Raises InputError."""
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
            raise InputError(page.name, "has neither an image nor masks to rebuild one from; "
                             "say with --images where the images are")  # fmt: skip
        return page_image(page)

    def _file(self, page: Page) -> Path | None:
        if self._folder is None:
            return None
        names = [page.name, *([page.source] if page.source else [])]
        places = [self._folder / inside(name, page.name) for name in names]
        return next((place for place in places if place.is_file()), None)
