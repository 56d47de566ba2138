"""The reading half of deepscores_v2.py: images and annotations as pages and symbols."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepscores_tools.errors import InputError
from deepscores_tools.formats.broken import BROKEN, said
from deepscores_tools.formats.deepscores_v2_comments import read_comments
from deepscores_tools.formats.json_rows import Rows, read_top
from deepscores_tools.formats.limits import checked_coordinates, checked_size
from deepscores_tools.formats.pictures import first_file
from deepscores_tools.formats.values import corners, optional, page_facts, plain, text
from deepscores_tools.page_names import inside
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.vocabularies import spelt

SETS = ("deepscores", "muscima++")
IMAGES = "images"


@dataclass(frozen=True, slots=True)
class Table:
    """The categories of a file: names by id in the set that is read, and in the other one."""

    names: Mapping[str, str]
    second_names: Mapping[str, str]
    grays: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Content:
    """A file, its categories, and its images and annotations by the image's id (as text)."""

    file: Path
    table: Table
    images: Rows
    annotations: Rows

    def images_in_order(self) -> Iterator[tuple[str, Any]]:
        """Each image's id and entry, which are then done with. Raises InputError."""
        if self.images.unfit:
            raise InputError(self.file, f"image {str(self.images.unfit[0])[:40]} has no id")
        for number in self.images.groups():
            (_, image), *others = self.images.pop(number)
            if others:
                raise InputError(self.file, f"image {number} occurs twice")
            yield number, image


def read_content(file: Path, annotation_set: str) -> Content:
    """What a file holds, its images and annotations yet to be read. Raises InputError."""
    groups = {
        "images": lambda image: str(image["id"]),
        "annotations": lambda row: str(row["img_id"]),
    }
    data = read_top(file, groups)
    try:
        images, annotations = data["images"], data["annotations"]
        if not isinstance(images, Rows) or not images.is_list:
            raise TypeError("images are no list")
        if not isinstance(annotations, Rows) or annotations.is_list:
            raise TypeError("annotations are no object")
        return Content(file, _table(data, annotation_set), images, annotations)
    except BROKEN as error:
        raise InputError(file, f"is not DeepScoresV2: {said(error)}") from error


def _table(data: Mapping[str, Any], annotation_set: str) -> Table:
    sets = data.get("annotation_sets") or SETS
    if annotation_set not in sets:
        raise ValueError(f"no annotation set {annotation_set}, only {', '.join(map(str, sets))}")
    names: dict[str, str] = {}
    second: dict[str, str] = {}
    grays: dict[str, int] = {}
    for number, row in data["categories"].items():
        name = spelt(str(row["name"]))
        own = row.get("annotation_set", sets[0]) == annotation_set
        (names if own else second)[str(number)] = name
        color = row.get("color")
        if own and isinstance(color, int) and 0 < color < 256:
            grays[name] = color
    return Table(names, second, grays)


def page_of(image: Mapping[str, Any], symbols: Sequence[Symbol], folder: Path) -> Page:
    """An image's entry as a page with these symbols. Raises what broken data raises."""
    name = inside(text(image["filename" if "filename" in image else "file_name"]), folder)
    width, height = checked_size(image["width"], image["height"])
    return Page(
        name=name,
        width=width,
        height=height,
        symbols=symbols,
        image=first_file((folder / IMAGES / name, folder / name)),
        attributes=plain(image.get("attributes")),
        **page_facts(image),
    )


def unlisted(image: Mapping[str, Any], rows: Sequence[tuple[str, Any]]) -> list[str]:
    """The annotations that an image lists and that are not among its rows. Raises TypeError."""
    own = {number for number, _ in rows}
    return [str(number) for number in image.get("ann_ids") or () if str(number) not in own]


def symbol_of(
    number: str, row: Mapping[str, Any], table: Table, left_out: Counter[str]
) -> Symbol | None:
    """An annotation as a symbol; None for one that is left out, counted by the reason.

    Raises what broken data raises.
    """
    x0, y0, x1, y1 = checked_coordinates(row["a_bbox"])
    name, second = _classes(row["cat_id"], table)
    if name is None:
        left_out["no class in the annotation set"] += 1
        return None
    if x0 == x1 or y0 == y1:  # lines of no width in the drawing that the data were made from
        left_out["a box without extent"] += 1
        return None
    oriented = row.get("o_bbox")
    data = read_comments(str(row.get("comments") or ""))
    score, own_id = data.pop("score", None), data.pop("symbol_id", None)
    return Symbol(
        name=name,
        box=Box(x0, y0, x1, y1),
        id=int(number) if own_id is None else int(own_id),
        score=optional(float, score),
        oriented_box=corners(oriented) if oriented else None,
        ink_area=optional(int, row.get("area")),
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
