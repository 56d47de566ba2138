"""What writers of formats have in common.

Files that appear whole, names that stay inside OUT, numbers and rows as they are written, and
a warning of what is lost.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Page

MAX_NAME = 200
"""Bytes of a name between slashes; file systems end at 255, and suffixes are added."""

_log = logging.getLogger("deepscores_tools.formats")


@contextmanager
def whole_stream(path: Path) -> Iterator[TextIO]:
    """A text stream (UTF-8, `\\n`) into `path`, which appears when all of it is written.

    Nothing is left behind where the block raises. Raises InputError where `path` cannot be
    written.
    """
    part = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        part.replace(path)
    except OSError as error:
        raise InputError(path, f"cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def inside(name: str, where: Path | str) -> str:
    """The relative path `name`, refused with InputError if it leads out of its folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    drive = re.match("[A-Za-z]:", name)
    if not path.name or path.is_absolute() or ".." in path.parts or drive:
        raise InputError(where, f"the file name {name!r} leads out of the dataset's folder")
    if not _storable(name):
        raise InputError(where, f"no file can be called {name[:60]!r}")
    return name


def _storable(name: str) -> bool:
    try:
        parts = name.encode("utf-8").split(b"/")
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return b"\0" not in b"".join(parts) and max(map(len, parts)) <= MAX_NAME


def short(value: float) -> float:
    """A whole number without `.0`: half of a truth file would be that."""
    value = float(value)
    return int(value) if value.is_integer() else value


def write_row(stream: TextIO, first: bool, row: Mapping[str, Any]) -> None:
    """Write a member of a JSON list, on a line of its own, after a comma unless it is the first."""
    stream.write("\n" if first else ",\n")
    stream.write(json.dumps(row, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    """Numbers of numpy, which JSON does not know, as Python's."""
    return value.item()


class KeyGuard:
    """Refuses two pages with one key: one would overwrite the other."""

    def __init__(self, where: Path) -> None:
        self._where = where
        self._names: dict[str, str] = {}

    def check(self, page: Page) -> None:
        """Raises InputError for the second page of a key."""
        if page.key in self._names:
            both = f"{self._names[page.key]} and {page.name}"
            raise InputError(self._where, f"{both} have the same page key; rename one")
        self._names[page.key] = page.name


class Losses:
    """Counts what a format cannot hold, and warns of it once, when writing is done."""

    def __init__(self, format_name: str) -> None:
        self._format_name = format_name
        self._counts: Counter[str] = Counter()

    def add(self, what: str, lost: int = 1) -> None:
        self._counts[what] += lost

    def warn(self) -> None:
        """One warning that names every loss with its count; none if nothing was lost."""
        lost = ", ".join(f"{what} ({n})" for what, n in sorted(self._counts.items()) if n)
        if lost:
            _log.warning("%s cannot hold: %s", self._format_name, lost)
