"""Smooth curves through what is seen of lines, strip by strip.

Letters: K strips across the page; L curves.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

SMOOTH = 7  # strips over which a line is taken to be straight


def smoothed(xs: Doubles, values: NDArray[Any], weights: NDArray[Any]) -> Doubles:
    """Weighted values (..., K) as smooth curves (..., K): local straight lines, level outside."""
    shape = values.shape
    values, weights = (np.asarray(x, np.float64).reshape(-1, shape[-1]) for x in (values, weights))
    seen = weights > 0
    trend = _trends(xs, values, weights)
    rest = np.where(seen, values - trend, 0)
    spread = [
        quantile(row[known], 0.5) if known.any() else 0
        for row, known in zip(abs(rest), seen, strict=True)
    ]
    limit = 3 * np.array(spread)[:, None] + 0.3  # a symbol mistaken for a line
    weights = np.where(np.abs(rest) > limit, 0.1 * weights, weights)
    curves = _local_lines(rest, weights, np.hanning(SMOOTH + 2))
    return np.asarray((curves + trend).reshape(shape))


def _trends(xs: Doubles, values: Doubles, weights: Doubles) -> Doubles:
    """The weighted straight lines (L, K) through values (L, K), level beyond what is seen; 0 where
    less than 3 are."""
    square = weights**2
    mass = np.maximum(square.sum(axis=1, keepdims=True), 1e-12)
    middle = (square * xs).sum(axis=1, keepdims=True) / mass
    x = xs - middle
    mean = (square * values).sum(axis=1, keepdims=True) / mass
    slope = (square * x * values).sum(axis=1, keepdims=True)
    slope /= np.maximum((square * x**2).sum(axis=1, keepdims=True), 1e-12)
    seen = weights > 0
    first, last = xs[seen.argmax(axis=1)], xs[len(xs) - 1 - seen[:, ::-1].argmax(axis=1)]
    within = np.clip(xs, first[:, None], last[:, None])
    enough = seen.sum(axis=1, keepdims=True) > 2
    return np.where(enough, mean + slope * (within - middle), 0.0)


def _local_lines(values: Doubles, weights: Doubles, kernel: Doubles) -> Doubles:
    """At every place the weighted straight lines (L, K) through what the kernel covers of values
    (L, K), level beyond; 0 where nothing has weight."""
    steps = np.arange(len(kernel)) - len(kernel) // 2

    def moment(of: Doubles, power: int) -> Doubles:
        row = (kernel * steps**power)[None, :]
        return np.asarray(cv2.filter2D(of, -1, row, borderType=cv2.BORDER_CONSTANT), np.float64)

    s0, s1, s2 = (moment(weights, power) for power in range(3))
    t0, t1 = (moment(weights * values, power) for power in range(2))
    s2 = s2 + 0.5 * s0  # so that a line through one or two samples stays level
    known = s0 > 0
    fit = np.divide(s2 * t0 - s1 * t1, s0 * s2 - s1**2, out=np.zeros_like(s0), where=known)
    index = np.arange(values.shape[1])
    for row, here, weight in zip(fit, known, weights, strict=True):
        inked = np.flatnonzero(weight > 0)
        if len(inked):
            near = np.clip(index, inked[0], inked[-1])
            row[:] = np.interp(near, index[here], row[here])
    return fit


def quantile(values: NDArray[Any], share: float) -> float:
    """As `np.quantile`, which takes nine times as long for two thousand values."""
    values = np.sort(values)
    place = share * (len(values) - 1)
    low, high = values[int(place)], values[math.ceil(place)]
    return float(low + (high - low) * (place % 1))
