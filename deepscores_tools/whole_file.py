"""Write a file whole or not at all: a reader never sees half of one, whenever we are killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from io import BytesIO
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deepscores_tools.errors import InputError, reason


def part_name(path: Path) -> Path:
    """What `path` is called until it is whole.

    With the process's number: two runs may write one file at a time, the last one stays.
    """
    return path.parent / f".{path.name}.{os.getpid()}.part"


@contextmanager
def part_of(path: Path) -> Iterator[Path]:
    """A name beside `path` for the block to write to, renamed to `path` when the block is done.

    Folders are made; nothing is left behind where the block raises.
    """
    part = part_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def whole_stream(path: Path) -> Iterator[TextIO]:
    """A text stream (UTF-8, `\\n`) into `path`, which appears when all of it is written.

    Raises InputError where `path` cannot be written.
    """
    try:
        with part_of(path) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
    except OSError as error:
        raise InputError(path, f"cannot be written ({reason(error)})") from error


def write_whole(path: Path, content: str | bytes) -> None:
    """Write text (UTF-8) or bytes to `path`; folders are made.

    Raises InputError where that is impossible: no permission, no space, a file for a folder.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        with part_of(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise InputError(
            path, f"cannot be written ({reason(error)}); choose another folder or make room"
        ) from None


def write_png(path: Path, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """Write gray levels of shape (height, width) as a PNG of 8 or 16 bits; see `write_whole`."""
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    write_whole(path, stream.getvalue())


def remove_orphans(path: Path) -> None:
    """Remove what processes left that were killed as they wrote this file or folder."""
    for part in path.parent.glob(f".{escape(path.name)}.*.part"):
        number = part.name.split(".")[-2]
        if number.isdecimal() and not _is_running(int(number)):
            if part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    """Whether another process has this number; in a container each run has the same one."""
    if process == os.getpid():
        return False
    if os.name != "posix":
        return True  # there is no asking without harm
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def remove_parts(folder: Path) -> None:
    """Remove what writers of this folder's files left when they were killed.

    For folders that nobody else is writing into: see folder_lock.
    """
    with suppress(OSError):
        for part in folder.glob(".*.part"):
            part.unlink(missing_ok=True)
