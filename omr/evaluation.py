"""How good detections are: the protocol `coco-dense`.

COCO's AP@[.50:.05:.95], averaged over all classes present in the truth, on whole pages, with
no class dropped and no cap on the number of detections; agrees with pycocotools to 1e-6 once
its maxDets is raised. Beside it AP25, AP50, AP75, w-mAP (classes weighted by instances), a
table per class, per size and per page, and precision, recall and F1 at IoU .5 at given
thresholds. Classes that the truth lacks do not enter any AP, but count as wrong in precision.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.symbols import Page
from omr.average_precision import average_precision, best_threshold
from omr.class_map import ClassMap
from omr.evaluation_input import Cell, Comparison, require_names, side_by_side
from omr.evaluation_report import ClassResult, Counts, PageResult, Report, SizeResult
from omr.matching import Pairs, area, match, overlapping

IOUS = (0.25, *np.linspace(0.5, 0.95, 10).tolist())
"""Thresholds of IoU, T in number. AP is the mean over all but the first."""

AT_25, AT_50, AT_75 = 0, 1, 6
SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""COCO's sizes: areas of boxes in square pixels, both ends included."""

LOWEST_SCORE = 0.05
Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Matched:
    """One class on one page, its pairs, and which detections found a symbol: hits, (T, D)."""

    cell: Cell
    pairs: Pairs
    hits: Bools


def evaluate(
    truth: Iterable[Page],
    detections: Iterable[Page],
    *,
    class_map: ClassMap | None = None,
    thresholds: Mapping[str, float] | None = None,
    known_names: Collection[str] | None = None,
    detectable_names: Collection[str] | None = None,
) -> Report:
    """Compare detections with the truth of the same pages, matched by page key.

    thresholds: scores per detected class above which a detection counts in precision, recall
    and F1 (not in AP); classes not named, and None, count all. known_names: every class that
    the truth could hold, where that is known; a detection of another is then an error.
    detectable_names: every class the detector could give; a true symbol of another is then an
    error. Without the two, names that meet no partner are scored as missed or wrong.
    Raises InputError for pages or names without a partner and for detections without scores.
    """
    class_map = class_map or ClassMap()
    both = side_by_side(truth, detections, class_map)
    require_names(both, class_map, known_names, detectable_names)
    limits: dict[str, float] = {}
    for name, limit in (thresholds or {}).items():
        scored_as = class_map.of_detection(name)
        if scored_as is not None:
            limits[scored_as] = min(limit, limits.get(scored_as, 1.0))
    return _report(both, limits)


def _report(both: Comparison, limits: Mapping[str, float]) -> Report:
    keys = both.keys
    classes: list[ClassResult] = []
    size_aps: dict[str, list[tuple[int, Doubles]]] = {size: [] for size in SIZES}
    page_aps: dict[str, list[Doubles]] = {key: [] for key in keys}
    page_counts = dict.fromkeys(keys, Counts())
    absent = 0
    for name, cells_of_class in sorted(both.cells.items()):
        by_page = {key: _matched(cells_of_class[key]) for key in keys if key in cells_of_class}
        limit = limits.get(name, 0.0)
        for key, matched in by_page.items():
            page_counts[key] += _counts(matched, limit)
            if len(matched.cell.truth):
                page_aps[key].append(_class_ap([matched]))
        cells = list(by_page.values())
        if any(len(m.cell.truth) for m in cells):
            classes.append(_class_result(name, cells, limit))
            for size, bounds in SIZES.items():
                instances, ap = _size_ap(cells, bounds)
                if instances:
                    size_aps[size].append((instances, ap))
        else:
            absent += sum(len(m.cell.boxes) for m in cells)
    return Report(
        classes=tuple(classes),
        sizes=tuple(
            SizeResult(size, sum(n for n, _ in aps), *_means([ap for _, ap in aps]))
            for size, aps in size_aps.items()
        ),
        pages=tuple(PageResult(key, *_means(page_aps[key]), page_counts[key]) for key in keys),
        counts=sum(page_counts.values(), Counts()),
        lowest_score=both.lowest_score,
        notices=tuple(_notices(both, absent)),
    )


def _matched(cell: Cell) -> _Matched:
    pairs = overlapping(cell.boxes, cell.truth, min(IOUS))
    return _Matched(cell, pairs, match(pairs, IOUS) >= 0)


def _class_result(name: str, cells: list[_Matched], limit: float) -> ClassResult:
    ap = _class_ap(cells)
    scores = np.concatenate([m.cell.scores for m in cells])
    hits = np.concatenate([m.hits[AT_50] for m in cells])
    instances = sum(len(m.cell.truth) for m in cells)
    threshold, f1 = best_threshold(scores, hits, instances)
    return ClassResult(
        name=name, instances=instances, detections=len(scores), ap=float(ap[1:].mean()),
        ap50=float(ap[AT_50]), ap75=float(ap[AT_75]), ap25=float(ap[AT_25]),
        counts=sum((_counts(m, limit) for m in cells), Counts()),
        best_threshold=threshold, best_f1=f1,
    )  # fmt: skip


def _class_ap(cells: list[_Matched]) -> Doubles:
    """AP at each of the T thresholds."""
    return average_precision(
        np.concatenate([m.cell.scores for m in cells]),
        np.concatenate([m.hits for m in cells], axis=1),
        sum(len(m.cell.truth) for m in cells),
    )


def _size_ap(cells: list[_Matched], bounds: tuple[float, float]) -> tuple[int, Doubles]:
    """Instances of a size, and AP at each threshold counting these alone, as pycocotools does."""
    outside = [_outside(m.cell.truth, bounds) for m in cells]
    instances = int(sum((~o).sum() for o in outside))
    if not instances:
        return 0, np.full(len(IOUS), np.nan)
    hits, counted = [], []
    for m, ignored in zip(cells, outside, strict=True):
        matches = match(m.pairs, IOUS, ignored)
        found_ignored = np.append(ignored, False)[matches]  # -1, unmatched, takes the False
        hits.append(matches >= 0)
        counted.append(~found_ignored & ~((matches < 0) & _outside(m.cell.boxes, bounds)))
    scores = np.concatenate([m.cell.scores for m in cells])
    joined = np.concatenate(hits, axis=1), np.concatenate(counted, axis=1)
    return instances, average_precision(scores, joined[0], instances, joined[1])


def _outside(boxes: Doubles, bounds: tuple[float, float]) -> Bools:
    areas = area(boxes)
    return (areas < bounds[0]) | (areas > bounds[1])


def _counts(matched: _Matched, limit: float) -> Counts:
    kept = matched.hits[AT_50, matched.cell.scores >= limit]
    right = int(kept.sum())
    return Counts(right, len(kept) - right, len(matched.cell.truth) - right)


def _means(aps: list[Doubles]) -> tuple[float | None, float | None]:
    """(AP, AP50) averaged over classes; None where there is no class."""
    if not aps:
        return None, None
    return float(np.mean([ap[1:].mean() for ap in aps])), float(np.mean([ap[AT_50] for ap in aps]))


def _notices(both: Comparison, absent: int) -> Iterator[str]:
    lowest = both.lowest_score
    if lowest is not None and lowest > LOWEST_SCORE:
        yield (
            f"the lowest score is {lowest:.3f}: detections cut at a threshold cap AP; "
            "detect with --min-score 0"
        )
    if absent:
        yield f"{absent} detections of classes that the truth lacks do not enter AP"
    if both.left_out:
        yield f"{both.left_out} detections left out by the class map"
    if both.resized:
        yield f"{both.resized} pages differ in size between truth and detections"
