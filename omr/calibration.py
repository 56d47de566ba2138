"""Scores that are chances.

The network's scores rank detections but are not chances: most right ones score about .6. The map
score' = sigmoid(slope * logit(score) + shift) (Platt 1999, on log-odds) makes .8 mean that 80 %
are right at IoU .5. As it rises, no order and hence no AP is changed by it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

EDGE = 1e-7  # scores of 0 and 1 have no log-odds
Calibration = tuple[float, float]


def calibrated(scores: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    """The scores (N,) mapped by (slope, shift); (1, 0) leaves them as they are."""
    if calibration == (1.0, 0.0):
        return scores
    slope, shift = calibration
    mapped: NDArray[np.float64] = expit(slope * logit(scores.clip(EDGE, 1 - EDGE)) + shift)
    return mapped
