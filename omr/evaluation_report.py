"""What an evaluation says: figures as an object, as JSON, as a plain-text table."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

PROTOCOL = "coco-dense"


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
    """One class. best_threshold: the score that gives the best F1 on this truth, best_f1."""

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


@dataclass(frozen=True, slots=True)
class SizeResult:
    """All classes, symbols of one size; None where there are no such symbols."""

    name: str
    instances: int
    ap: float | None
    ap50: float | None


@dataclass(frozen=True, slots=True)
class PageResult:
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


@dataclass(frozen=True, slots=True)
class Report:
    """The result of `omr.evaluation.evaluate`. classes: in order of their names."""

    classes: tuple[ClassResult, ...]
    sizes: tuple[SizeResult, ...]
    pages: tuple[PageResult, ...]
    counts: Counts
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
            "lowest_score": self.lowest_score,
            "notices": list(self.notices),
            "classes": [_flat(c, ("instances", "detections", "ap", "ap50", "ap75", "ap25",
                                  "best_threshold", "best_f1")) for c in self.classes],
            "sizes": [
                {"name": s.name, "instances": s.instances, "ap": s.ap, "ap50": s.ap50}
                for s in self.sizes
            ],
            "pages": [_flat(p, ("ap", "ap50")) for p in self.pages],
        }  # fmt: skip

    def to_json(self) -> str:
        """`as_dict` as JSON text; keys in a fixed order, so equal reports give equal text."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n"


def _flat(result: ClassResult | PageResult, fields: tuple[str, ...]) -> dict[str, Any]:
    name = result.name if isinstance(result, ClassResult) else result.key
    return {"name": name, **{f: getattr(result, f) for f in fields}, **result.counts.as_dict()}


def _summary_dict(s: Summary) -> dict[str, Any]:
    return {
        "classes": s.classes, "instances": s.instances, "mAP": s.map, "AP50": s.ap50,
        "AP75": s.ap75, "AP25": s.ap25, "w-mAP": s.weighted_map,
    }  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
