"""What an evaluation says: figures as an object, as JSON, as a plain-text table."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .average_precision import RECALLS, best_threshold
from .mistakes import Mistake
from .reliability import Reliability, reliability

PROTOCOL = "coco-dense"
IOUS = (0.25, *np.linspace(0.5, 0.95, 10).tolist())
"""Thresholds of IoU, T in number. AP is the mean over all but the first."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Detections at the thresholds that are right, wrong, and symbols missed; IoU .5."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.right + other.right, self.wrong + other.wrong, self.missed + other.missed
        )

    @property
    def precision(self) -> float | None:
        """Share of the detections that are right; None without detections."""
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        """Share of the symbols that were found; None without symbols."""
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of the two; None with neither detections nor symbols."""
        return _share(2 * self.right, 2 * self.right + self.wrong + self.missed)

    def as_dict(self) -> dict[str, Any]:
        return {
            "true_positives": self.right, "false_positives": self.wrong, "missed": self.missed,
            "precision": self.precision, "recall": self.recall, "f1": self.f1,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClassResult:
    """One class. best_threshold: the score that gives the best F1 on this truth, best_f1.

    curve: precision at IoU .5 at each of RECALLS.
    """

    name: str
    instances: int
    detections: int
    ap: float
    ap50: float
    ap75: float
    ap25: float
    counts: Counts
    best_threshold: float
    best_f1: float
    curve: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SizeResult:
    """All classes, symbols of one size; None where there are no such symbols."""

    name: str
    instances: int
    ap: float | None
    ap50: float | None


@dataclass(frozen=True, slots=True)
class EvaluatedPage:
    """One page: AP averaged over the classes on it; None on a page without symbols."""

    key: str
    ap: float | None
    ap50: float | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class Summary:
    """Means over a set of classes; 0 for an empty set."""

    classes: int
    instances: int
    map: float
    ap50: float
    ap75: float
    ap25: float
    weighted_map: float


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """N detections: their scores, and whether each found a symbol of its class at IoU .5."""

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Report:
    """The result of `omr.evaluation.evaluate`. classes: in order of their names.

    curves: precision at each of IOUS and RECALLS, averaged over classes, (T, 101).
    judged: the detections by class; classes that the truth lacks are among them, and have their
    counts in absent.
    confusions: (true class, detected class, how often), the most frequent first.
    worst: some mistakes of every class. Both are at the thresholds, IoU .5.
    """

    classes: tuple[ClassResult, ...]
    sizes: tuple[SizeResult, ...]
    pages: tuple[EvaluatedPage, ...]
    counts: Counts
    curves: NDArray[np.float64]
    judged: Mapping[str, Judged]
    absent: Mapping[str, Counts]
    confusions: tuple[tuple[str, str, int], ...] = ()
    worst: tuple[Mistake, ...] = ()
    lowest_score: float | None = None
    notices: tuple[str, ...] = ()
    subsets: dict[str, Summary] = field(default_factory=dict)

    @property
    def map(self) -> float:
        """COCO AP@[.50:.05:.95] averaged over the classes of the truth."""
        return self.summary().map

    @property
    def ap50(self) -> float:
        """AP at IoU .5, averaged likewise."""
        return self.summary().ap50

    @cached_property
    def reliability(self) -> Reliability:
        """Whether scores are the chance of being right, over all detections."""
        every = self.judgements()
        return reliability(every.scores, every.right)

    @cached_property
    def best_common(self) -> tuple[float, float]:
        """(threshold, F1) of the one score threshold for all classes that gives the best F1."""
        instances = sum(c.instances for c in self.classes)
        every = self.judgements()
        return best_threshold(every.scores, every.right, instances)

    def judgements(self, names: Collection[str] | None = None) -> Judged:
        """The detections of these classes together, by default of all."""
        chosen = [j for name, j in self.judged.items() if names is None or name in names]
        return Judged(
            np.concatenate([np.empty(0), *(j.scores for j in chosen)]),
            np.concatenate([np.empty(0, dtype=bool), *(j.right for j in chosen)]),
        )

    def summary(self, names: Collection[str] | None = None) -> Summary:
        """Means over the classes of these names, by default over all."""
        chosen = [c for c in self.classes if names is None or c.name in names]
        count, instances = len(chosen), sum(c.instances for c in chosen)

        def mean(field_name: str) -> float:
            return float(sum(getattr(c, field_name) for c in chosen)) / max(count, 1)

        weighted = sum(c.ap * c.instances for c in chosen) / max(instances, 1)
        aps = (mean("ap"), mean("ap50"), mean("ap75"), mean("ap25"))
        return Summary(count, instances, *aps, weighted)

    def as_dict(self) -> dict[str, Any]:
        """Everything, of plain types."""
        return {
            "protocol": PROTOCOL,
            "all_classes": _summary_dict(self.summary()),
            "subsets": {name: _summary_dict(s) for name, s in self.subsets.items()},
            "at_thresholds": self.counts.as_dict(),
            "best_common_threshold": dict(zip(("score", "f1"), self.best_common, strict=True)),
            "calibration": {
                "expected_error": self.reliability.error,
                "bins": [asdict(b) for b in self.reliability.bins],
            },
            "lowest_score": self.lowest_score,
            "notices": list(self.notices),
            "classes": [_flat(c, ("instances", "detections", "ap", "ap50", "ap75", "ap25",
                                  "best_threshold", "best_f1")) for c in self.classes],
            "sizes": [
                {"name": s.name, "instances": s.instances, "ap": s.ap, "ap50": s.ap50}
                for s in self.sizes
            ],
            "pages": [_flat(p, ("ap", "ap50")) for p in self.pages],
            "confusions": [
                {"truth": truth, "detection": detection, "count": count}
                for truth, detection, count in self.confusions
            ],
            "precision_at_recall": {
                "recalls": RECALLS.round(2).tolist(),
                "mean": {
                    f"{iou:.2f}": row.round(4).tolist()
                    for iou, row in zip(IOUS, self.curves, strict=True)
                },
                "classes": {c.name: [round(p, 4) for p in c.curve] for c in self.classes},
            },
            "worst": [{**asdict(m), "box": [round(v, 1) for v in m.box]} for m in self.worst],
        }  # fmt: skip

    def to_json(self) -> str:
        """`as_dict` as JSON text; keys in a fixed order, so equal reports give equal text."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n"


def _flat(result: ClassResult | EvaluatedPage, fields: tuple[str, ...]) -> dict[str, Any]:
    name = result.name if isinstance(result, ClassResult) else result.key
    return {"name": name, **{f: getattr(result, f) for f in fields}, **result.counts.as_dict()}


def _summary_dict(s: Summary) -> dict[str, Any]:
    return {
        "classes": s.classes, "instances": s.instances, "mAP": s.map, "AP50": s.ap50,
        "AP75": s.ap75, "AP25": s.ap25, "w-mAP": s.weighted_map,
    }  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
