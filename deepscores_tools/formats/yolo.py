"""YOLO txt: data.yaml, images/, and labels/ with a file a page, a line a symbol.

A line is `class x_centre y_centre width height`, classes from 0, the rest as fractions of the
page's width and height. A score follows as a sixth number; nine numbers are the four corners
of an oriented box. Page sizes are those of the pictures; sizes.csv (`name,width,height`), a
file of ours that others need not know, has them for pages without one. Held: page names and
sizes, boxes, classes, scores.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deepscores_tools.errors import InputError, reason
from deepscores_tools.formats.folders import visible
from deepscores_tools.formats.limits import MAX_SIDE
from deepscores_tools.formats.pictures import SUFFIXES, picture_size
from deepscores_tools.formats.snap import snapped
from deepscores_tools.formats.yolo_config import DATA, Config, read_config, read_sizes
from deepscores_tools.formats.yolo_write import write
from deepscores_tools.page_names import KeyGuard
from deepscores_tools.symbols import Box, Page, Symbol

__all__ = ["class_names", "read", "recognises", "write"]

_NAMES = re.compile(rb"^(names|nc)\s*:", re.MULTILINE)
_PLAIN, _SCORED, _ORIENTED = 5, 6, 9  # numbers in a line


def recognises(file: Path, head: bytes) -> bool:
    """Whether this is a YAML file with the class names of YOLO."""
    return file.suffix in (".yaml", ".yml") and bool(_NAMES.search(head))


def read(path: Path) -> Iterator[Page]:
    """The pages of a folder with data.yaml, or of that file, in the order of their names.

    All splits are read; `Page.name` is the picture's path without the folder `images`. A page
    without a file of labels is an empty one. Raises InputError.
    """
    config = read_config(path / DATA if path.is_dir() else path)
    guard = KeyGuard(path)
    for sheet in sheets(config):
        width, height = size = sheet.size()
        symbols = _symbols(sheet.labels, config.names, size)
        page = Page(
            name=sheet.name, width=width, height=height, symbols=symbols, image=sheet.picture
        )
        guard.check(page.name)
        yield page
    for file in strays(config):
        raise InputError(file, "there is no picture of this page, nor its size in sizes.csv")


def class_names(path: Path) -> Sequence[str]:
    """The names that data.yaml lists, in its order. Raises InputError."""
    return read_config(path / DATA if path.is_dir() else path).names


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where a page is: its file of labels, which need not be there, and its picture, or else
    its size as it is told."""

    name: str
    labels: Path
    picture: Path | None
    told: tuple[int, int] | None

    def size(self) -> tuple[int, int]:
        """(width, height) in pixels. Raises InputError."""
        if self.picture is not None:
            return picture_size(self.picture)
        assert self.told is not None
        return self.told


def sheets(config: Config) -> Iterator[Sheet]:
    """The pages of a dataset in the order of their names. Raises InputError."""
    sizes = read_sizes(config.root)
    pictures = {_name(p, config.root): p for p in _pictures(config)}
    for name in sorted({**pictures, **sizes}):
        picture = pictures.get(name)
        labels = config.root / "labels" / name if picture is None else _labels(picture, config)
        yield Sheet(name, labels.with_suffix(".txt"), picture, sizes.get(name))


def strays(config: Config) -> Iterator[Path]:
    """Files of labels without a page, which are a mistake: a picture that was lost."""
    known = {sheet.labels for sheet in sheets(config)}
    for file in visible(config.root / "labels", "**/*.txt"):
        if file not in known:
            yield file


def _pictures(config: Config) -> Iterator[Path]:
    for folder in config.images:
        yield from (p for p in visible(folder, "**/*") if p.suffix.lower() in SUFFIXES)


def _name(picture: Path, root: Path) -> str:
    parts = list(picture.relative_to(root).parts)
    if "images" in parts[:-1]:
        parts.remove("images")
    return str(PurePosixPath(*parts))


def _labels(picture: Path, config: Config) -> Path:
    parts = list(picture.relative_to(config.root).parts)
    if "images" in parts[:-1]:
        parts[parts.index("images")] = "labels"
    return config.root.joinpath(*parts)


def _symbols(file: Path, names: Sequence[str], size: tuple[int, int]) -> list[Symbol]:
    if not file.is_file():
        return []
    symbols: list[Symbol] = []
    number = 0
    try:
        with file.open(encoding="ascii") as stream:
            for line in stream:
                number += 1
                if line.strip():
                    symbols.append(symbol_of(line.split(), names, size))
    except OSError as error:
        raise InputError(file, f"cannot be read ({reason(error)})") from error
    except UnicodeDecodeError as error:
        raise InputError(file, "is not text of numbers") from error
    except ValueError as error:
        raise InputError(file, f"line {number}: {error}") from error
    return symbols


def symbol_of(words: Sequence[str], names: Sequence[str], size: tuple[int, int]) -> Symbol:
    """The symbol in a line's words, on a page of (width, height) pixels. Raises ValueError."""
    if len(words) not in (_PLAIN, _SCORED, _ORIENTED):
        raise ValueError(f"{len(words)} numbers, expected class x_centre y_centre width height")
    if not words[0].isdecimal() or len(words[0]) > 6 or int(words[0]) >= len(names):
        raise ValueError(f"class {words[0][:20]!r} is none of the {len(names)} named")
    name = names[int(words[0])]
    values = [float(word) for word in words[1:]]
    if not all(math.isfinite(v) and abs(v) * max(size) <= MAX_SIDE for v in values):
        raise ValueError("a coordinate is not finite or beyond any page")
    width, height = size
    if len(words) == _ORIENTED:
        pairs = zip(values[::2], values[1::2], strict=True)
        corners = tuple((x * width, y * height) for x, y in pairs)
        xs, ys = zip(*corners, strict=True)
        return Symbol(name=name, box=Box(min(xs), min(ys), max(xs), max(ys)), oriented_box=corners)
    x, y, w, h = values[:4]
    box = Box((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
    return Symbol(name=name, box=snapped(box), score=values[4] if len(values) > 4 else None)
