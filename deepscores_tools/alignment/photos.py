"""Photos of pages of a dataset to pages of a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from deepscores_tools.alignment.align import Reference, align
from deepscores_tools.alignment.likeness import Likeness
from deepscores_tools.dataset_image import page_image
from deepscores_tools.degradation.geometry import carry
from deepscores_tools.errors import InputError
from deepscores_tools.page_images import PageImage, page_images
from deepscores_tools.symbols import Page


def aligned_pages(
    photos: Path,
    pages: Iterable[Page],
    name: str | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Iterator[Page]:
    """A page for each photo: the photo as its image, its symbols those of the page it shows.

    photos: a file, or a folder of them. pages: a dataset's; name: the one that all photos
    show, by default each photo's is sought. report: takes a line about each photo. Page.image
    of photos in PDF and TIFF files lasts until the next page is asked for. Raises InputError,
    also for a photo that shows none of the pages.
    """
    references = [
        Reference(page, partial(page_image, page))
        for page in pages
        if name is None or name in (page.name, page.key)
    ]
    if not references:
        raise InputError(name or "RENDER", "is no page of the dataset; see omr dataset info")
    with TemporaryDirectory() as folder:
        for photo in page_images([photos]):
            found = align(photo.gray, references)
            shown = references[found.page].page
            if found.fit is None or not found.accepted:
                raise InputError(photo.source.path, _refusal(found, shown))
            report(f"{photo.source.name} shows {shown.name}: {found}")
            page = carry(shown, found.fit)
            yield replace(
                page,
                name=photo.source.name,
                dpi=photo.dpi,
                image=_image(photo, Path(folder)),
                source=photo.source.source,
                source_page=photo.source.source_page,
                attributes={**page.attributes, "render": shown.name},
            )


def _refusal(found: Likeness, shown: Page) -> str:
    closest = "" if found.fit is None else f" (the closest, {shown.name}: {found})"
    return f"shows no page that is labelled{closest}; give the page that was printed"


def _image(photo: PageImage, folder: Path) -> Path:
    if photo.source.kind in ("PNG", "JPEG"):
        return photo.source.path
    picture = folder / "photo.png"
    Image.fromarray(photo.gray).save(picture)
    return picture
