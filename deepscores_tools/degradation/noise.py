"""Noise fields that are cheap enough to use on every training crop.

All fields are float32 of shape (H, W). The fine ones are cut at random, flipped, from wrapped
tiles that are made once per process from fixed seeds: drawing 360,000 normal numbers per crop
would cost more than the whole rest of the degradation. Only the cut comes from the caller's
rng, so the result depends on that rng alone, never on what was degraded before.
Tiles are made for an interline of TILE_INTERLINE pixels and are resized for others.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

TILE_INTERLINE = 16.0
TILE_SIZE = 1024


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
    radii = np.clip(rng.lognormal(np.log(0.03), 0.55, 9000), 0.012, 0.13) * TILE_INTERLINE
    heights = rng.exponential(1.0, len(radii))
    density = clouds(out.shape, 6 * TILE_INTERLINE, rng)  # dirt lies in drifts
    for radius, height in zip(radii, heights, strict=True):
        reach = int(np.ceil(radius * 1.5)) + 1
        x, y = rng.uniform(reach, TILE_SIZE - reach, 2)
        if density[int(y), int(x)] < rng.uniform(-1, 2.5):
            continue
        stretch, angle = rng.uniform(0.5, 1.0), rng.uniform(0, np.pi)
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


def cut(kind: Tile, shape: tuple[int, int], interline: float, rng: np.random.Generator) -> Field:
    """A field of the given shape, from a random place of a tile, scaled to the interline."""
    scale = interline / TILE_INTERLINE
    if 0.75 <= scale <= 1.33 or kind is Tile.GRAIN:
        scale = 1.0  # near enough: resizing costs more than it shows
    height, width = (int(np.ceil(n / scale)) for n in shape)
    tile = _tile(kind)
    if height > TILE_SIZE or width > TILE_SIZE:  # the tiles wrap: whole pages repeat them
        tile = np.tile(tile, (height // TILE_SIZE + 2, width // TILE_SIZE + 2))
    top = int(rng.integers(0, tile.shape[0] - height + 1))
    left = int(rng.integers(0, tile.shape[1] - width + 1))
    flips = int(rng.integers(0, 4))
    piece = tile[top : top + height, left : left + width]
    if flips:
        piece = np.asarray(cv2.flip(piece, flips - 2), np.float32)
    if scale != 1.0:
        resized = cv2.resize(piece, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        piece = np.asarray(resized, np.float32)
    return piece


def clouds(shape: tuple[int, int], wavelength: float, rng: np.random.Generator) -> Field:
    """Smooth noise of about unit deviation; wavelength in pixels, at least a few."""
    step = max(wavelength, 4.0)
    rows, columns = (int(n / step) + 3 for n in shape)
    coarse = rng.standard_normal((rows, columns), np.float32)
    return enlarge(coarse, shape)


def halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The image at half its size, at least one pixel."""
    size = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def enlarge(coarse: Field, shape: tuple[int, int]) -> Field:
    """A coarse field brought to full size: cubic first, then linear, which is cheaper."""
    height, width = shape
    if height * width > 16 * coarse.size:
        between = (max(2, width // 4), max(2, height // 4))
        coarse = np.asarray(cv2.resize(coarse, between, interpolation=cv2.INTER_CUBIC), np.float32)
    return np.asarray(cv2.resize(coarse, (width, height)), np.float32)
