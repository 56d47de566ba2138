"""Calibration: scores become chances, order and AP stay as they are, thresholds move along."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from deepscores_tools.symbols import Box, Page, Symbol
from omr.calibration import calibrated
from omr.config import ModelConfig
from omr.evaluation import evaluate
from omr.evaluation.fitting import fit_calibration, fitted
from omr.evaluation.reliability import reliability

MODEL = ModelConfig(name="m", families={"all": ("x",)})


def shy(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores that rank well and mean nothing: right ones lie about .6, wrong ones about .3."""
    rng = np.random.default_rng(seed)
    right = rng.random(count) < 0.6
    scores = np.where(right, rng.normal(0.6, 0.1, count), rng.normal(0.3, 0.1, count))
    return scores.clip(0, 1), right


def test_fitted_scores_are_chances_on_other_data_too() -> None:
    calibration = fit_calibration(*shy(4000, 1))
    scores, right = shy(4000, 2)
    before, after = reliability(scores, right), reliability(calibrated(scores, calibration), right)
    assert before.error is not None
    assert after.error is not None
    assert before.error > 0.2
    assert after.error < 0.02


def test_order_is_kept_and_ends_stay_within_bounds() -> None:
    scores = np.linspace(0, 1, 1001)
    mapped = calibrated(scores, (3.8, 3.1))
    assert (np.diff(mapped) > 0).all()
    assert 0 <= mapped.min() < mapped.max() <= 1
    assert calibrated(scores, (1.0, 0.0)) is scores


def test_data_that_say_nothing_leave_scores_alone() -> None:
    scores = np.linspace(0.1, 0.9, 9)
    assert fit_calibration(scores, np.ones(9, dtype=bool)) == (1.0, 0.0)
    assert fit_calibration(scores, scores < 0.5) == (1.0, 0.0)
    assert fit_calibration(np.empty(0), np.empty(0, dtype=bool)) == (1.0, 0.0)
    rng = np.random.default_rng(391)  # a slope of nearly nothing
    assert fit_calibration(rng.random(60), rng.random(60) < 0.4)[0] > 0


def test_a_model_keeps_its_decisions_when_it_is_calibrated() -> None:
    scores, right = shy(200, 3)
    boxes = [Box(20 * i, 0, 20 * i + 9, 9) for i in range(200)]
    aside = [Box(b.x0, 50, b.x1, 59) for b in boxes]
    places = [a if r else b for a, b, r in zip(boxes, aside, right, strict=True)]

    def page(found: np.ndarray) -> Page:
        rows = zip(places, found.tolist(), strict=True)
        return Page(name="a", width=4000, height=60,
                    symbols=[Symbol(name="x", box=b, score=s) for b, s in rows])  # fmt: skip

    truth = [
        Page(name="a", width=4000, height=60, symbols=[Symbol(name="x", box=b) for b in boxes])
    ]
    report = evaluate(truth, [page(scores)])
    model = fitted(MODEL, report, {})
    after = evaluate(
        truth, [page(calibrated(scores, model.calibration))], thresholds=model.thresholds
    )
    assert after.map == pytest.approx(report.map, abs=1e-12)
    assert after.counts.f1 == pytest.approx(report.classes[0].best_f1, abs=0.01)


def test_a_calibration_that_falls_is_refused() -> None:
    config = MODEL.model_dump(mode="json")
    with pytest.raises(ValidationError):
        ModelConfig.model_validate({**config, "calibration": (-1.0, 0.0)})


@pytest.mark.parametrize("seed", range(20))
def test_the_detection_that_a_threshold_was_cut_at_stays(seed: int) -> None:
    scores = np.random.default_rng(seed).random(8)
    boxes = [Box(20 * i, 0, 20 * i + 9, 9) for i in range(8)]
    found = [Symbol(name="x", box=b, score=s) for b, s in zip(boxes, scores.tolist(), strict=True)]
    truth = [Page(name="a", width=400, height=60, symbols=[replace(s, score=None) for s in found])]
    report = evaluate(truth, [replace(truth[0], symbols=found)])
    model = fitted(MODEL, report, {})
    lowest = calibrated(scores, model.calibration).min()
    assert model.threshold("x") <= lowest
