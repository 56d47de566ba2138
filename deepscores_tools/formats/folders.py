"""The files of a dataset's folder."""

from __future__ import annotations

from pathlib import Path

from deepscores_tools.errors import InputError


def visible(folder: Path, pattern: str) -> list[Path]:
    """The files that fit a pattern, in the order of their names; none that is hidden.

    macOS leaves a hidden `._name` beside each file that it copies to a foreign disk.
    """
    return sorted(
        file
        for file in folder.glob(pattern)
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def files_of(path: Path, suffix: str) -> list[Path]:
    """The files of a dataset, which may be one file: those in the folder that end in `suffix`.

    Raises InputError if there is none.
    """
    files = visible(path, f"*{suffix}") if path.is_dir() else [path]
    if not files:
        raise InputError(path, f"no {suffix} file in this folder")
    return files
