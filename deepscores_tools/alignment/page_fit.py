"""The map from a labelled page to a photo of it: a homography after a smooth displacement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.alignment.spline import SplineField
from deepscores_tools.degradation.warps import PageMap, Points

ROUNDS = 12  # of the fixed point; the field changes by a few percent per pixel


class PageFit(PageMap):
    """Old page: the labelled one; new page: the photo of width x height pixels.

    homography: (3, 3), from the labelled page to the photo. field: what the paper does before
    that, in pixels of the labelled page.
    """

    def __init__(
        self, homography: NDArray[np.float64], field: SplineField, width: int, height: int
    ) -> None:
        self.homography, self.field = homography, field
        self.width, self.height = width, height
        self._inverse = np.asarray(np.linalg.inv(homography), np.float64)

    def source(self, points: Points) -> Points:
        flat = _projected(points, self._inverse)
        found = flat.copy()
        for _ in range(ROUNDS):
            found = flat - self.field.at(found)
        return found

    def target(self, points: Points) -> Points:
        return _projected(points + self.field.at(points), self.homography)


class Flattened(PageMap):
    """The way back: from the photo to the labelled page, drawn `scale` times its size."""

    def __init__(self, fit: PageFit, scale: float = 1.0) -> None:
        self._fit, self.scale = fit, scale
        self.width = round(fit.field.width * scale)
        self.height = round(fit.field.height * scale)

    def source(self, points: Points) -> Points:
        return self._fit.target((points + 0.5) / self.scale - 0.5)

    def target(self, points: Points) -> Points:
        return (self._fit.source(points) + 0.5) * self.scale - 0.5


def _projected(points: Points, matrix: NDArray[np.float64]) -> Points:
    w = points @ matrix[2, :2] + matrix[2, 2]
    return np.asarray((points @ matrix[:2, :2].T + matrix[:2, 2]) / w[..., None], np.float64)
