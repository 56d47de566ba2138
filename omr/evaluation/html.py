"""A report as one HTML file that needs nothing else: tables, curves, and pictures of mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from . import figures
from .crops import Crop
from .mistakes import Mistake, by_class
from .report import PROTOCOL, Report

MOST_CONFUSIONS = 30
SHEET_CLASSES = 40
"""Classes whose mistakes are shown: those with most of them."""


@dataclass(frozen=True, slots=True)
class ClassMistakes:
    """The mistakes of one class that are shown, and how many there are."""

    name: str
    wrong: int
    missed: int
    alarms: tuple[Crop, ...]
    misses: tuple[Crop, ...]


def report_html(report: Report, facts: Mapping[str, str], crops: Mapping[Mistake, Crop]) -> str:
    """The report as HTML, nothing in it from elsewhere.

    facts: what was compared, in words, by name. crops: pictures of `report.worst`, as far as
    there are any.
    """
    environment = Environment(
        loader=PackageLoader("omr.evaluation", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["figure"] = _figure
    environment.filters["sparkline"] = figures.sparkline
    return environment.get_template("report.html").render(
        report=report,
        facts=facts,
        protocol=PROTOCOL,
        summaries={"all classes": report.summary(), **report.subsets},
        classes=sorted(report.classes, key=lambda c: (-c.instances, c.name)),
        confusions=report.confusions[:MOST_CONFUSIONS],
        curves=[
            Markup(draw(report))
            for draw in (
                figures.precision_recall, figures.f1_by_threshold, figures.reliability_diagram,
            )
        ],
        sheet=_sheet(report, crops),
    )  # fmt: skip


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _sheet(report: Report, crops: Mapping[Mistake, Crop]) -> list[ClassMistakes]:
    """Classes with pictures of their mistakes, those with most mistakes first."""
    counts = {c.name: c.counts for c in report.classes} | dict(report.absent)
    total = Counter({name: c.wrong + c.missed for name, c in counts.items()})
    alarms, misses = by_class(mistake for mistake in report.worst if mistake in crops)
    names = sorted({*alarms, *misses}, key=lambda name: (-total[name], name))[:SHEET_CLASSES]
    return [
        ClassMistakes(
            name, counts[name].wrong, counts[name].missed,
            tuple(crops[m] for m in alarms.get(name, ())),
            tuple(crops[m] for m in misses.get(name, ())),
        )
        for name in names
    ]  # fmt: skip
