"""Readers and writers of the field's formats, one module a format, all with the same functions.

    read(path) -> Iterator[Page]
    write(pages, out) -> None
    recognises(file, head) -> bool    whether a file that begins with these bytes is its own

The format of a dataset is told from its content. A dataset may be named together with a
choice of pages, `PATH#writer=07,19` or `PATH#writer!=07,19`: see `read_selected`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, cast

from deepscores_tools.errors import InputError, reason
from deepscores_tools.formats import (
    coco,
    cropobject,
    csv,
    deepscores_v1,
    deepscores_v2,
    labelstudio,
    lilypond,
    mung,
    parquet,
    voc,
    yolo,
)
from deepscores_tools.formats.folders import visible
from deepscores_tools.page_choice import Condition, parse_spec, select
from deepscores_tools.symbols import Page

HEAD = 4096  # bytes of a file that formats are told by
_FOLDERS = ("annotations", "Annotations", "xml_annotations")
_INDEXES = ("annotations.json", "data.yaml")


class Format(Protocol):
    """What a module of this package offers."""

    def read(self, path: Path) -> Iterator[Page]: ...

    def write(self, pages: Iterable[Page], out: Path) -> None: ...

    def recognises(self, file: Path, head: bytes) -> bool: ...


FORMATS: dict[str, Format] = {
    name: cast(Format, module)
    for name, module in (
        ("deepscores-v1", deepscores_v1), ("deepscores-v2", deepscores_v2), ("mung", mung),
        ("cropobject", cropobject), ("labelstudio", labelstudio), ("coco", coco), ("voc", voc),
        ("yolo", yolo), ("csv", csv), ("parquet", parquet), ("lilypond", lilypond),
    )
}  # fmt: skip
"""Every format by the name that commands and options give it."""


def format_of(path: Path) -> str:
    """The name of the format of a file or folder. Raises InputError if it is none of ours."""
    for file in _telling_files(path):
        try:
            with file.open("rb") as stream:
                head = stream.read(HEAD)
        except OSError as error:
            raise InputError(file, f"cannot be read ({reason(error)})") from error
        for name, module in FORMATS.items():
            if module.recognises(file, head):
                return name
    known = ", ".join(FORMATS)
    raise InputError(path, f"is no dataset in a format known here ({known})")


def read_dataset(path: Path) -> Iterator[Page]:
    """The pages of a dataset, file or folder, one at a time. Raises InputError."""
    return FORMATS[format_of(path)].read(path)


def read_fitting(path: Path, conditions: Sequence[Condition], name: str) -> Iterator[Page]:
    """The pages for which all conditions hold; `name` is what errors call the dataset.

    Where a format tells attributes without parsing a page, others are not parsed. InputError.
    """
    chosen = conditions and format_of(path) == "mung"
    pages = mung.read(path, conditions) if chosen else read_dataset(path)
    return select(pages, conditions, name)


def read_selected(spec: str) -> Iterator[Page]:
    """The pages that a spec names: `PATH`, `PATH#writer=07,19` or `PATH#writer!=07,19`.

    Conditions on further attributes follow after `&`. Raises InputError, also where not one
    page fits.
    """
    path, conditions = parse_spec(spec)
    return read_fitting(path, conditions, spec)


def _telling_files(path: Path) -> Iterator[Path]:
    """The file, or the files of a folder that can tell what it is, the surest first."""
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise InputError(path, "no such file or folder")
    for folder in (path, *(path / name for name in _FOLDERS)):
        for name in _INDEXES:
            if (folder / name).is_file():
                yield folder / name
        for suffix in ("*.json", "*.csv", "*.parquet", "*.xml", "*.svg"):
            yield from visible(folder, suffix)[:1]  # which stands for all of its kind
