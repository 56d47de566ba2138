"""Finding scores: files and folders, and the fixed train and test sets of an index."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from deepscores_tools.engraving.score_files import INPUT_FROM
from deepscores_tools.errors import InputError, reason

SUFFIXES = tuple(INPUT_FROM)


def find_scores(sources: Sequence[Path]) -> list[Path]:
    """The scores among files and folders, each once, sorted within each folder. InputError."""
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            found += sorted(p for p in source.rglob("*") if _is_score(p, source))
        elif source.suffix.lower() in SUFFIXES and source.is_file():
            found.append(source)
        else:
            raise InputError(source, f"no score here; give {', '.join(SUFFIXES)} or a folder")
    if not found:
        raise InputError(", ".join(map(str, sources)), "holds no score")
    first: dict[Path, Path] = {}
    for path in found:
        first.setdefault(path.resolve(), path)
    return list(first.values())


def _is_score(path: Path, folder: Path) -> bool:
    """Whether it is one, and lies in no hidden folder: unfinished runs do."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in SUFFIXES and not hidden and path.is_file()


def of_set(scores: Sequence[Path], index: Path, wanted: str) -> list[Path]:
    """The scores that an index puts into a set, by the last two parts of their path.

    The index is a CSV file with the columns corpus, file and set. Raises InputError.
    """
    try:
        with index.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        members = {(r["corpus"], r["file"]) for r in rows if r["set"] == wanted}
    except OSError as error:
        raise InputError(index, f"cannot be read ({reason(error)})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(index, f"is not CSV in UTF-8 ({error})") from error
    except KeyError as error:
        raise InputError(index, f"has no column {error}; needs corpus, file, set") from error
    chosen = [p for p in scores if (p.resolve().parent.name, p.name) in members]
    if not chosen:
        raise InputError(index, f"names none of these scores in its set {wanted!r}")
    return chosen
