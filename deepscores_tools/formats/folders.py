"""The files of a dataset's folder."""

from __future__ import annotations

from pathlib import Path


def visible(folder: Path, pattern: str) -> list[Path]:
    """The files that fit a pattern, in the order of their names; none that is hidden.

    macOS leaves a hidden `._name` beside each file that it copies to a foreign disk.
    """
    return sorted(
        file
        for file in folder.glob(pattern)
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )
