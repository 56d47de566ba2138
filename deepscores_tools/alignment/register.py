"""A rough fit made exact: Gauss-Newton on the ink itself, coarse to fine, as curved as paper.

Each block of one interline says how far its ink is off, and how surely in which direction (a
bare staff says nothing about left and right); the smoothest field that agrees is the answer.
Lucas and Kanade 1981, with the free-form deformation of `spline`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.alignment.page_fit import Flattened, PageFit
from deepscores_tools.alignment.spline import SplineField

Field = NDArray[np.float32]
STIFFNESS = 0.1
SEEN = 0.03  # ink of the page (0..1) from which the photo's there is compared with it
FAINT = 0.015  # mean ink of a place that has some


@dataclass(frozen=True, slots=True)
class _Level:
    """pixels: of an interline. blur: Gaussian, interlines. spacing: of the field's nodes.

    tolerance: ink (0..1) that may be amiss at a pixel before it counts less and less.
    """

    pixels: float
    blur: float
    spacing: float
    rounds: int
    tolerance: float


_LEVELS = (
    _Level(4, 1.5, 10, 5, 0.5),
    _Level(4, 0.7, 6, 4, 0.5),
    _Level(8, 0.3, 4, 4, 0.4),
    _Level(16, 0.12, 3, 3, 0.3),
)


def register(
    page: NDArray[np.uint8], photo: NDArray[np.uint8], interline: float, start: PageFit
) -> PageFit:
    """The fit that lays the photo's ink on the page's.

    page, photo: ink, uint8, 255 = ink, of any sizes. interline: of the page in pixels.
    start: right to about an interline and a half.
    """
    fit = start
    for level in _LEVELS:
        scale = min(1.0, level.pixels / interline)
        pixels = scale * interline
        reduction = min(1.0, scale / _magnification(fit))
        small = _reduced(photo, reduction)
        target = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        ink = np.asarray(target.astype(np.float32) / 255, np.float32)
        drawn = np.asarray(cv2.GaussianBlur(ink, (0, 0), level.blur * pixels), np.float32)
        fit = _settled(fit, ink, level.spacing * interline)
        for _ in range(level.rounds):
            flat = Flattened(fit, scale)
            seen = _seen(flat, small, reduction, level.blur * pixels)
            _step(fit.field, drawn, seen, scale, pixels, level.tolerance)
    return fit


def _settled(fit: PageFit, ink: Field, spacing: float) -> PageFit:
    """The same fit, its homography that of all the ink, and its field on nodes this far apart.

    What the homography can say the field need not: it is the more certain in the margins.
    """
    width, height = fit.field.width, fit.field.height
    size = math.ceil(2 * width / spacing), math.ceil(2 * height / spacing)
    xs = (np.arange(size[0]) + 0.5) * width / size[0] - 0.5
    ys = (np.arange(size[1]) + 0.5) * height / size[1] - 0.5
    points = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    inked = cv2.resize(ink, size, interpolation=cv2.INTER_AREA).ravel() > FAINT
    places = fit.target(points)
    matrix, _ = cv2.findHomography(points[inked], places[inked]) if inked.sum() > 3 else (None, 0)
    homography = fit.homography if matrix is None else np.asarray(matrix, np.float64)
    settled = PageFit(homography, SplineField(width, height, spacing), fit.width, fit.height)
    ones = np.ones(len(points))
    information = np.stack([ones, 0 * ones, ones], -1)
    basis = settled.field.basis(points)
    settled.field.solve(basis, information, settled.source(places) - points, 1e-4)
    return settled


def _magnification(fit: PageFit) -> float:
    """Pixels of the photo to one of the page, at the page's middle."""
    middle = np.array([fit.field.width / 2, fit.field.height / 2])
    steps = fit.target(middle + np.array([[10.0, 0.0], [0.0, 10.0]])) - fit.target(middle)
    return float(np.sqrt(abs(np.linalg.det(steps))) / 10)


def _reduced(photo: NDArray[np.uint8], scale: float) -> Field:
    """The photo as ink 0..1 at another scale: it shall not be larger than it will be drawn."""
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small.astype(np.float32) / 255, np.float32)


def _seen(flat: Flattened, small: Field, reduction: float, blur: float) -> Field:
    """The photo, reduced, as the page it shows, NaN off the photo.

    OpenCV resizes by just this factor, not by the ratio of the sizes, which are rounded.
    """
    x, y = ((m + 0.5) * reduction - 0.5 for m in flat.maps())
    seen = cv2.remap(small, x, y, cv2.INTER_LINEAR)
    seen = cv2.GaussianBlur(seen, (0, 0), blur)
    height, width = small.shape
    seen[(x < 0) | (y < 0) | (x > width - 1) | (y > height - 1)] = np.nan
    return np.asarray(seen, np.float32)


def _step(
    field: SplineField, drawn: Field, seen: Field, scale: float, pixels: float, tolerance: float
) -> None:
    """One Gauss-Newton step of the field, towards `seen` looking like `drawn`."""
    known = np.isfinite(seen)
    seen = np.where(known, seen, 0)
    near = 8 * pixels  # ink and focus change slowly over the page
    common = cv2.blur(drawn * seen, (int(near), int(near)))
    own = cv2.blur(drawn * drawn * known, (int(near), int(near)))
    expected = drawn * np.clip(common / np.maximum(own, 1e-4), 0.2, 2.0)
    gx = cv2.Sobel(expected, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    gy = cv2.Sobel(expected, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    amiss = expected - seen
    spread = tolerance * max(float(expected.std()) * 2, 1e-3)
    weight = (known & (drawn > SEEN)) / (1 + (amiss / spread) ** 2) ** 2
    height, width = drawn.shape
    size = max(1, round(width / pixels)), max(1, round(height / pixels))
    sums = [weight * part for part in (gx * gx, gx * gy, gy * gy, gx * amiss, gy * amiss)]
    blocks = np.stack(
        [cv2.resize(s, size, interpolation=cv2.INTER_AREA).ravel() for s in sums], -1
    ).astype(np.float64)
    xs = (np.arange(size[0]) + 0.5) * field.width / size[0] - 0.5
    ys = (np.arange(size[1]) + 0.5) * field.height / size[1] - 0.5
    points = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    information, push = blocks[:, :3], blocks[:, 3:] / scale
    now = field.at(points)
    xx, xy, yy = information.T
    pull = np.stack([xx * now[:, 0] + xy * now[:, 1], xy * now[:, 0] + yy * now[:, 1]], -1) + push
    nodes = field.coefficients[0].size
    typical = float((xx + yy).sum() / 2 / nodes)
    field.solve(field.basis(points), information, pull, STIFFNESS * typical)
