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
from deepscores_tools.formats import FORMATS, coco, labelstudio, yolo
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import ClassTable
from deepscores_tools.whole_file import remove_orphans
from deepscores_tools.whole_folder import whole_folder

_ONE_FILE = {
    "coco": ".json", "deepscores-v2": ".json", "labelstudio": ".json", "mung": ".xml",
    "csv": ".csv", "parquet": ".parquet",
}  # fmt: skip


def write_dataset(
    pages: Iterable[Page],
    out: Path,
    format_name: str,
    classes: ClassTable | Sequence[str] = (),
    image_url: str | None = None,
) -> Counter[str]:
    """Write pages, one at a time, and count them: {"pages": ..., "symbols": ...}.

    `out`, which is not there yet, is a folder or, for coco, deepscores-v2, labelstudio, mung, csv
    and parquet, a file that ends as theirs do, without pictures; either appears whole. `classes`
    come first where the format lists classes (coco, labelstudio, yolo). image_url: see
    labelstudio.write, for which alone it is. What the format cannot hold is warned of once, with
    counts. Raises InputError.
    """
    if format_name not in FORMATS:
        raise InputError(format_name, f"is no format; there are {', '.join(FORMATS)}")
    if image_url is not None and format_name != "labelstudio":
        raise InputError(format_name, "has no picture's URLs; that is for labelstudio")
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as drawings:
        taken = counted(_with_pictures(pages, Path(drawings)), counts)
        _place(taken, out, format_name, classes, image_url)
    return counts


def takes_pictures(out: Path, format_name: str) -> bool:
    """Whether pictures are written beside the annotations: in folders, but for csv's."""
    return format_name != "csv" and not _is_one_file(out, format_name)


def _is_one_file(out: Path, format_name: str) -> bool:
    return out.suffix.lower() == _ONE_FILE.get(format_name)


def _place(
    taken: Iterable[Page],
    out: Path,
    format_name: str,
    classes: ClassTable | Sequence[str],
    image_url: str | None,
) -> None:
    if _is_one_file(out, format_name):
        if out.exists():
            raise InputError(out, "is there already; name a new file")
        remove_orphans(out)
        _write(taken, out, format_name, classes, image_url)
    elif out.suffix.lower() in _ONE_FILE.values():
        raise InputError(out, f"is no place for {format_name}; name a folder")
    else:
        with whole_folder(out) as folder:
            _write(taken, folder, format_name, classes, image_url)


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
    pages: Iterable[Page],
    out: Path,
    format_name: str,
    classes: ClassTable | Sequence[str],
    image_url: str | None,
) -> None:
    if format_name == "coco":
        coco.write(pages, out, classes)
    elif format_name == "yolo":
        yolo.write(pages, out, classes)
    elif format_name == "labelstudio":
        labelstudio.write(pages, out, classes, image_url or labelstudio.LOCAL_FILES)
    else:
        FORMATS[format_name].write(pages, out)


def noting_classes(pages: Iterable[Page], names: dict[str, None]) -> Iterator[Page]:
    """The pages as they are; `names` has the classes that went by, in their order."""
    for page in pages:
        names.update(dict.fromkeys(symbol.name for symbol in page.symbols))
        yield page


def counted(pages: Iterable[Page], counts: Counter[str]) -> Iterator[Page]:
    """The pages as they are; `counts` has how many "pages" and "symbols" went by."""
    for page in pages:
        counts["pages"] += 1
        counts["symbols"] += len(page.symbols)
        yield page
