"""Images and annotations of a DeepScoresV2 file as pages and symbols.

Functions here raise whatever broken data raises (KeyError, TypeError, ValueError, ...); the
caller, who knows the file, makes an InputError of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from deepscores_tools.formats.deepscores_v2_comments import read_comments
from deepscores_tools.formats.mung import MAX_SIDE
from deepscores_tools.formats.pictures import first_file
from deepscores_tools.formats.writing import inside
from deepscores_tools.symbols import Attribute, Box, Page, Symbol

T = TypeVar("T")

SETS = ("deepscores", "muscima++")
IMAGES = "images"
WRITTEN_AS = {"ledgerLine": "legerLine"}
"""The release spells it with a d, the sample and this project without."""


@dataclass(frozen=True, slots=True)
class Table:
    """The categories of a file: names by id in the set that is read, and in the other one."""

    names: Mapping[str, str]
    second_names: Mapping[str, str]
    grays: Mapping[str, int]


def read_table(data: Mapping[str, Any], annotation_set: str) -> Table:
    """The categories of a file."""
    for key, kind in (("categories", dict), ("images", list), ("annotations", dict)):
        if not isinstance(data[key], kind):
            raise TypeError(f"{key} are of type {type(data[key]).__name__}")
    sets = data.get("annotation_sets") or SETS
    if annotation_set not in sets:
        raise ValueError(f"no annotation set {annotation_set}, only {', '.join(map(str, sets))}")
    names: dict[str, str] = {}
    second: dict[str, str] = {}
    grays: dict[str, int] = {}
    for number, row in data["categories"].items():
        name = WRITTEN_AS.get(str(row["name"]), str(row["name"]))
        own = row.get("annotation_set", sets[0]) == annotation_set
        (names if own else second)[str(number)] = name
        color = row.get("color")
        if own and isinstance(color, int) and 0 < color < 256:
            grays[name] = color
    return Table(names, second, grays)


def page_of(
    image: Mapping[str, Any],
    rows: Sequence[tuple[str, Mapping[str, Any]]],
    table: Table,
    folder: Path,
    left_out: Counter[str],
) -> Page:
    """One image with its annotations; those left out are counted by the reason."""
    name = inside(str(image["filename"] if "filename" in image else image["file_name"]), folder)
    width, height = image["width"], image["height"]
    if not all(isinstance(v, int) and 0 < v <= MAX_SIDE for v in (width, height)):
        raise ValueError(f"{width} x {height} is not 1 to {MAX_SIDE} pixels wide and high")
    symbols = []
    for number, row in rows:
        try:
            symbol = _symbol(number, row, table, left_out)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            said = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"annotation {number}: {said}") from error
        if symbol is not None:
            symbols.append(symbol)
    return Page(
        name=name,
        width=width,
        height=height,
        symbols=symbols,
        interline=_optional(float, image.get("interline")),
        dpi=_optional(float, image.get("dpi")),
        image=first_file((folder / IMAGES / name, folder / name)),
        source=_optional(str, image.get("source_file")),
        source_page=_optional(int, image.get("source_page")),
        document=_optional(str, image.get("document")),
        licence=_optional(str, image.get("licence")),
        attributes=_plain(image.get("attributes")),
    )


def _symbol(
    number: str, row: Mapping[str, Any], table: Table, left_out: Counter[str]
) -> Symbol | None:
    x0, y0, x1, y1 = _numbers(row["a_bbox"], 4)
    name, second = _classes(row["cat_id"], table)
    if name is None:
        left_out["no class in the annotation set"] += 1
        return None
    if x0 == x1 or y0 == y1:  # lines of no width in the drawing that the data were made from
        left_out["a box without extent"] += 1
        return None
    oriented = row.get("o_bbox")
    values = _numbers(oriented, 8) if oriented else []
    area = row.get("area")
    data = read_comments(str(row.get("comments") or ""))
    score, own_id = data.pop("score", None), data.pop("symbol_id", None)
    return Symbol(
        name=name,
        box=Box(x0, y0, x1, y1),
        id=int(number) if own_id is None else int(own_id),
        score=None if score is None else float(score),
        oriented_box=tuple(zip(values[::2], values[1::2], strict=True)) or None,
        ink_area=None if area is None else int(area),
        second_name=second,
        attributes=data,
    )


def _classes(numbers: object, table: Table) -> tuple[str | None, str | None]:
    name: str | None = None
    second: str | None = None
    for number in numbers if isinstance(numbers, list) else [numbers]:
        key = str(number)
        if key in table.names:
            name = table.names[key]
        elif key in table.second_names:
            second = table.second_names[key]
        elif number is not None:
            raise ValueError(f"unknown category {key[:20]}")
    return name, second


def _numbers(values: Sequence[Any], count: int) -> list[float]:
    if len(values) != count:
        raise ValueError(f"a box of {len(values)} numbers, expected {count}")
    numbers = [float(value) for value in values]
    if not all(math.isfinite(v) and abs(v) <= MAX_SIDE for v in numbers):
        raise ValueError(f"a coordinate is not finite or beyond {MAX_SIDE} pixels")
    return numbers


def _optional(kind: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else kind(value)


def _plain(found: object) -> Mapping[str, Attribute]:
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str | int | float)}
