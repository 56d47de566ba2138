"""Evaluation of datasets on disk, with the vocabularies that their files state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from deepscores_tools.errors import InputError
from deepscores_tools.formats import coco, format_of, read_dataset, read_selected
from deepscores_tools.page_choice import parse_spec, select
from deepscores_tools.symbols import Page

from .class_pairs import ClassPairs
from .coco_dense import evaluate
from .crops import Crop, crops_of
from .mistakes import Mistake
from .report import Report


def evaluate_files(
    truth: str,
    detections: str,
    *,
    class_pairs: ClassPairs | None = None,
    thresholds: Mapping[str, float] | float | None = None,
) -> Report:
    """`evaluate` for two datasets, each named by a spec (see `formats.read_selected`).

    The classes a COCO file lists are what its truth could hold, or its detector could give;
    of another truth, whatever occurs on any page of the dataset, chosen or not.
    Raises InputError.
    """
    true_path, conditions = parse_spec(truth)
    found_path, _ = parse_spec(detections)
    known: set[str] = set()  # grows while `evaluate` reads the truth, before it looks here
    true_is_coco = format_of(true_path) == "coco"
    pages = _noting(read_dataset(true_path), known)
    if true_is_coco:
        known.update(coco.category_names(true_path))
    if format_of(found_path) == "coco":
        detectable: Sequence[str] | None = coco.category_names(found_path, _basis(true_path))
    else:
        detectable = None
    return evaluate(
        select(pages, conditions, truth),
        _found(detections, true_path),
        class_pairs=class_pairs,
        thresholds=thresholds,
        known_names=known,
        detectable_names=detectable,
    )


def crops_of_worst(
    report: Report, truth: str, detections: str, class_pairs: ClassPairs | None = None
) -> dict[Mistake, Crop]:
    """Pictures of the report's worst mistakes; both datasets are read once more. InputError."""
    found = _found(detections, parse_spec(truth)[0])
    return crops_of(report.worst, read_selected(truth), found, class_pairs or ClassPairs())


def with_frequent(
    report: Report, train: Iterable[str], least: int, class_pairs: ClassPairs | None = None
) -> Report:
    """The report, with a summary of the classes of >= `least` instances in training data.

    train: specs of the datasets that were trained on. Raises InputError.
    """
    class_pairs = class_pairs or ClassPairs()
    counts = Counter(
        class_pairs.of_truth(s.name)
        for spec in train
        for p in read_selected(spec)
        for s in p.symbols
    )
    names = {name for name, count in counts.items() if count >= least}
    name = f">= {least} in training"
    return replace(report, subsets={**report.subsets, name: report.summary(names)})


def with_named(report: Report, patterns: str) -> Report:
    """The report, with a summary of the classes whose names fit one of `patterns`, as
    `stem,rest*`. Raises InputError where none does."""
    fits = [p.strip() for p in patterns.split(",")]
    names = {c.name for c in report.classes if any(fnmatchcase(c.name, p) for p in fits)}
    if not names:
        raise InputError(patterns, "fits no class of the truth; name some, as stem,rest*")
    return replace(report, subsets={**report.subsets, patterns: report.summary(names)})


def _found(detections: str, true_path: Path) -> Iterator[Page]:
    """The detections; COCO results name their pages in the truth."""
    path, conditions = parse_spec(detections)
    if format_of(path) == "coco":
        return select(coco.read(path, _basis(true_path)), conditions, detections)
    return read_selected(detections)


def _basis(true_path: Path) -> Path | None:
    return true_path if format_of(true_path) == "coco" else None


def _noting(pages: Iterable[Page], names: set[str]) -> Iterator[Page]:
    for page in pages:
        names.update(symbol.name for symbol in page.symbols)
        yield page
