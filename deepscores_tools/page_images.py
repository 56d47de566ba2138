"""Pages as arrays: `for image in page_images([path]): image.gray`, one page in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.page_sources import PageSource, find_pages, pages_of_file
from deepscores_tools.pdf import read_pdf_page
from deepscores_tools.raster import read_raster


@dataclass(frozen=True, slots=True, eq=False)
class PageImage:
    """A decoded page. gray: uint8, shape (H, W), 0 black, 255 white, as displayed.

    dpi: the resolution a PDF was rendered at, or that an image file states; else None.
    """

    source: PageSource
    gray: NDArray[np.uint8]
    dpi: float | None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.gray.shape[1], self.gray.shape[0]


def read_page(source: PageSource) -> PageImage:
    """Decode one page. Raises InputError for damaged, encrypted, too large or small ones."""
    if source.kind == "PDF":
        gray, dpi = read_pdf_page(source.path, source.index)
        return PageImage(source, gray, dpi)
    return PageImage(source, *read_raster(source.path, source.index))


def read_first_page(path: Path | str) -> PageImage:
    """The first page of one file, for callers who have a single page image."""
    return read_page(pages_of_file(Path(path))[0])


def page_images(arguments: Sequence[Path]) -> Iterator[PageImage]:
    """Every page of files and folders in order. Raises InputError at the first bad one."""
    sources, failures = find_pages(arguments)
    if failures:
        raise failures[0]
    for source in sources:
        yield read_page(source)
