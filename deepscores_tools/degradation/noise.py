"""Noise fields that are cheap enough to use on every training crop and every page.

Fields are float32 of shape (H, W). The fine ones are cut at random, flipped, from tiles that
wrap round and are made once per process from fixed seeds: drawing 360,000 normal numbers per
crop would cost more than the whole rest of the degradation. Only the cut comes from the
caller's rng, so the result depends on that rng alone, never on what was degraded before.
Tiles are made for an interline of TILE_INTERLINE pixels and are resized for others.

Pages are larger than a tile. What is made of such fields is made for one `period` of them and
repeated, as bytes: a sixth of the arithmetic, and the very same noise.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Gray = NDArray[np.uint8]
AnyField = TypeVar("AnyField", Field, Gray)

TILE_INTERLINE = 16.0
TILE_SIZE = 1024
COARSE = 8  # pixels to one of the fields of light and paper, which change slowly


class Tile(StrEnum):
    """What a tile holds; the first four have mean 0 and standard deviation 1."""

    GRAIN = "grain"  # single pixels: sensor noise
    EDGE = "edge"  # 0.06 interlines: ragged edges, breaks in thin lines
    FIBRE = "fibre"  # several octaves: paper
    MOTTLE = "mottle"  # 0.5 interlines: ink that took unevenly
    SPECKS = "specks"  # >= 0, zero nearly everywhere, peaks of exponential height: dirt


def _blurred(noise: Field, sigma: float) -> Field:
    """Gaussian blur that wraps round; back to mean 0 and standard deviation 1."""
    pad = int(4 * sigma) + 1
    wide = cv2.GaussianBlur(np.pad(noise, pad, mode="wrap"), (0, 0), sigma)
    out = wide[pad:-pad, pad:-pad]
    return np.asarray((out - out.mean()) / out.std(), np.float32)


def _specks(rng: np.random.Generator) -> Field:
    """Blobs of 0.03-0.25 interlines, heights exponential with mean 1.

    Smaller than any dot of notation (0.35 interlines and up), so that none looks like one.
    """
    out = np.zeros((TILE_SIZE, TILE_SIZE), np.float32)
    radii = np.clip(rng.lognormal(np.log(0.03), 0.6, 14000), 0.012, 0.13) * TILE_INTERLINE
    heights = rng.exponential(1.0, len(radii))
    density = clouds(out.shape, 6 * TILE_INTERLINE, rng)  # dirt lies in drifts
    for radius, height in zip(radii, heights, strict=True):
        reach = int(np.ceil(radius * 1.5)) + 1
        x, y = rng.uniform(reach, TILE_SIZE - reach, 2)
        if density[int(y), int(x)] < rng.uniform(0.3, 2.5):
            continue
        stretch, angle = rng.uniform(0.25, 1.0), rng.uniform(0, np.pi)
        xs = np.arange(int(x) - reach + 1, int(x) + reach)
        ys = np.arange(int(y) - reach + 1, int(y) + reach)
        dx, dy = np.meshgrid(xs - x, ys - y)
        along = dx * np.cos(angle) + dy * np.sin(angle)
        across = (dy * np.cos(angle) - dx * np.sin(angle)) / stretch
        blob = np.clip(radius + 0.5 - np.hypot(along, across), 0, 1) * height
        window = out[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
        np.maximum(window, blob, out=window)
    return out


@lru_cache(maxsize=8)
def _tile(kind: Tile) -> Field:
    """The whole tile, shape (TILE_SIZE, TILE_SIZE), always the same."""
    rng = np.random.default_rng(list(Tile).index(kind))
    if kind is Tile.SPECKS:
        return _specks(rng)
    white = rng.standard_normal((TILE_SIZE, TILE_SIZE), np.float32)
    if kind is Tile.GRAIN:
        return white
    if kind is Tile.EDGE:
        return _blurred(white, 0.06 * TILE_INTERLINE)
    if kind is Tile.MOTTLE:
        return _blurred(white, 0.5 * TILE_INTERLINE)
    octaves = [_blurred(np.roll(white, k * 97, 0), 0.7 * 2.0**k) for k in range(6)]
    return _blurred(np.sum(octaves, axis=0, dtype=np.float32), 0.3)


def _scale(kind: Tile, interline: float) -> float:
    """Pixels of the page to one of the tile."""
    scale = interline / TILE_INTERLINE
    if 0.75 <= scale <= 1.33 or kind is Tile.GRAIN:
        return 1.0  # near enough: resizing costs more than it shows
    return scale


def period(kind: Tile, shape: tuple[int, int], interline: float) -> tuple[int, int]:
    """The part (height, width) of a page of this shape after which `cut` repeats itself."""
    size = max(1, round(TILE_SIZE * _scale(kind, interline)))
    return min(shape[0], size), min(shape[1], size)


def repeated(part: AnyField, shape: tuple[int, int]) -> AnyField:
    """The part, again and again to the right and down until it has the given shape."""
    more = shape[0] - part.shape[0], shape[1] - part.shape[1]
    wide = cv2.copyMakeBorder(part, 0, more[0], 0, more[1], cv2.BORDER_WRAP)
    return np.asarray(wide, part.dtype)


def cut(kind: Tile, shape: tuple[int, int], interline: float, rng: np.random.Generator) -> Field:
    """A field of the given shape, from a random place of a tile, scaled to the interline."""
    part = period(kind, shape, interline)
    scale = _scale(kind, interline)
    height, width = (min(int(np.ceil(n / scale)), TILE_SIZE) for n in part)
    tile = _tile(kind)
    top, left = (int(rng.integers(0, (TILE_SIZE - n) or TILE_SIZE)) for n in (height, width))
    flips = int(rng.integers(0, 4))
    if top + height > TILE_SIZE or left + width > TILE_SIZE:  # a whole period, from anywhere
        tile, top, left = np.roll(tile, (-top, -left), (0, 1)), 0, 0
    piece = tile[top : top + height, left : left + width]
    if flips:
        piece = np.asarray(cv2.flip(piece, flips - 2), np.float32)
    if scale != 1.0:
        resized = cv2.resize(piece, (part[1], part[0]), interpolation=cv2.INTER_LINEAR)
        piece = np.asarray(resized, np.float32)
    return repeated(piece, shape)


def roughen(
    picture: Gray, kind: Tile, deviation: float, interline: float, rng: np.random.Generator
) -> None:
    """Add noise of this deviation in gray levels to the picture, in place."""
    shape = (picture.shape[0], picture.shape[1])
    part = cut(kind, period(kind, shape, interline), interline, rng)
    grain = repeated(as_bytes(part, 32), shape)  # up to 4 standard deviations
    cv2.addWeighted(picture, 1, grain, deviation / 32, -4 * deviation, picture)


def as_bytes(field: Field, steps: float) -> Gray:
    """The field in so many steps to 1, 128 for 0; what is beyond 0 or 255 is cut off."""
    return np.asarray(cv2.addWeighted(field, steps, field, 0, 128, dtype=cv2.CV_8U), np.uint8)


def clouds(shape: tuple[int, int], wavelength: float, rng: np.random.Generator) -> Field:
    """Smooth noise of about unit deviation; wavelength in pixels, at least a few."""
    step = max(wavelength, 4.0)
    rows, columns = (int(n / step) + 3 for n in shape)
    coarse = rng.standard_normal((rows, columns), np.float32)
    return enlarge(coarse, shape)


def coarse_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """The shape of slow fields, to be enlarged to the given one."""
    return shape[0] // COARSE + 2, shape[1] // COARSE + 2


def halved(image: Gray) -> Gray:
    """The image at half its size, at least one pixel."""
    size = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def enlarge(coarse: AnyField, shape: tuple[int, int]) -> AnyField:
    """A coarse field brought to full size: cubic first, then linear, which is cheaper."""
    height, width = shape
    if height * width > 16 * coarse.size:
        between = (max(2, width // 4), max(2, height // 4))
        wide = cv2.resize(coarse, between, interpolation=cv2.INTER_CUBIC)
        coarse = np.asarray(wide, coarse.dtype)
    return np.asarray(cv2.resize(coarse, (width, height)), coarse.dtype)
