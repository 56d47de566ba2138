"""A report as plain text, to be read in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .report import PROTOCOL, Counts, Report, Summary

MOST = 15
"""Confusions that are shown."""


def report_text(report: Report) -> str:
    """A report: summary, notices, sizes, pages, classes from the most frequent, confusions."""
    parts = (_head, _sizes, _pages, _classes, _confusions)
    return "\n".join(line for part in parts for line in part(report)) + "\n"


def _head(report: Report) -> Iterator[str]:
    yield f"Protocol {PROTOCOL}: COCO AP@[.50:.05:.95], whole pages, all classes, no cap."
    yield ""
    sets: dict[str, Summary] = {"all classes": report.summary(), **report.subsets}
    yield from _table(
        ("", "classes", "symbols", "mAP", "AP50", "AP75", "AP25", "w-mAP"),
        [
            (name, s.classes, s.instances, s.map, s.ap50, s.ap75, s.ap25, s.weighted_map)
            for name, s in sets.items()
        ],
    )
    precision, recall, f1 = _shares(report.counts)
    yield ""
    shares = f"precision {precision}  recall {recall}  F1 {f1}"
    yield f"At the thresholds given (else all detections), IoU .5: {shares}"
    threshold, best = report.best_common
    yield f"Best F1 with one threshold for all classes: {best:.3f} at score {threshold:.3f}"
    if report.reliability.error is not None:
        yield f"Expected calibration error of the scores: {report.reliability.error:.3f}"
    yield from (f"Notice: {notice}" for notice in report.notices)


def _sizes(report: Report) -> Iterator[str]:
    yield ""
    rows = [(s.name, s.instances, s.ap, s.ap50) for s in report.sizes]
    yield from _table(("size", "symbols", "AP", "AP50"), rows)


def _pages(report: Report) -> Iterator[str]:
    yield ""
    rows = [
        (p.key, p.counts.right + p.counts.missed, p.ap, p.ap50, *_shares(p.counts))
        for p in report.pages
    ]
    yield from _table(("page", "symbols", "AP", "AP50", "precision", "recall", "F1"), rows)


def _classes(report: Report) -> Iterator[str]:
    yield ""
    rows = [
        (c.name, c.instances, c.detections, c.ap, c.ap50, c.ap75, c.ap25, *_shares(c.counts))
        for c in sorted(report.classes, key=lambda c: (-c.instances, c.name))
    ]
    header = ("class", "symbols", "found", "AP", "AP50", "AP75", "AP25", "precision", "recall")
    yield from _table((*header, "F1"), rows)


def _confusions(report: Report) -> Iterator[str]:
    if report.confusions:
        yield ""
        yield from _table(("class", "taken for", "times"), report.confusions[:MOST])


def _shares(counts: Counts) -> tuple[str, str, str]:
    return _cell(counts.precision), _cell(counts.recall), _cell(counts.f1)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Columns as wide as they need, the first to the left, the others to the right."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for row in cells:
        first = row[0].ljust(widths[0])
        rest = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join((first, *rest)).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
