"""data.yaml and sizes.csv: what a YOLO dataset says of itself."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped, unused-ignore]

from deepscores_tools.errors import InputError, reason
from deepscores_tools.formats.limits import MAX_SIDE
from deepscores_tools.page_names import inside

DATA, SIZES = "data.yaml", "sizes.csv"
_SPLITS = ("train", "val", "valid", "test")
_MAX_BYTES = 1 << 18
_MAX_DEPTH = 8  # PyYAML takes minutes over some thousand open brackets


@dataclass(frozen=True, slots=True)
class Config:
    """root: the dataset's folder. names: classes by their numbers. images: folders in it."""

    root: Path
    names: Sequence[str]
    images: Sequence[Path]


def read_config(file: Path) -> Config:
    """What data.yaml says. Raises InputError, also for folders outside its own.

    Its `path` is often that of another machine, so the folder of the file itself is the root.
    """
    data = _load(file)
    root = file.parent
    folders = [_folder(entry, root, file) for key in _SPLITS for entry in _listed(data.get(key))]
    if not folders:
        folders = [root / "images"]
    return Config(root, _names(data.get("names"), file), _outermost(folders))


def read_sizes(root: Path) -> Mapping[str, tuple[int, int]]:
    """(width, height) by page name; none where there is no sizes.csv. Raises InputError."""
    file = root / SIZES
    if not file.is_file():
        return {}
    sizes = {}
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            for name, width, height in csv.reader(stream):
                sizes[inside(name, file)] = int(width), int(height)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(file, f"is not a list of name,width,height: {error}") from error
    if not all(0 < side <= MAX_SIDE for size in sizes.values() for side in size):
        raise InputError(file, f"has a page that is not 1 to {MAX_SIDE} pixels wide and high")
    return sizes


def _load(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise InputError(file, "is too large for a data.yaml")
        text = file.read_text(encoding="utf-8")
        _refuse_tricks(text)
        data = yaml.safe_load(text)
    except OSError as error:
        raise InputError(file, f"cannot be read ({reason(error)})") from error
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise InputError(file, f"is not valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise InputError(file, "is no data.yaml: expected names, train, val")
    return data


def _refuse_tricks(text: str) -> None:
    """Raises ValueError for deep nesting, for aliases, which may stand for ever more, and for
    texts that no file can hold: halves of surrogate pairs."""
    depth = 0
    for token in yaml.scan(text):
        kind = type(token).__name__
        depth += kind.endswith("StartToken") and kind != "StreamStartToken"
        depth -= kind.endswith("EndToken")
        if depth > _MAX_DEPTH:
            raise ValueError(f"nested deeper than {_MAX_DEPTH}")
        if isinstance(token, yaml.AliasToken):
            raise ValueError("it has aliases, which are not read; write the names out")
        if isinstance(token, yaml.ScalarToken):
            token.value.encode("utf-8")


def _names(names: object, file: Path) -> Sequence[str]:
    if isinstance(names, dict):
        if sorted(map(str, names)) != sorted(map(str, range(len(names)))):
            raise InputError(file, "names are not numbered from 0 on")
        by_number = {int(number): name for number, name in names.items()}
        names = [by_number[number] for number in range(len(by_number))]
    if not isinstance(names, list) or not all(isinstance(n, str | int | float) for n in names):
        raise InputError(file, "has no list of class names")
    return [str(name) for name in names]


def _listed(entry: object) -> Iterator[str]:
    for item in entry if isinstance(entry, list) else [entry]:
        if isinstance(item, str):
            yield item


def _folder(entry: str, root: Path, file: Path) -> Path:
    name = entry.replace("\\", "/").removeprefix("./") or "."
    # `../train/images`, as a well-known service exports it, means train/images right here.
    if name.startswith("../") and (root / name.removeprefix("../")).is_dir():
        name = name.removeprefix("../")
    if name.endswith(".txt"):
        raise InputError(file, f"{entry}: lists of pictures are not read; name a folder")
    folder = root / inside(name, file)
    if not folder.resolve().is_relative_to(root.resolve()):
        raise InputError(file, f"the folder {entry!r} leads out of the dataset's folder")
    return folder


def _outermost(folders: Sequence[Path]) -> Sequence[Path]:
    """Each folder once, and none that lies in another."""
    unique = list(dict.fromkeys(folders))
    return [f for f in unique if not any(o != f and f.is_relative_to(o) for o in unique)]
