"""The pages of a dataset as scans, with their truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deepscores_tools.degradation.presets import Preset
from deepscores_tools.degradation.scan import degrade_page
from deepscores_tools.errors import InputError
from deepscores_tools.interline import interline_of
from deepscores_tools.picture_source import PictureSource
from deepscores_tools.symbols import Page
from deepscores_tools.whole_file import write_png


def degraded_pages(
    pages: Iterable[Page], pictures: PictureSource, preset: Preset, seed: int
) -> Iterator[Page]:
    """The pages as scans of this kind, each with a picture, a PNG, until the next page.

    What one is like follows from the seed and its name. Raises InputError for a page without a
    picture, and for one that shows no staves where its interline is not told: lengths are
    measured in interlines.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, "page.png")
        for page in map(pictures.sized, pages):
            gray = pictures.gray(page)
            interline = interline_of(page, gray)
            if interline is None:
                raise InputError(page.name, "no staves found, by which wear would be measured")
            gray, worn = degrade_page(gray, replace(page, interline=interline), preset, seed)
            write_png(file, gray)
            yield replace(worn, image=file, source=None, source_page=None)
