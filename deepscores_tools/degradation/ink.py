"""How ink lies on the paper: spread, bleed, wear, breaks, pinholes, specks.

One mechanism does them all: the drawing is blurred (ink creeps, plates wear) and cut again at
a threshold that varies from place to place. A low threshold bleeds, a high one erodes; where
it rises above what is left of a thin line the line breaks; single peaks make white pinholes in
ink, single troughs black specks on paper. Lengths are in interlines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from deepscores_tools.degradation.noise import (
    Gray,
    Tile,
    as_bytes,
    clouds,
    cut,
    enlarge,
    halved,
    period,
    repeated,
)

Range = tuple[float, float]

# The cut stays below what the blur leaves of a line THIN interlines wide (the thinnest that is
# engraved), so that staff lines break here and there but whole staves do not vanish.
THIN = 0.1
LINE_MARGIN = 0.6
GRAIN: Range = (2.6, 4.0)  # standard deviations of the noise that fit under the cut
STEPS = 0.5  # of the noise as bytes, to a gray level: 256 levels up and down


def draw(limits: Range, rng: np.random.Generator) -> float:
    """A number drawn evenly from the range."""
    return float(rng.uniform(*limits))


@dataclass(frozen=True, slots=True, kw_only=True)
class InkRanges:
    """Ranges an ink is drawn from. Strengths are fractions of the full black-white step.

    spread: blur before the cut, interlines. bleed: threshold lowered by (< 0: ink erodes).
    unevenness: of the threshold over 2-8 interlines; mottle: over half an interline;
    raggedness: over 0.06 interlines. pinholes, specks: strength of the peaks; none show below
    about 0.15. hollow: how far the middle of large black areas is starved. sharpness: of the
    cut, 1 = the edge stays as soft as an anti-aliased one.
    """

    level: Range = (0, 0)
    spread: Range = (0.03, 0.05)
    bleed: Range = (0, 0)
    unevenness: Range = (0, 0)
    mottle: Range = (0, 0)
    raggedness: Range = (0, 0)
    pinholes: Range = (0, 0)
    specks: Range = (0, 0)
    hollow: Range = (0, 0)
    sharpness: Range = (1, 1)


def coverage(image: Gray, interline: float, rng: np.random.Generator, ranges: InkRanges) -> Gray:
    """How much ink each pixel carries, 0..255, shape (H, W); the image's 255 is bare paper."""
    shape = (image.shape[0], image.shape[1])
    sigma = max(draw(ranges.spread, rng) * interline, 0.3)
    darkness = cv2.GaussianBlur(cv2.bitwise_not(image), (0, 0), sigma)

    thin_line = math.erf(THIN * interline / (2 * math.sqrt(2) * sigma))
    cut_at = min(0.5 - draw(ranges.bleed, rng), LINE_MARGIN * thin_line)
    uneven, mottle = draw(ranges.unevenness, rng), draw(ranges.mottle, rng)
    ragged = draw(ranges.raggedness, rng)
    # An edge blurred by sigma rises by 1 / (sigma sqrt(2 pi)) a pixel: this gain makes it 1 a
    # pixel again, as in a fine 1-bit scan that was reduced. A low cut needs more, lest the soft
    # side of it reach bare paper.
    gain = max(1.0, sigma * math.sqrt(2 * math.pi)) * draw(ranges.sharpness, rng)
    gain = max(gain, 1 / cut_at)
    # Noise that reaches the cut on bare paper turns to grain: a little may, a carpet may not.
    room = (cut_at - 0.35 / gain) / draw(GRAIN, rng)
    calm = min(1.0, room / max(math.hypot(uneven, mottle, ragged), 1e-6))
    # What is broader than grain stays below the level where the cut begins to turn gray.
    top = np.float32(0.45 * 255 * (cut_at - 0.5 / gain))

    part = period(Tile.EDGE, shape, interline)
    fine = np.zeros(part, np.float32)
    if (strength := mottle * calm) > 0.01:
        fine = np.minimum(cut(Tile.MOTTLE, part, interline, rng) * np.float32(255 * strength), top)
    if (strength := ragged * calm) > 0.01:
        cv2.scaleAdd(cut(Tile.EDGE, part, interline, rng), 255 * strength, fine, fine)
    for limits, sign in ((ranges.pinholes, -255), (ranges.specks, 255)):
        if (strength := draw(limits, rng)) > 0.05:
            cv2.scaleAdd(cut(Tile.SPECKS, part, interline, rng), sign * strength, fine, fine)
    noise = repeated(as_bytes(fine, STEPS), shape)
    if (strength := uneven * calm) > 0.01:
        small = max(1, shape[0] // 4), max(1, shape[1] // 4)
        slow = clouds(small, draw((2, 8), rng) * interline / 4, rng) * np.float32(255 * strength)
        drift = enlarge(as_bytes(np.minimum(slow, top), STEPS), shape)
        cv2.addWeighted(noise, 1, drift, 1, -128, noise)
    if (strength := draw(ranges.hollow, rng)) > 0.01:
        darkness = cv2.subtract(darkness, _large_areas(image, interline, 255 * strength))

    offset = 127.5 - gain * (255 * cut_at + 128 / STEPS)
    return np.asarray(cv2.addWeighted(darkness, gain, noise, gain / STEPS, offset), np.uint8)


def _large_areas(image: Gray, interline: float, most: float) -> Gray:
    """0..most: most in the middle of black areas half an interline wide and more."""
    soft = cv2.GaussianBlur(~halved(image), (0, 0), max(0.12 * interline, 0.3))
    # from 150 to 255; below, what addWeighted makes of it is negative and cut off at 0
    inner = cv2.addWeighted(soft, most / 105, soft, 0, -150 * most / 105)
    return enlarge(np.asarray(inner, np.uint8), (image.shape[0], image.shape[1]))
