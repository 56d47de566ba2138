"""Datasets as commands name them: `PATH` or `PATH#writer=07`, with masks where they can be had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deepscores_tools.errors import InputError
from deepscores_tools.formats import (
    coco_read,
    deepscores_v1,
    deepscores_v2,
    format_of,
    read_fitting,
)
from deepscores_tools.page_choice import parse_spec, select
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import PRINTED_CLASSES, ClassTable, SymbolClass

_SEGMENTATION = {"deepscores-v1": "pix_annotations_png", "deepscores-v2": "segmentation"}


def open_pages(spec: str, *, masks: bool = False, annotation_set: str | None = None) -> Pages:
    """The pages of a dataset, which may be read more than once; see `Pages`. InputError."""
    return Pages(spec, masks=masks, annotation_set=annotation_set)


class Pages:
    """The pages a spec names, read anew at each iteration, one page in memory at a time.

    masks: DeepScores v1 and v2 keep masks in segmentation images apart; cut them from there,
    which makes boxes grow to whole pixels. annotation_set: which of DeepScoresV2's two.
    """

    def __init__(
        self, spec: str, *, masks: bool = False, annotation_set: str | None = None
    ) -> None:
        self.spec = spec
        self.path, self._conditions = parse_spec(spec)
        self.format_name = format_of(self.path)
        self._masks = masks
        self._set = annotation_set
        if annotation_set is not None and self.format_name != "deepscores-v2":
            raise InputError(spec, f"is {self.format_name}, which has no annotation sets")

    def __iter__(self) -> Iterator[Page]:
        if self.format_name == "deepscores-v2":
            pages = deepscores_v2.read(self.path, self._set or "deepscores", self._masks)
        elif self.format_name == "deepscores-v1":
            pages = deepscores_v1.read(self.path, self._masks)
        else:
            return read_fitting(self.path, self._conditions, self.spec)
        return select(pages, self._conditions, self.spec) if self._conditions else pages

    def leaves_segmentation(self) -> bool:
        """Whether there are segmentation images that masks are not cut from."""
        folder = self.path if self.path.is_dir() else self.path.parent
        name = _SEGMENTATION.get(self.format_name)
        places = [] if name is None or self._masks else [folder / name, folder.parent / name]
        return any(place.is_dir() for place in places)

    def listed_classes(self) -> ClassTable:
        """The classes a COCO dataset lists, met or not, with its ids; LilyPond's; else none."""
        if self.format_name == "lilypond":
            return PRINTED_CLASSES
        if self.format_name != "coco":
            return ClassTable(())
        classes = coco_read.categories(self.path)
        return ClassTable([SymbolClass(i, name, i) for i, name in classes.items()])


def same_place(spec: str, out: Path) -> bool:
    """Whether `out` is the dataset itself, a folder around it, or a file in it."""
    read, written = parse_spec(spec)[0].resolve(), out.resolve()
    return read.is_relative_to(written) or (written.is_file() and written.is_relative_to(read))
