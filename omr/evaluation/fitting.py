"""Calibration and thresholds, fitted on validation pages and kept with the model."""

from __future__ import annotations

from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from ..calibration import EDGE, Calibration, calibrated
from ..config import UNTUNED, ModelConfig
from ..eight_bits import Ranges
from .report import Report

ENOUGH = 5  # instances that a class's own threshold may be fitted on
EVEN = 0.5  # a threshold above even odds fits the few pages it was found on, not other kinds


def fitted(model: ModelConfig, report: Report, ranges: Ranges) -> ModelConfig:
    """The model with calibration and thresholds fitted to a report on its uncalibrated scores.

    ranges: of its maps, as they were observed on the report's pages.
    """
    judged = report.judgements(model.classes)
    calibration = fit_calibration(judged.scores, judged.right)
    thresholds = fit_thresholds(report, model.classes)
    mapped = np.minimum(calibrated(np.array(list(thresholds.values())), calibration), EVEN)
    # Rounded down: the detections of the score that was chosen are to stay.
    named = dict(zip(thresholds, (np.floor(mapped * 1e4) / 1e4).tolist(), strict=True))
    return model.model_copy(
        update={"calibration": calibration, "thresholds": named, "map_ranges": ranges}
    )


def fit_calibration(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> Calibration:
    """The (slope, shift) of least cross-entropy for N detections, right at IoU .5 or not.

    (1, 0) where all or none are right, or where better scores are not more often right.
    """
    from scipy.optimize import minimize  # half a second that detection need not wait

    if not len(scores) or right.all() or not right.any():
        return 1.0, 0.0
    odds = logit(scores.clip(EDGE, 1 - EDGE))

    def cost(map_: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = map_[0] * odds + map_[1]
        error = (expit(z) - right) / len(right)
        entropy = float(np.mean(np.logaddexp(0, z) - right * z))
        return entropy, np.array([float(error @ odds), float(error.sum())])

    best = minimize(cost, (1.0, 0.0), jac=True, method="BFGS").x
    slope, shift = (round(float(v), 4) for v in best)
    return (slope, shift) if slope > 0 else (1.0, 0.0)


def fit_thresholds(report: Report, classes: tuple[str, ...]) -> dict[str, float]:
    """For every class the score that gave the best F1 at IoU .5.

    Classes with fewer instances, or never found, get the median of the others: a threshold
    fitted on one or two symbols would be chance.
    """
    found = {
        c.name: c.best_threshold
        for c in report.classes
        if c.instances >= ENOUGH and c.best_f1 > 0 and c.name in classes
    }
    common = median(found.values()) if found else UNTUNED
    return {name: found.get(name, common) for name in classes}
