"""Which pages a list of files and folders holds, and what each is called.

A page's name is its path relative to the argument it came by; PDF and TIFF pages are numbered:
`joplin/mapleleaf-001.pdf`. Its key is what its output files are called by, and is unique.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deepscores_tools.errors import InputError, reason
from deepscores_tools.page_names import inside, page_key
from deepscores_tools.pdf import pdf_page_count
from deepscores_tools.raster import raster_pages

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jp2", ".j2k", ".jpf", ".tif", ".tiff", ".pdf"}
)
KINDS = "PNG, JPEG, JPEG 2000, TIFF or PDF"
MAX_KEY_BYTES = 190  # file systems take 255 bytes a name; page numbers and suffixes come after

_HEADER_BYTES = 1024  # a PDF's mark may come this late
_TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_JPEG2000_MARKS = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")  # a file, a bare stream


@dataclass(frozen=True, slots=True)
class PageSource:
    """One page on disk, not yet decoded.

    path: the file. index: its page or frame there, from 0. argument: what the user named.
    name: see above. source, source_page: the file relative to the argument and its page from 1,
    for PDF and TIFF.
    """

    path: Path
    argument: Path
    name: str
    kind: str
    index: int = 0
    source: str | None = None
    source_page: int | None = None

    @property
    def key(self) -> str:
        """As Page.key."""
        return page_key(self.name)


def find_pages(
    arguments: Sequence[Path], skip: Callable[[Path], bool] = lambda _: False
) -> tuple[list[PageSource], list[InputError]]:
    """The pages of all arguments in order (folders sorted, with their subfolders), and the
    arguments and files that have none, with the reason.

    skip: whether a folder found in one is left out, as our own output. Hidden files are, too.
    Raises InputError where two pages would get one key.
    """
    pages: list[PageSource] = []
    failures: list[InputError] = []
    for argument in dict.fromkeys(arguments):
        try:
            for path in _files(argument, skip):
                try:
                    pages += pages_of_file(path, argument)
                except InputError as failure:
                    failures.append(failure)
        except InputError as failure:
            failures.append(failure)
    return _without_repeats(pages), failures


def pages_of_file(path: Path, argument: Path | None = None) -> list[PageSource]:
    """The pages of one file. Raises InputError where it is none of our formats, or broken."""
    argument = path if argument is None else argument
    relative = path.name if path == argument else path.relative_to(argument).as_posix()
    _check_name(path, relative)
    kind = kind_of(path)
    frames = list(range(pdf_page_count(path))) if kind == "PDF" else raster_pages(path)
    if kind not in ("PDF", "TIFF"):
        return [PageSource(path, argument, relative, kind)]
    stem = PurePosixPath(relative)
    digits = max(3, len(str(len(frames))))  # so that sorted names are in page order
    return [
        PageSource(
            path=path,
            argument=argument,
            name=str(stem.with_name(f"{stem.stem}-{number:0{digits}d}{stem.suffix}")),
            kind=kind,
            index=frame,
            source=relative,
            source_page=number,
        )
        for number, frame in enumerate(frames, start=1)
    ]


def kind_of(path: Path) -> str:
    """One of KINDS, by the file's first bytes; its name is not trusted."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        raise InputError(path, "no such file or folder; check the path") from None
    except OSError as error:
        raise InputError(path, f"cannot be read ({reason(error)}); check it") from None
    if not head:
        raise InputError(path, f"an empty file; give a {KINDS}")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(_JPEG2000_MARKS):
        return "JPEG 2000"
    if head.startswith(_TIFF_MARKS):
        return "TIFF"
    if b"%PDF-" in head:
        return "PDF"
    raise InputError(path, f"not a {KINDS}, whatever its name; convert it to one of these")


def _files(argument: Path, skip: Callable[[Path], bool]) -> Iterator[Path]:
    if not os.path.isdir(argument):  # noqa: PTH112 - false for names that nothing can have
        yield argument
        return
    problems: list[OSError] = []
    found = False
    visited: set[Path] = set()  # a link may lead back
    for folder, subfolders, names in os.walk(argument, onerror=problems.append, followlinks=True):
        here = Path(folder)
        if here.resolve() in visited:
            subfolders.clear()
            continue
        visited.add(here.resolve())
        subfolders[:] = sorted(
            name for name in subfolders if not name.startswith(".") and not skip(here / name)
        )
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                found = True
                yield here / name
    if problems:
        raise InputError(argument, f"cannot be searched ({problems[0]}); check its permissions")
    if not found:
        raise InputError(argument, f"no {KINDS} in this folder")


def _check_name(path: Path, relative: str) -> None:
    """Names go into XML, CSV and JSON as text, and into file names."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in relative):
        shown = ascii(str(path))[1:-1]
        raise InputError(shown, "a name with control characters or not in UTF-8; rename it")
    if len(relative.replace("/", "__").encode()) > MAX_KEY_BYTES:
        raise InputError(path, f"a name over {MAX_KEY_BYTES} bytes; rename it, or start deeper")
    inside(relative, path)  # else the page is found, and no format can hold it


def _without_repeats(pages: Sequence[PageSource]) -> list[PageSource]:
    """The pages, each once (a file may be named beside its folder); clashing keys refused."""
    first: dict[str, PageSource] = {}
    for page in pages:
        other = first.setdefault(page.key, page)
        if other is not page and (
            other.index != page.index or other.path.resolve() != page.path.resolve()
        ):
            raise InputError(
                page.path,
                f"its page {page.name} and {other.name} of {other.path} would be written to the"
                " same files; rename one, or give each its own -o",
            )
    return list(first.values())
