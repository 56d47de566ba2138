"""The smooth deformations of a scanned page: skew, perspective, book curl, waves.

A warp says for every pixel of the new page where on the old one it comes from. Positions here
are pixel centres: (0, 0) is the centre of the upper left pixel, a box edge x0 lies at x0 - 0.5.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.degradation.ink import Range, draw

Points = NDArray[np.float64]
STEP = 8  # the map is computed every 8 pixels; in between a scan's is linear to 1e-3 pixels
ROUNDS = 25  # at most, to find where a point goes


@dataclass(frozen=True, slots=True, kw_only=True)
class WarpRanges:
    """Ranges a warp is drawn from; the defaults leave the page as it is.

    rotation: standard deviation in degrees, cut at 2. perspective: how far each corner moves,
    as a fraction of the page. curl: lift of the lines at the spine; wave: of wavy paper, both
    as a fraction of the page width. Each of the last three happens with its own chance.
    """

    rotation: float = 0.0
    perspective_chance: float = 0.0
    perspective: Range = (0.0, 0.015)
    curl_chance: float = 0.0
    curl: Range = (0.002, 0.015)
    wave_chance: float = 0.0
    wave: Range = (0.0005, 0.002)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarpParameters:
    """One warp; all zero is the identity.

    rotation: degrees, about the page's centre. corners: (dx, dy) of the upper left, upper
    right, lower right and lower left corner, fractions of width and height. curl: vertical
    shift at the spine as a fraction of the width, dying out over curl_reach of the width;
    spine_right: which side the spine is on; curl_centre: height (0..1) where the camera stood,
    which stays straight. wave: amplitude, fraction of the width; wave_periods across the page.
    """

    rotation: float = 0.0
    corners: tuple[tuple[float, float], ...] = ((0.0, 0.0),) * 4
    curl: float = 0.0
    curl_reach: float = 0.15
    curl_centre: float = 0.5
    spine_right: bool = False
    wave: float = 0.0
    wave_periods: float = 1.0
    wave_phase: float = 0.0


def draw_warp(rng: np.random.Generator, ranges: WarpRanges) -> WarpParameters:
    """A warp within the ranges."""
    corners = np.zeros((4, 2))
    rotation = float(np.clip(rng.normal(0, ranges.rotation), -2, 2)) if ranges.rotation else 0.0
    if rng.random() < ranges.perspective_chance:
        corners = rng.uniform(-1, 1, (4, 2)) * draw(ranges.perspective, rng)
    curled, waved = rng.random() < ranges.curl_chance, rng.random() < ranges.wave_chance
    return WarpParameters(
        rotation=rotation,
        corners=tuple((float(dx), float(dy)) for dx, dy in corners),
        curl=draw(ranges.curl, rng) * float(rng.choice([-1, 1])) if curled else 0.0,
        curl_reach=draw((0.06, 0.3), rng),
        curl_centre=draw((0, 1), rng),
        spine_right=bool(rng.random() < 0.5),
        wave=draw(ranges.wave, rng) if waved else 0.0,
        wave_periods=draw((0.5, 2.5), rng),
        wave_phase=draw((0, 2 * math.pi), rng),
    )


class PageMap(ABC):
    """A smooth map between an old page and a new one of width x height pixels."""

    width: int
    height: int

    @abstractmethod
    def source(self, points: Points) -> Points:
        """Where on the old page these points (..., 2) of the new page come from."""

    def target(self, points: Points) -> Points:
        """Where on the new page these points (..., 2) of the old page go (to 1e-3 pixels).

        A fixed point: source() is the identity, or a slant, plus a shift that changes by a few
        percent per pixel, or tens of them by hand, so each round or two gain a digit.
        """
        out = points.copy()
        for _ in range(ROUNDS):
            missed = points - self.source(out)
            out += missed
            if np.abs(missed).max(initial=0) < 1e-3:
                break
        return out

    def maps(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """x and y of source() for every pixel of the new page, each of shape (H, W)."""
        columns, rows = -(-self.width // STEP) + 2, -(-self.height // STEP) + 2
        # cv2.resize puts sample k at STEP * k + (STEP - 1) / 2; one more sample on each side
        xs = (np.arange(columns) - 1) * STEP + (STEP - 1) / 2
        ys = (np.arange(rows) - 1) * STEP + (STEP - 1) / 2
        coarse = self.source(np.stack(np.meshgrid(xs, ys), -1)).astype(np.float32)
        size, inner = (columns * STEP, rows * STEP), np.s_[STEP:, STEP:]
        x, y = (cv2.resize(np.ascontiguousarray(coarse[..., k]), size)[inner] for k in range(2))
        window = np.s_[: self.height, : self.width]
        return np.asarray(x[window], np.float32), np.asarray(y[window], np.float32)

    def line_distance_scale(self) -> float:
        """Factor on the distance of horizontal lines (the interline), median over the page."""
        xs, ys = np.linspace(0, self.width, 9), np.linspace(0, self.height, 9)
        grid = self.source(np.stack(np.meshgrid(xs, ys), -1))
        east, south = np.array([1.0, 0.0]), np.array([0.0, 1.0])
        along = self.target(grid + east) - self.target(grid - east)
        down = self.target(grid + south) - self.target(grid - south)
        area = along[..., 0] * down[..., 1] - along[..., 1] * down[..., 0]
        return float(np.median(area / (2 * np.hypot(along[..., 0], along[..., 1]))))


class Warp(PageMap):
    """A warp of a page of width x height pixels onto a new page of the same size."""

    def __init__(self, parameters: WarpParameters, width: int, height: int) -> None:
        self.parameters, self.width, self.height = parameters, width, height
        ends = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) * (width, height)
        moved = ends + np.array(parameters.corners) * (width, height)
        tilt = cv2.getPerspectiveTransform(moved.astype(np.float32), ends.astype(np.float32))
        centre = ((width - 1) / 2, (height - 1) / 2)
        turn = np.vstack([cv2.getRotationMatrix2D(centre, parameters.rotation, 1), [0, 0, 1]])
        straight = not parameters.rotation and not np.any(parameters.corners)
        self._matrix = np.eye(3) if straight else np.asarray(tilt @ np.linalg.inv(turn))

    def source(self, points: Points) -> Points:
        """Where on the old page these points (..., 2) of the new page come from."""
        x, y = points[..., 0], points[..., 1]
        m, p = self._matrix, self.parameters
        w = m[2, 0] * x + m[2, 1] * y + m[2, 2]
        sx = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / w
        sy = (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / w
        if p.curl:
            across = sx / self.width
            near = np.exp(-np.abs(1 - across if p.spine_right else across) / p.curl_reach)
            # lines rise above the camera and sink below it; what bends away is foreshortened
            sy = sy + p.curl * self.width * near * 2 * (sy / self.height - p.curl_centre)
            inward = -1 if p.spine_right else 1
            sx = sx - inward * abs(p.curl) * self.width * 0.5 * (near - near**2)
        if p.wave:
            phase = 2 * math.pi * p.wave_periods * sx / self.width + p.wave_phase
            sy = sy + p.wave * self.width * np.sin(phase)
        return np.stack([sx, sy], -1)
