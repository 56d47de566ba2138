"""How the page was taken: light, focus, sensor, compression, thresholding.

Gray levels 0..255, lengths in interlines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from deepscores_tools.degradation.ink import Range, draw
from deepscores_tools.degradation.noise import Field, Gray, Tile, coarse_shape, roughen


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRanges:
    """Ranges a capture is drawn from; the `_chance` fields are probabilities.

    gradient: fall of the light across the picture, as a fraction; vignette: in its corners.
    focus: Gaussian blur, interlines; motion_chance: of a straight shake of up to 0.15.
    noise: of the sensor, gray levels. salt: fraction of ink pixels turned white; pepper: of
    paper pixels turned black. one_bit_chance: of a hard threshold at the picture's own
    resolution.
    """

    gradient: Range = (0, 0)
    vignette: Range = (0, 0)
    shadow_chance: float = 0.0
    focus: Range = (0, 0)
    motion_chance: float = 0.0
    halftone_chance: float = 0.0
    noise: Range = (0, 0)
    salt: Range = (0, 0)
    pepper: Range = (0, 0)
    jpeg_chance: float = 0.0
    jpeg_quality: Range = (60, 95)
    one_bit_chance: float = 0.0


def light(shape: tuple[int, int], rng: np.random.Generator, ranges: CameraRanges) -> Field | None:
    """Light on the page, <= 1, of shape `coarse_shape(shape)`; None where it is even."""
    gradient, vignette = draw(ranges.gradient, rng), draw(ranges.vignette, rng)
    shadowed = rng.random() < ranges.shadow_chance
    if gradient < 0.01 and vignette < 0.01 and not shadowed:
        return None
    height, width = coarse_shape(shape)
    xs = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    ys = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = rng.uniform(0, 2 * math.pi)
    along = xs * math.cos(angle) + ys * math.sin(angle)
    field = 1 - gradient * (along + 1) / 2 - vignette * (xs**2 + ys**2) / 2
    if shadowed:  # of a hand, a book's spine, the phone: one soft edge
        angle, softness = rng.uniform(0, 2 * math.pi), draw((0.02, 0.4), rng)
        across = xs * math.cos(angle) + ys * math.sin(angle) - draw((-0.7, 0.7), rng)
        field *= 1 - draw((0.08, 0.35), rng) / (1 + np.exp(np.clip(across / softness, -30, 30)))
    return np.asarray(field, np.float32)


def expose(scene: Gray, interline: float, rng: np.random.Generator, ranges: CameraRanges) -> Gray:
    """The picture of a scene of gray levels, shape (H, W); the scene may be overwritten."""
    sigma, one_bit = draw(ranges.focus, rng) * interline, rng.random() < ranges.one_bit_chance
    if not one_bit:  # dirt is no sharper than the print it lies on
        _salt_and_pepper(scene, draw(ranges.salt, rng), draw(ranges.pepper, rng), rng)
    if sigma > 0.3:
        scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), sigma), np.uint8)
    if rng.random() < ranges.motion_chance:
        scene = _shaken(scene, draw((0.03, 0.15), rng) * interline, rng)
    if rng.random() < ranges.halftone_chance:
        scene = _halftone(scene, interline, rng)
    if (noise := draw(ranges.noise, rng)) > 0.3:
        roughen(scene, Tile.GRAIN, noise, interline, rng)
    if one_bit:
        return np.asarray(cv2.threshold(scene, 128, 255, cv2.THRESH_BINARY)[1], np.uint8)
    if rng.random() < ranges.jpeg_chance:
        quality = int(draw(ranges.jpeg_quality, rng))
        done, data = cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done:
            scene = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return scene


def _shaken(scene: Gray, length: float, rng: np.random.Generator) -> Gray:
    """Blurred along a straight line of the given length in pixels, with ink left in its place."""
    size = 2 * max(1, round(length / 2)) + 1
    kernel = np.zeros((size, size), np.float32)
    angle, middle = rng.uniform(0, math.pi), (size - 1) / 2
    reach = np.array([math.cos(angle), math.sin(angle)]) * middle
    start, end = np.rint(middle - reach).astype(int), np.rint(middle + reach).astype(int)
    cv2.line(kernel, start.tolist(), end.tolist(), 1.0, 1)
    kernel += kernel[::-1, ::-1]  # cv2.line from here to there is not the line from there to here
    return np.asarray(cv2.filter2D(scene, -1, kernel / kernel.sum()), np.uint8)


def _halftone(scene: Gray, interline: float, rng: np.random.Generator) -> Gray:
    """A faint dot screen, 5-15 levels, as in reprints of photographs of pages."""
    period, angle = max(draw((0.15, 0.3), rng) * interline, 2.5), rng.uniform(0, math.pi / 2)
    height, width = scene.shape
    xs = np.arange(width, dtype=np.float32)[None, :] * (2 * math.pi / period)
    ys = np.arange(height, dtype=np.float32)[:, None] * (2 * math.pi / period)
    c, s = math.cos(angle), math.sin(angle)
    # cos(a + b) of separable phases: four 1-d cosines instead of two full ones
    first = np.cos(xs * c) * np.cos(ys * s) - np.sin(xs * c) * np.sin(ys * s)
    second = np.cos(ys * c) * np.cos(xs * s) + np.sin(ys * c) * np.sin(xs * s)
    dots = np.asarray(draw((2.5, 7.5), rng) * (first + second - 2), np.float32)
    return np.asarray(cv2.add(scene, dots, dtype=cv2.CV_8U), np.uint8)


def _salt_and_pepper(picture: Gray, salt: float, pepper: float, rng: np.random.Generator) -> None:
    """White single pixels on ink, black ones on paper, in place."""
    for share, value in ((salt, 255), (pepper, 0)):
        count = int(rng.poisson(share * picture.size)) if share > 0 else 0
        if count:
            where = rng.integers(0, picture.size, count)
            flat = picture.reshape(-1)
            on_ink = flat[where] < 128
            flat[where[on_ink if value else ~on_ink]] = value
