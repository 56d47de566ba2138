"""How good detections are: the protocol `coco-dense`.

COCO's AP@[.50:.05:.95], averaged over all classes present in the truth, on whole pages, with
no class dropped and no cap on the number of detections; agrees with pycocotools to 1e-6 once
its maxDets is raised. Beside it AP25, AP50, AP75, w-mAP (classes weighted by instances), a
table per class, per size and per page, precision-recall curves, precision, recall and F1 at
IoU .5 at given thresholds, what went wrong there, and how far scores are to be believed.
Classes that the truth lacks do not enter any AP, but count as wrong in precision.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.errors import listed
from deepscores_tools.symbols import Page

from ..matching import Pairs, area, match, overlapping
from .average_precision import RECALLS, best_threshold, precision_curves
from .class_pairs import ClassPairs
from .input import Cell, Comparison, require_names, side_by_side
from .mistakes import Leftovers, confusions, mistakes, worst
from .report import (
    IOUS,
    ClassResult,
    Counts,
    EvaluatedPage,
    Judged,
    Report,
    SizeResult,
)

AT_25, AT_50, AT_75 = 0, 1, 6
SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""COCO's sizes: areas of boxes in square pixels, both ends included."""

FAINT = 0.05  # a score that thresholds hardly let through
FEW_FAINT = 0.01  # share of the detections; uncut ones have many that are faint
Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Matched:
    """One class on one page, its pairs, and the symbol each detection found or -1: (T, D)."""

    cell: Cell
    pairs: Pairs
    matches: NDArray[np.int64]

    @property
    def hits(self) -> Bools:
        """Which detections found a symbol, (T, D)."""
        return self.matches >= 0


def evaluate(
    truth: Iterable[Page],
    detections: Iterable[Page],
    *,
    class_pairs: ClassPairs | None = None,
    thresholds: Mapping[str, float] | float | None = None,
    known_names: Collection[str] | None = None,
    detectable_names: Collection[str] | None = None,
) -> Report:
    """Compare detections with the truth of the same pages, matched by page key.

    thresholds: least scores of detected classes, or one for all, to count in precision,
    recall, F1 and mistakes (not in AP); of classes not named, and with None, all count.
    known_names: every class that the truth could hold, where that is known; a detection of
    another is then an error.
    detectable_names: every class the detector could give; a true symbol of another is then an
    error. Without the two, names that meet no partner are scored as missed or wrong.
    Raises InputError for pages or names without a partner and for detections without scores.
    """
    class_pairs = class_pairs or ClassPairs()
    both = side_by_side(truth, detections, class_pairs, thresholds or 0.0)
    require_names(both, class_pairs, known_names, detectable_names)
    both.unmet = class_pairs.unmet(
        known_names or both.true_names, detectable_names or both.detected_names
    )
    return _report(both)


def _report(both: Comparison) -> Report:
    keys = both.keys
    classes: list[ClassResult] = []
    curves: list[Doubles] = []
    size_aps: dict[str, list[tuple[int, Doubles]]] = {size: [] for size in SIZES}
    page_aps: dict[str, list[Doubles]] = {key: [] for key in keys}
    page_counts = dict.fromkeys(keys, Counts())
    leftovers = {key: Leftovers() for key in keys}
    judged: dict[str, Judged] = {}
    absent: dict[str, Counts] = {}
    for name, cells_of_class in sorted(both.cells.items()):
        by_page = {key: _matched(cells_of_class[key]) for key in keys if key in cells_of_class}
        for key, matched in by_page.items():
            page_counts[key] += _counts(matched)
            _add_leftovers(name, matched, leftovers[key])
            if len(matched.cell.truth):
                page_aps[key].append(_curves([matched]).mean(axis=1))
        cells = list(by_page.values())
        judged[name] = _judged(cells)
        counts = sum((_counts(m) for m in cells), Counts())
        if any(len(m.cell.truth) for m in cells):
            curves.append(_curves(cells))
            classes.append(_class_result(name, judged[name], counts, curves[-1]))
            for size, bounds in SIZES.items():
                instances, ap = _size_ap(cells, bounds)
                if instances:
                    size_aps[size].append((instances, ap))
        else:
            absent[name] = counts
    wrong = list(mistakes(leftovers))
    scores = np.concatenate([np.empty(0), *(j.scores for j in judged.values())])
    return Report(
        classes=tuple(classes),
        curves=np.mean(curves, axis=0) if curves else np.zeros((len(IOUS), len(RECALLS))),
        sizes=tuple(
            SizeResult(size, sum(n for n, _ in aps), *_means([ap for _, ap in aps]))
            for size, aps in size_aps.items()
        ),
        pages=tuple(EvaluatedPage(key, *_means(page_aps[key]), page_counts[key]) for key in keys),
        counts=sum(page_counts.values(), Counts()),
        judged=judged,
        absent=absent,
        confusions=confusions(wrong),
        worst=worst(wrong),
        lowest_score=float(scores.min()) if len(scores) else None,
        notices=tuple(_notices(both, scores, sum(len(judged[name].scores) for name in absent))),
    )


def _matched(cell: Cell) -> _Matched:
    pairs = overlapping(cell.boxes, cell.truth, min(IOUS))
    return _Matched(cell, pairs, match(pairs, IOUS))


def _add_leftovers(name: str, matched: _Matched, leftovers: Leftovers) -> None:
    """What is left over on one page of one class: symbols not found, detections of nothing."""
    cell, hits = matched.cell, matched.hits[AT_50]
    seen_at = np.zeros(len(cell.truth))
    seen_at[matched.matches[AT_50, hits]] = cell.scores[hits]
    found = np.zeros(len(cell.truth), dtype=bool)
    found[matched.matches[AT_50, cell.kept & hits]] = True
    wrong = cell.kept & ~hits
    leftovers.add(name, cell.truth[~found], seen_at[~found], cell.boxes[wrong], cell.scores[wrong])


def _class_result(name: str, judged: Judged, counts: Counts, curves: Doubles) -> ClassResult:
    ap = curves.mean(axis=1)
    instances = counts.right + counts.missed
    threshold, f1 = best_threshold(judged.scores, judged.right, instances)
    return ClassResult(
        name=name, instances=instances, detections=len(judged.scores), ap=float(ap[1:].mean()),
        ap50=float(ap[AT_50]), ap75=float(ap[AT_75]), ap25=float(ap[AT_25]),
        counts=counts,
        best_threshold=threshold, best_f1=f1, curve=tuple(curves[AT_50].tolist()),
    )  # fmt: skip


def _judged(cells: list[_Matched]) -> Judged:
    return Judged(
        np.concatenate([m.cell.scores for m in cells]),
        np.concatenate([m.hits[AT_50] for m in cells]),
    )


def _curves(cells: list[_Matched]) -> Doubles:
    """Precision at each recall and each of the T thresholds, (T, 101)."""
    return precision_curves(
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
    return instances, precision_curves(scores, joined[0], instances, joined[1]).mean(axis=1)


def _outside(boxes: Doubles, bounds: tuple[float, float]) -> Bools:
    areas = area(boxes)
    return (areas < bounds[0]) | (areas > bounds[1])


def _counts(matched: _Matched) -> Counts:
    kept = matched.hits[AT_50, matched.cell.kept]
    right = int(kept.sum())
    return Counts(right, len(kept) - right, len(matched.cell.truth) - right)


def _means(aps: list[Doubles]) -> tuple[float | None, float | None]:
    """(AP, AP50) averaged over classes; None where there is no class."""
    if not aps:
        return None, None
    return float(np.mean([ap[1:].mean() for ap in aps])), float(np.mean([ap[AT_50] for ap in aps]))


def _notices(both: Comparison, scores: Doubles, absent: int) -> Iterator[str]:
    if (scores < FAINT).sum() < FEW_FAINT * len(scores):
        yield (
            f"hardly any score is below {FAINT}: detections cut at a threshold cap AP; "
            "detect with --min-score 0"
        )
    if absent:
        yield f"{absent} detections of classes that the truth lacks do not enter AP"
    if not both.true_names:
        yield "the truth holds no symbol: there is nothing that AP could be of"
    if both.crowds:
        yield f"{both.crowds} crowds (iscrowd) of the truth are taken for symbols like any other"
    if both.left_out:
        yield f"{both.left_out} detections left out by the class map"
    if both.unmet:
        yield f"the class map names what is not there: {listed(both.unmet)}"
    if both.resized:
        yield f"{both.resized} pages differ in size between truth and detections"
