"""Whether scores mean what they say: of detections with score .8, are 80 % right?

A detection is right where it found a true symbol of its class at IoU .5. Letters: N detections.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Detections with low <= score < high (the first and the last hold what lies beyond them).

    score, right: their mean score and the share of them that is right; None without any.
    """

    low: float
    high: float
    detections: int
    score: float | None
    right: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins, and the expected calibration error: the mean of |right - score| over bins,
    weighted by detections (Guo et al. 2017, eq. 5); None without detections."""

    bins: tuple[Bin, ...]
    error: float | None


def reliability(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> Reliability:
    """Reliability over bins of equal width. scores, right: (N,)."""
    all_bins = tuple(_bins(scores, right))
    if not len(scores):
        return Reliability(all_bins, None)
    gaps = sum(
        b.detections * abs(b.right - b.score)
        for b in all_bins
        if b.right is not None and b.score is not None
    )
    return Reliability(all_bins, gaps / len(scores))


def _bins(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> Iterator[Bin]:
    which = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    for i in range(BINS):
        here = which == i
        count = int(here.sum())
        means = (float(scores[here].mean()), float(right[here].mean())) if count else (None, None)
        yield Bin(i / BINS, (i + 1) / BINS, count, *means)
