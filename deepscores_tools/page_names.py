"""Names of pages: what they are matched by, and that files can be called like them."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from deepscores_tools.errors import InputError

MAX_NAME = 200
"""Bytes of a name between slashes; file systems end at 255, and suffixes are added."""


def page_key(name: str) -> str:
    """What the page of this name is matched by: without extension, `/` as `__`."""
    return str(PurePosixPath(name).with_suffix("")).replace("/", "__")


def inside(name: str, where: Path | str) -> str:
    """The relative path `name`, refused with InputError if it leads out of its folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    drive = re.match("[A-Za-z]:", name)
    if not path.name or path.is_absolute() or ".." in path.parts or drive:
        raise InputError(where, f"the file name {name!r} leads out of the dataset's folder")
    if any(part.startswith(".") for part in path.parts):
        raise InputError(where, f"the file name {name[:60]!r} is hidden, as it begins with a dot; "
                         "rename it")  # fmt: skip
    if not _storable(name):
        raise InputError(where, f"no file can be called {name[:60]!r}")
    return name


def _storable(name: str) -> bool:
    try:
        parts = name.encode("utf-8").split(b"/")
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return b"\0" not in b"".join(parts) and max(map(len, parts)) <= MAX_NAME


class KeyGuard:
    """Refuses two pages with one key: one would overwrite the other."""

    def __init__(self, where: Path) -> None:
        self._where = where
        self._names: dict[str, str] = {}

    def check(self, name: str) -> None:
        """Raises InputError for the second page's name of a key."""
        key = page_key(name)
        if key in self._names:
            other = self._names[key]
            if other == name:
                raise InputError(self._where, f"the page {name} occurs twice; all that is said of "
                                 "it should stand together")  # fmt: skip
            raise InputError(self._where, f"{other} and {name} have the same page key; rename one")
        self._names[key] = name
