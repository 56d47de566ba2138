"""Write a dataset in another format, with the classes of another list if so wished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from deepscores_tools.dataset_image import is_drawing, page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats import FORMATS, coco, yolo
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import ClassTable
from deepscores_tools.whole_folder import whole_folder

_ONE_FILE = {"coco": ".json", "deepscores-v2": ".json", "mung": ".xml", "csv": ".csv"}


def write_dataset(
    pages: Iterable[Page], out: Path, format_name: str, classes: ClassTable | Sequence[str] = ()
) -> Counter[str]:
    """Write pages, one at a time, and count them: {"pages": ..., "symbols": ...}.

    `out` is a folder that is not there yet or, for coco, deepscores-v2, mung and csv, a file
    that ends as theirs do, without pictures; either appears whole. `classes` come first where
    the format numbers classes (coco, yolo). What the format cannot hold is warned of once, with
    counts. Raises InputError.
    """
    if format_name not in FORMATS:
        raise InputError(format_name, f"is no format; there are {', '.join(FORMATS)}")
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as drawings:
        taken = counted(_with_pictures(pages, Path(drawings)), counts)
        _place(taken, out, format_name, classes)
    return counts


def _place(
    taken: Iterable[Page], out: Path, format_name: str, classes: ClassTable | Sequence[str]
) -> None:
    if out.suffix and out.suffix == _ONE_FILE.get(format_name):
        _write(taken, out, format_name, classes)
    elif out.suffix in _ONE_FILE.values():
        raise InputError(out, f"is no place for {format_name}; name a folder")
    else:
        with whole_folder(out) as folder:
            _write(taken, folder, format_name, classes)


def _with_pictures(pages: Iterable[Page], folder: Path) -> Iterator[Page]:
    """The pages as they are, but for those that are drawings: a PNG in `folder` is lent."""
    for page in pages:
        if page.image is None or not is_drawing(page.image):
            yield page
            continue
        picture = folder / "page.png"
        Image.fromarray(page_image(page)).save(picture)
        yield replace(page, image=picture)


def _write(
    pages: Iterable[Page], out: Path, format_name: str, classes: ClassTable | Sequence[str]
) -> None:
    if format_name == "coco":
        coco.write(pages, out, classes)
    elif format_name == "yolo":
        yolo.write(pages, out, classes)
    else:
        FORMATS[format_name].write(pages, out)


def counted(pages: Iterable[Page], counts: Counter[str]) -> Iterator[Page]:
    """The pages as they are; `counts` has how many "pages" and "symbols" went by."""
    for page in pages:
        counts["pages"] += 1
        counts["symbols"] += len(page.symbols)
        yield page
