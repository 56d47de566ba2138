"""Score thresholds, fitted on validation pages and stored with the weights."""

from __future__ import annotations

from statistics import median

from .evaluation_report import Report

ENOUGH = 5  # instances that a class's own threshold may be fitted on


def fit_thresholds(report: Report, classes: tuple[str, ...]) -> dict[str, float]:
    """For every class the score that gave the best F1 at IoU .5.

    Classes with fewer instances, or never found, get the median of the others: a threshold
    fitted on one or two symbols would be chance.
    """
    fitted = {
        c.name: c.best_threshold
        for c in report.classes
        if c.instances >= ENOUGH and c.best_f1 > 0 and c.name in classes
    }
    common = median(fitted.values()) if fitted else 0.3
    return {name: round(fitted.get(name, common), 4) for name in classes}
