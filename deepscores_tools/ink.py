"""The ink channel: what the detector is trained on and what it sees at inference.

Grey pages of every kind (photos with shadows, yellow paper, inverted pages, 1-bit scans) come
out alike: uint8, shape (H, W) of the page, 0 = paper, 255 = full ink.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.averaging import averaged, some_columns

Gray = NDArray[np.uint8]

TYPICAL_INTERLINE = 20.0  # px; A4 music at 300 dpi, where the caller knows nothing better
BLOCKS_PER_INTERLINE = 4  # the paper is estimated on a grid this fine
PAPER_WINDOW = 4.0  # interlines; anything dark and wider is shade, table or scan border
DARKEST_PAPER = 64  # below this the ratio to the paper would only amplify noise
FAINTEST_INK = 80  # darkness of 255; fainter ink is not stretched to full
FAINT = 32  # darkness below this is no evidence of ink
SYMBOL_INK = 128  # of 255: how dark a pixel in a box is part of the symbol


def ink_of(gray: NDArray[Any], interline: float | None = None) -> Gray:
    """Ink of a grey page or crop, uint8 (H, W) -> uint8 (H, W), 0 = paper, 255 = ink.

    interline in pixels sets the window in which paper is looked for (a rough value will do).
    What is told paper and ink depends on proportions only, so that a crop of music comes out
    nearly as its page does.
    """
    if gray.ndim != 2 or gray.dtype != np.uint8:
        raise ValueError(f"expected uint8 of shape (H, W), got {gray.dtype} {gray.shape}")
    small, window = _blocks(gray, interline)
    if _is_inverted(small, window):
        gray, small = cv2.bitwise_not(gray), 255 - small
    paper = _paper(small, window)
    if paper.min() == paper.max():  # as on clean pages and those of two tones: one table does
        shades = np.arange(256, dtype=np.uint8)[None]
        darker = _darkness(shades, np.full_like(shades, paper.flat[0]))
        stretch = _stretch(np.asarray(cv2.LUT(some_columns(gray), darker), np.uint8))
        return np.asarray(cv2.LUT(gray, stretch[darker]), dtype=np.uint8)
    darkness = _darkness(gray, _enlarged(paper, gray.shape, _block_side(interline)))
    return np.asarray(cv2.LUT(darkness, _stretch(some_columns(darkness))), dtype=np.uint8)


def _block_side(interline: float | None) -> int:
    """Pixels along the blocks that paper is measured on."""
    return max(1, round((interline or TYPICAL_INTERLINE) / BLOCKS_PER_INTERLINE))


def _blocks(gray: NDArray[Any], interline: float | None) -> tuple[Gray, int]:
    """The page averaged over whole square blocks, and the paper window in blocks (odd)."""
    side = _block_side(interline)
    window = 2 * round(PAPER_WINDOW * BLOCKS_PER_INTERLINE / 2) + 1
    return averaged(gray, min(side, gray.shape[1]), min(side, gray.shape[0])), window


def _is_inverted(small: Gray, window: int) -> bool:
    """Is the music lighter than its surroundings? Ink is the sparse extreme on either side."""
    detail = small.astype(np.float32)
    detail -= cv2.blur(detail, (window, window))
    return float((detail * detail * detail).sum()) > 0.0


def _paper(small: Gray, window: int) -> Gray:
    """How light the paper is in each block, whatever ink lies on it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (window, window))
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel)
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), 2.0), np.uint8)


def _darkness(gray: NDArray[Any], paper: Gray) -> Gray:
    """How much darker than the paper each pixel is: 0 = as paper, 255 = black."""
    below = cv2.subtract(paper, gray)
    bright = cv2.max(paper, DARKEST_PAPER)  # type: ignore[call-overload]
    return np.asarray(cv2.divide(below, bright, scale=255), dtype=np.uint8)


def _enlarged(blocks: NDArray[Any], shape: tuple[int, int], side: int) -> Gray:
    """Blocks (see `_blocks`) at the page's size; what they leave out is as what is next to it."""
    height, width = shape
    rows, columns = min(side, height) * blocks.shape[0], min(side, width) * blocks.shape[1]
    large = cv2.resize(blocks, (columns, rows), interpolation=cv2.INTER_LINEAR)
    edge = 0, height - rows, 0, width - columns
    return np.asarray(cv2.copyMakeBorder(large, *edge, cv2.BORDER_REPLICATE), dtype=np.uint8)


def _stretch(darkness: Gray) -> Gray:
    """What makes paper 0 and ink 255 of darkness, as a table (256,)."""
    paper, ink = _tone(darkness)
    levels = (np.arange(256) - paper) / (ink - paper)
    return np.asarray(np.round(np.clip(levels, 0.0, 1.0) * 255), np.uint8)


def _tone(darkness: Gray) -> tuple[float, float]:
    """How dark paper and ink are, 0..255.

    Paper: the median darkness (above 0, since the estimate follows the brightest fibres).

    Ink: a quarter of the ink's mass is darker. Mass, not pixels: faint texture weighs little.
    """
    counts = cv2.calcHist([darkness], [0], None, [256], [0, 256]).ravel()
    paper = min(float(np.searchsorted(np.cumsum(counts), counts.sum() / 2)), FAINT)
    mass = counts * np.arange(256) * (np.arange(256) > paper + FAINT)
    if mass.sum() == 0:
        return paper, 255.0
    ink = float(np.searchsorted(np.cumsum(mass), 0.75 * mass.sum()))
    return paper, max(ink, paper + FAINTEST_INK)
