"""Synthetic paper: tone and stains; then fibre, foxing, folds, what shows through from behind.

No scanned paper is used anywhere: everything is made from noise and the page's own drawing.
Levels are gray levels (255 white), lengths interlines.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from deepscores_tools.degradation.ink import Range, draw
from deepscores_tools.degradation.noise import (
    COARSE,
    Field,
    Gray,
    Tile,
    clouds,
    coarse_shape,
    halved,
    roughen,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRanges:
    """Ranges a paper is drawn from; the `_chance` fields are probabilities.

    level: gray level of the bare paper (yellowed paper scans to 190-230). fibre, blotches:
    deviation of the fine and the 5-20 interline texture in gray levels. show_through: how
    strongly the other side is seen, 0..1.
    """

    level: Range = (255, 255)
    fibre: Range = (0, 0)
    blotches: Range = (0, 0)
    stain_chance: float = 0.0
    foxing_chance: float = 0.0
    fold_chance: float = 0.0
    show_through_chance: float = 0.0
    show_through: Range = (0.05, 0.3)

    @property
    def is_plain(self) -> bool:
        """Pure white: nothing to draw."""
        return self == PaperRanges()


def tone(
    shape: tuple[int, int], interline: float, rng: np.random.Generator, ranges: PaperRanges
) -> Field:
    """Gray level of the paper, with blotches and stains, of shape `coarse_shape(shape)`."""
    size, cell = coarse_shape(shape), interline / COARSE
    coarse = np.full(size, draw(ranges.level, rng), np.float32)
    blotches = draw(ranges.blotches, rng)
    if blotches > 0.2:
        coarse += blotches * clouds(size, draw((5, 20), rng) * cell, rng)
    if rng.random() < ranges.stain_chance:
        _stain(coarse, cell, rng)
    return np.minimum(coarse, np.float32(255), out=coarse)


def weather(
    sheet: Gray, image: Gray, interline: float, rng: np.random.Generator, ranges: PaperRanges
) -> None:
    """Add what is fine to a sheet (H, W), in place; image: the drawing on its front."""
    if rng.random() < ranges.foxing_chance:
        _foxing(sheet, interline, rng)
    if rng.random() < ranges.fold_chance:
        _fold(sheet, interline, rng)
    if (fibre := draw(ranges.fibre, rng)) > 0.2:
        roughen(sheet, Tile.FIBRE, fibre, interline, rng)
    if rng.random() < ranges.show_through_chance:
        strength = draw(ranges.show_through, rng)
        cv2.subtract(sheet, _other_side(image, interline, strength, rng), sheet)


def _stain(coarse: Field, cell: float, rng: np.random.Generator) -> None:
    """One large water stain: a darker patch with a darker rim and a wobbly outline."""
    height, width = coarse.shape
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    radius = draw((3, 15), rng) * cell
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    wobble = 0.25 * clouds((height, width), radius * 0.7, rng)
    distance = np.hypot(xs - x, ys - y) / radius + wobble
    inside = np.clip((1 - distance) * 6, 0, 1)
    rim = np.exp(-((distance - 0.95) ** 2) * 150)
    coarse -= (draw((4, 18), rng) * inside + draw((2, 14), rng) * rim).astype(np.float32)


def _foxing(sheet: Gray, interline: float, rng: np.random.Generator) -> None:
    """Rusty spots: soft, 0.1-0.8 interlines, far paler than ink (8-45 levels)."""
    height, width = sheet.shape
    area = height * width / interline**2
    for _ in range(min(int(rng.poisson(area * draw((0.002, 0.02), rng))), 400)):
        radius = float(np.clip(rng.lognormal(np.log(0.22), 0.5), 0.08, 0.8)) * interline
        reach = int(2.5 * radius) + 1
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        x0, x1, y0, y1 = max(0, x - reach), x + reach, max(0, y - reach), y + reach
        window = sheet[y0:y1, x0:x1]
        if window.size == 0:
            continue
        xs = np.arange(x0, x0 + window.shape[1], dtype=np.float32) - x
        ys = np.arange(y0, y0 + window.shape[0], dtype=np.float32) - y
        spot = np.exp(-(ys[:, None] ** 2) / radius**2) * np.exp(-(xs[None, :] ** 2) / radius**2)
        spot = (draw((8, 45), rng) * spot).astype(np.uint8)
        window[:] = cv2.subtract(window, spot)


def _fold(sheet: Gray, interline: float, rng: np.random.Generator) -> None:
    """A crease across the sheet: a dark line beside a light one, 0.1-0.3 interlines."""
    upright = rng.random() < 0.5
    length = sheet.shape[1] if upright else sheet.shape[0]
    place, width = rng.uniform(0, length), draw((0.06, 0.2), rng) * interline
    offset = np.arange(length, dtype=np.float32) - np.float32(place)
    dark = np.exp(-((offset / width) ** 2)) * draw((8, 35), rng)
    light = np.exp(-(((offset - 2 * width) / width) ** 2)) * draw((0, 12), rng)
    near = np.flatnonzero(np.abs(light - dark) >= 0.5)
    crease = (slice(None), near) if upright else (near, slice(None))
    profile = (light - dark)[near]
    creased = sheet[crease] + (profile[None, :] if upright else profile[:, None])
    sheet[crease] = np.clip(creased, 0, 255).astype(np.uint8)


def _other_side(image: Gray, interline: float, strength: float, rng: np.random.Generator) -> Gray:
    """Darkness seen through the sheet: the drawing mirrored, shifted and blurred.

    The page itself stands for its other side; the shift keeps the two from coinciding.
    """
    sigma = max(draw((0.06, 0.2), rng) * interline / 2, 0.3)
    small = cv2.GaussianBlur(~halved(image), (0, 0), sigma)
    small = cv2.flip(cv2.convertScaleAbs(small, alpha=strength), 1 if rng.random() < 0.8 else -1)
    height, width = small.shape
    down, right = int(rng.integers(0, height)), int(rng.integers(0, width))
    behind = np.roll(small, (down, right), (0, 1))
    full = cv2.resize(behind, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full, np.uint8)
