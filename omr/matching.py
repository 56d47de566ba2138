"""Which detection found which true symbol: COCO's greedy matching, on sparse pairs.

Letters: G true boxes, D detections in descending order of score, T thresholds of IoU.
Boxes are x0, y0, x1, y1, half-open, in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 20  # entries of the D x G table held at a time


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The pairs of one class on one page that overlap enough to be matched at all.

    candidates: for each of D detections, its (true box, IoU), in order of the true boxes.
    """

    candidates: Sequence[Sequence[tuple[int, float]]]
    true_count: int


def iou_table(boxes: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU of D boxes (D, 4) with G boxes (G, 4), shape (D, G)."""
    low = np.maximum(boxes[:, None, :2], truth[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], truth[None, :, 2:])
    overlap = np.clip(high - low, 0, None).prod(axis=2)
    union = area(boxes)[:, None] + area(truth)[None, :] - overlap
    table: NDArray[np.float64] = np.zeros_like(overlap)
    np.divide(overlap, union, out=table, where=union > 0)
    return table


def area(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Areas in square pixels of N boxes (N, 4), shape (N,)."""
    sides: NDArray[np.float64] = boxes[:, 2:] - boxes[:, :2]
    areas: NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return areas


def overlapping(boxes: NDArray[np.float64], truth: NDArray[np.float64], least: float) -> Pairs:
    """The pairs of boxes (D, 4) and truth (G, 4) whose IoU reaches `least`."""
    candidates: list[list[tuple[int, float]]] = [[] for _ in boxes]
    step = max(_CHUNK // max(len(truth), 1), 1)
    for start in range(0, len(boxes) if len(truth) else 0, step):
        table = iou_table(boxes[start : start + step], truth)
        rows, columns = np.nonzero(table >= least)
        for d, g, iou in zip(
            (rows + start).tolist(), columns.tolist(), table[rows, columns].tolist(), strict=True
        ):
            candidates[d].append((g, iou))
    return Pairs(candidates, len(truth))


def match(
    pairs: Pairs, thresholds: Sequence[float], ignored: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """The true box each detection is matched to, or -1, shape (T, D).

    In order of score a detection takes the free true box of highest IoU, of equal ones the
    last, as pycocotools does. `ignored` (G,) marks true boxes taken only if no other will do.
    """
    matches = np.full((len(thresholds), len(pairs.candidates)), -1, dtype=np.int64)
    some = [(d, c) for d, c in enumerate(pairs.candidates) if c]
    rank = [0] * pairs.true_count if ignored is None else (~ignored).astype(int).tolist()
    for row, threshold in zip(matches, thresholds, strict=True):
        taken = bytearray(pairs.true_count)
        least = min(threshold, 1 - 1e-10)
        for d, candidates in some:
            best, best_g = (-1, least), -1
            for g, iou in candidates:
                if iou >= least and not taken[g] and (rank[g], iou) >= best:
                    best, best_g = (rank[g], iou), g
            if best_g >= 0:
                taken[best_g] = 1
                row[d] = best_g
    return matches
