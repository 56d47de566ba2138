"""Truth and detections side by side: by class, by page, as arrays; what has no partner is named.

Pages are consumed one at a time and only their boxes are kept, so masks do not pile up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.errors import InputError, listed
from deepscores_tools.symbols import Page, box_array

from .class_pairs import ClassPairs

Name = TypeVar("Name", str, str | None)


@dataclass(slots=True, eq=False)
class Cell:
    """The symbols of one class on one page, G true boxes and D detections.

    truth: (G, 4); boxes: (D, 4); scores: (D,), in descending order. kept: (D,), which are at or
    above the threshold of the class that they were detected as.
    """

    truth: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 4)))
    boxes: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 4)))
    scores: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    kept: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))


@dataclass(slots=True, eq=False)
class Comparison:
    """What is to be compared. cells: class -> page key -> cell; keys: of all true pages."""

    cells: dict[str, dict[str, Cell]] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    true_names: set[str] = field(default_factory=set)
    detected_names: set[str] = field(default_factory=set)
    resized: int = 0
    left_out: int = 0
    crowds: int = 0
    unmet: Sequence[str] = ()

    @property
    def keys(self) -> list[str]:
        return list(self.sizes)

    def cell(self, name: str, key: str) -> Cell:
        return self.cells.setdefault(name, {}).setdefault(key, Cell())


def side_by_side(
    truth: Iterable[Page],
    detections: Iterable[Page],
    class_pairs: ClassPairs,
    thresholds: Mapping[str, float] | float,
) -> Comparison:
    """Gather both. thresholds: as `evaluate` has them.

    Raises InputError for pages without partner and missing scores.
    """
    both = Comparison()
    for page in truth:
        _require_new(page, both.sizes, "the truth")
        both.sizes[page.key] = (page.width, page.height)
        both.true_names.update(s.name for s in page.symbols)
        both.crowds += sum(s.attributes.get("iscrowd") == 1 for s in page.symbols)
        names = [class_pairs.of_truth(s.name) for s in page.symbols]
        boxes = box_array(page.symbols)
        for name, rows in _rows_by_name(names):
            both.cell(name, page.key).truth = boxes[rows]
    if not both.sizes:
        raise InputError("truth", "holds no page")
    _add_detections(both, detections, class_pairs.among(both.true_names), thresholds)
    return both


def require_names(
    both: Comparison, class_pairs: ClassPairs,
    known: Collection[str] | None, detectable: Collection[str] | None,
) -> None:  # fmt: skip
    """Refuse names without partner, as far as the two vocabularies are known. InputError."""
    remedy = "name its partner in a class map (--class-map FILE)"
    if detectable is not None:
        lost = class_pairs.unmatched_truth(both.true_names, detectable)
        if lost:
            raise InputError(
                "truth", f"the detector does not know {listed(lost)}; {remedy}, or accept it "
                "as never found with a line `NAME,` (all such classes: `*,`)")  # fmt: skip
    if known is not None:
        lost = class_pairs.unmatched_detections(both.detected_names, known)
        if lost:
            raise InputError(
                "detections", f"the truth does not know {listed(lost)}; {remedy}, or leave it "
                "out with a line `,NAME` (all such classes: `,*`)")  # fmt: skip


def _add_detections(
    both: Comparison,
    pages: Iterable[Page],
    class_pairs: ClassPairs,
    thresholds: Mapping[str, float] | float,
) -> None:
    def threshold(name: str) -> float:
        return thresholds.get(name, 0.0) if isinstance(thresholds, Mapping) else thresholds

    seen: dict[str, tuple[int, int]] = {}
    for page in pages:
        _require_new(page, seen, "the detections")
        seen[page.key] = (page.width, page.height)
        if page.key not in both.sizes:
            continue  # all of these are named together below
        scores = np.array([np.nan if s.score is None else s.score for s in page.symbols])
        if np.isnan(scores).any():
            raise InputError(
                page.name, "symbols without a score; are truth and detections swapped?"
            )
        both.detected_names.update(s.name for s in page.symbols)
        boxes = box_array(page.symbols)
        kept = scores >= np.array([threshold(s.name) for s in page.symbols])
        for name, rows in _rows_by_name([class_pairs.of_detection(s.name) for s in page.symbols]):
            order = rows[np.argsort(-scores[rows], kind="stable")]
            if name is None:
                both.left_out += len(rows)
                continue
            cell = both.cell(name, page.key)
            cell.boxes, cell.scores, cell.kept = boxes[order], scores[order], kept[order]
    both.resized = sum(1 for key, size in seen.items() if both.sizes.get(key, size) != size)
    for side, lost in (
        ("detections", sorted(both.sizes.keys() - seen.keys())),
        ("truth", sorted(seen.keys() - both.sizes.keys())),
    ):
        if lost:
            raise InputError(
                side,
                f"lack {len(lost)} page(s) that the other side has: {listed(lost)};"
                " both must be of the same pages (DATASET#attribute=value chooses some)",
            )


def _require_new(page: Page, seen: Collection[str], side: str) -> None:
    if page.key in seen:
        raise InputError(page.name, f"{side} hold two pages with the key {page.key}")


def _rows_by_name(names: Sequence[Name]) -> Iterable[tuple[Name, NDArray[np.int64]]]:
    rows: dict[Name, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    return ((name, np.array(where)) for name, where in rows.items())
