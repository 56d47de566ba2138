"""Detections as arrays, and those of several views of one page made one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .matching import overlapping

SAME = 0.5  # IoU of two detections of one symbol


@dataclass(frozen=True, slots=True)
class Found:
    """M detections in input pixels: boxes (M, 4) half-open, label and score (M,), best first."""

    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Found:
        return Found(self.boxes[rows], self.labels[rows], self.scores[rows])

    def moved(self, dx: int, dy: int) -> Found:
        """The same, seen from a frame whose origin lies dx, dy pixels to the upper left."""
        return Found(self.boxes + np.array([dx, dy, dx, dy]), self.labels, self.scores)

    def within(self, width: int, height: int) -> Found:
        """The same, held within a page of this size, at least half a pixel wide and high."""
        low = np.clip(self.boxes[:, :2], 0, (width - 0.5, height - 0.5))
        high = np.clip(self.boxes[:, 2:], low + 0.5, (width, height))
        return Found(np.concatenate((low, high), axis=1), self.labels, self.scores)


def joint(parts: Sequence[Found]) -> Found:
    """All detections of the parts, in their order."""
    boxes, labels, scores = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("boxes", "labels", "scores")
    )
    return Found(boxes, labels, scores)


def non_maximum_suppression(found: Found, ious: Sequence[float]) -> Found:
    """Best first; of detections of one class that overlap by more only the best stays.

    ious (C,): by class.
    """
    # OpenCV's: torchvision takes a second and 160 MiB to import, for nothing else.
    corners, sides = found.boxes[:, :2], found.boxes[:, 2:] - found.boxes[:, :2]
    places = np.concatenate((corners, sides), axis=1)
    kept = [np.zeros(0, np.intp)]
    for label in np.unique(found.labels):
        rows = np.flatnonzero(found.labels == label)
        best = cv2.dnn.NMSBoxes(
            places[rows].tolist(), found.scores[rows].tolist(), 0.0, ious[label]
        )
        kept.append(rows[np.asarray(best, np.intp)])
    rows = np.concatenate(kept)
    rows = rows[np.argsort(-found.scores[rows], kind="stable")]
    return found[rows]


def fused(views: Sequence[Found]) -> Found:
    """What several views of one page agree on, best first (weighted boxes fusion, Solovyev 2021).

    The best detection takes with it, from every other view, the one of its class that it
    overlaps most. Their boxes are averaged, weighted by score; their score is the sum of scores
    over the number of views, so that what one view alone shows counts less.
    """
    everything = joint(views)
    view = np.repeat(np.arange(len(views)), [len(part.scores) for part in views])
    free = np.ones(len(view), dtype=bool)
    groups: list[list[int]] = []
    for label in np.unique(everything.labels):
        rows = np.flatnonzero(everything.labels == label)
        rows = rows[np.argsort(-everything.scores[rows], kind="stable")]
        boxes = everything.boxes[rows]
        near = overlapping(boxes, boxes, SAME).candidates
        for row, others in zip(rows.tolist(), near, strict=True):
            if not free[row]:
                continue
            seen = {int(view[row]): row}
            for place, _ in sorted(others, key=lambda other: -other[1]):
                other = int(rows[place])
                if free[other]:
                    seen.setdefault(int(view[other]), other)
            groups.append(list(seen.values()))
            free[groups[-1]] = False
    scores = np.array([everything.scores[g].sum() / len(views) for g in groups])
    means = [
        np.average(everything.boxes[g], axis=0, weights=everything.scores[g] + 1e-9) for g in groups
    ]
    order = np.argsort(-scores, kind="stable")
    labels = everything.labels[[group[0] for group in groups]]
    return Found(np.reshape(means, (-1, 4))[order], labels[order], scores[order])
