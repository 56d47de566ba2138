"""Write a folder whole or not at all, as whole_file.py does with a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepscores_tools.errors import InputError, reason
from deepscores_tools.whole_file import part_name, remove_orphans


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A new folder to write into, which becomes `out` when the block is done.

    Nothing is left behind where the block raises. Raises InputError where `out` is a file, holds
    something already, or cannot be written; paths in the block's own InputErrors are mended.
    """
    target = out.resolve()
    part = part_name(target)
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InputError(out, "is there already; name a new folder")
        remove_orphans(target)
        part.mkdir(parents=True)
        yield part
        if target.exists():
            target.rmdir()
        part.replace(target)
    except InputError as error:
        where, problem = (t.replace(str(part), str(out)) for t in (error.where, error.problem))
        raise InputError(where, problem) from error.__cause__
    except OSError as error:
        raise InputError(out, f"cannot be written ({reason(error)})") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
