"""Average precision as COCO defines it: 101 points of recall, precision made monotonic.

Letters: N detections of one class over all pages, T thresholds of IoU.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RECALLS = np.linspace(0.0, 1.0, 101)


def precision_curves(
    scores: NDArray[np.float64], hits: NDArray[np.bool_], positives: int,
    counted: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """Precision at each of RECALLS and each threshold, shape (T, 101); AP is its mean.

    Made monotonic, 0 beyond the greatest recall reached; NaN where there is nothing to find.

    scores: (N,), in any order; equal ones keep theirs. hits: (T, N), true where the detection
    found a symbol. positives: number of true symbols. counted: (T, N), false where the
    detection counts neither for nor against.
    """
    thresholds = len(hits)
    if positives == 0:
        return np.full((thresholds, len(RECALLS)), np.nan)
    if len(scores) == 0:
        return np.zeros((thresholds, len(RECALLS)))
    order = np.argsort(-scores, kind="stable")
    right = hits if counted is None else hits & counted
    wrong = ~hits if counted is None else ~hits & counted
    found = np.cumsum(right[:, order], axis=1, dtype=np.float64)
    missed = np.cumsum(wrong[:, order], axis=1, dtype=np.float64)
    precision = found / (found + missed + np.spacing(1))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    # Beyond the greatest recall reached the precision is 0: the appended column.
    envelope = np.pad(envelope, ((0, 0), (0, 1)))
    recall = found / positives
    curves = np.empty((thresholds, len(RECALLS)))
    for t in range(thresholds):
        curves[t] = envelope[t, np.searchsorted(recall[t], RECALLS, side="left")]
    return curves


def best_threshold(
    scores: NDArray[np.float64], hits: NDArray[np.bool_], positives: int
) -> tuple[float, float]:
    """(threshold, F1) of the score threshold (>=) that gives the best F1; (1, 0) without any.

    scores, hits: (N,). Of equally good thresholds the highest is taken.
    """
    if positives == 0 or not hits.any():
        return 1.0, 0.0
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    f1 = 2 * np.cumsum(hits[order]) / (np.arange(1, len(ranked) + 1) + positives)
    # A threshold cannot part equal scores: only the last of each run may be the cut.
    f1[:-1][ranked[1:] == ranked[:-1]] = 0.0
    cut = int(np.argmax(f1))
    return float(ranked[cut]), float(f1[cut])
