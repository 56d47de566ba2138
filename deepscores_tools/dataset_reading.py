"""Datasets as commands name them: `PATH` or `PATH#writer=07`, with masks where they can be had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepscores_tools.errors import InputError
from deepscores_tools.formats import (
    coco_read,
    deepscores_v1,
    deepscores_v2,
    format_of,
    read_fitting,
    yolo,
)
from deepscores_tools.page_choice import Condition, parse_spec, select
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import PRINTED_CLASSES, ClassTable, SymbolClass

_SEGMENTATION = {"deepscores-v1": "pix_annotations_png", "deepscores-v2": "segmentation"}


def open_pages(spec: str, *, masks: bool = False, annotation_set: str | None = None) -> Pages:
    """The pages a spec names, which may be read more than once. Raises InputError.

    masks: DeepScores v1 and v2 keep masks in segmentation images apart; cut them from there,
    which makes boxes grow to whole pixels. annotation_set: which of DeepScoresV2's two.
    """
    path, conditions = parse_spec(spec)
    format_name = format_of(path)
    if annotation_set is not None and format_name != "deepscores-v2":
        raise InputError(spec, f"is {format_name}, which has no annotation sets")
    return Pages(spec, path, conditions, format_name, masks, annotation_set)


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages of a dataset, read anew at each iteration, one page in memory at a time."""

    spec: str
    path: Path
    conditions: Sequence[Condition]
    format_name: str
    masks: bool
    annotation_set: str | None

    def __iter__(self) -> Iterator[Page]:
        if self.format_name == "deepscores-v2":
            pages = deepscores_v2.read(self.path, self.annotation_set or "deepscores", self.masks)
        elif self.format_name == "deepscores-v1":
            pages = deepscores_v1.read(self.path, self.masks)
        else:
            return read_fitting(self.path, self.conditions, self.spec)
        return select(pages, self.conditions, self.spec)

    def leaves_segmentation(self) -> bool:
        """Whether there are segmentation images that masks are not cut from."""
        folder = self.path if self.path.is_dir() else self.path.parent
        name = _SEGMENTATION.get(self.format_name)
        places = [] if name is None or self.masks else [folder / name, folder.parent / name]
        return any(place.is_dir() for place in places)

    def listed_classes(self) -> ClassTable:
        """The classes that the dataset lists, met or not: COCO's and DeepScoresV2's with their
        ids, YOLO's from 1, LilyPond's; none for the formats without a list."""
        if self.format_name == "lilypond":
            return PRINTED_CLASSES
        if self.format_name == "yolo":
            return ClassTable(()).with_names(yolo.class_names(self.path))
        if self.format_name == "deepscores-v2":
            classes = deepscores_v2.class_names(self.path, self.annotation_set or "deepscores")
        elif self.format_name == "coco":
            classes = coco_read.categories(self.path)
        else:
            classes = {}
        return ClassTable([SymbolClass(i, name, i) for i, name in classes.items()])


def same_place(spec: str, out: Path) -> bool:
    """Whether `out` is the dataset itself, a folder around it, or a file in it."""
    read, written = parse_spec(spec)[0].resolve(), out.resolve()
    return read.is_relative_to(written) or (written.is_file() and written.is_relative_to(read))
