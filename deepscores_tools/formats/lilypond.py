"""Pages engraved by LilyPond: a folder of SVG files, one a page, or one of them. Read only.

Made with `deepscores_tools/lilypond/tags.ily`, the SVG says of each shape what it is. Held:
boxes, classes, masks, the picture; staff positions of note heads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deepscores_tools.errors import InputError
from deepscores_tools.formats.folders import files_of
from deepscores_tools.page_names import KeyGuard
from deepscores_tools.symbols import Page

_MARKS = (b"tspan { white-space: pre; }", b"LilyPond")


def recognises(file: Path, head: bytes) -> bool:
    """Whether this is an SVG that LilyPond wrote, tagged or not."""
    return file.suffix.lower() == ".svg" and b"<svg" in head and any(m in head for m in _MARKS)


def read(path: Path) -> Iterator[Page]:
    """The pages of a file or folder, in the order of their names. Raises InputError."""
    from deepscores_tools.lilypond import read_page  # the engraver's painter knows all formats

    guard = KeyGuard(path)
    for file in files_of(path, ".svg"):
        page = read_page(file)
        guard.check(page.name)
        yield page


def write(pages: object, out: Path) -> None:
    """Always an InputError: only LilyPond makes these."""
    raise InputError(out, "lilypond is read only; write coco, or any other format")
