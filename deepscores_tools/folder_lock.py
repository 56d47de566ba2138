"""One process at a time writes into a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepscores_tools.errors import InputError, reason


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold `folder`, made if need be, against other processes that ask for it here.

    The system lets go of it when the process ends, however it ends. Where there are no such
    locks (Windows, some network file systems) nobody is refused. Raises InputError where
    another process holds the folder, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":
            yield
            return
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise InputError(
            folder, f"cannot be written ({reason(error)}); choose another folder"
        ) from None
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    import fcntl  # not on Windows

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            folder, "another process is writing into it; wait for it, or choose another folder"
        ) from None
    except OSError:
        return  # no locks on this file system
