"""How another hand's strokes lie: slanted, and wavering where the first hand's were straight."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from deepscores_tools.degradation.warps import PageMap, Points

# A stroke leans by as much of its height, to either side, and no more: as high as a system are
# barlines and braces, too, which nobody writes askew.
STEEPEST = 0.06
STRAIN = 0.07, 0.18  # pixels that a pixel is moved from its neighbour; by eye: more looks wild
WAVES = 10  # that add up to the hand
LENGTHS = 2.5, 15.0  # of a wave in interlines
# Interlines that one wave moves up or down: in all, .1 in the root mean square, a fifth of what
# makes another note of it.
HIGHEST = 0.045


@dataclass(frozen=True, slots=True)
class Wave:
    """One part of a displacement: `moves` (dx, dy) pixels times a sine of period `length`.

    heading: radians, the direction in which the sine runs; length: pixels; phase: radians.
    """

    length: float
    heading: float
    phase: float
    moves: tuple[float, float]

    def at(self, points: Points) -> Points:
        """The displacement of points (..., 2)."""
        direction = np.array([math.cos(self.heading), math.sin(self.heading)])
        swing = np.sin(points @ direction * (2 * math.pi / self.length) + self.phase)
        return np.asarray(swing[..., None] * self.moves)


class OtherHand(PageMap):
    """From a page of width x height pixels to one on which all strokes are slanted and waver.

    slant: how far to the right the top of what is 1 high goes; the new page is as much wider.
    """

    def __init__(
        self, width: int, height: int, slant: float = 0.0, waves: tuple[Wave, ...] = ()
    ) -> None:
        self.slant, self.waves = slant, waves
        self.width, self.height = width + math.ceil(abs(slant) * height), height
        self._level = height if slant > 0 else 0  # where nothing is moved aside

    def source(self, points: Points) -> Points:
        """Where on the old page these points (..., 2) of the new page come from."""
        upright = points[..., 0] - self.slant * (self._level - points[..., 1])
        moved = np.stack([upright, points[..., 1]], -1)
        return moved + sum(wave.at(points) for wave in self.waves)


def draw_waves(interline: float, rng: np.random.Generator) -> tuple[Wave, ...]:
    """The waves of one hand on a page of this interline in pixels."""
    strain = rng.uniform(*STRAIN)
    waves = []
    for _ in range(WAVES):
        length = interline * math.exp(rng.uniform(*np.log(LENGTHS)))
        heading, towards, phase = rng.uniform(0, 2 * math.pi, 3).tolist()
        # Of a sine's slope the root mean square is 1 / sqrt(2), and the waves' squares add up.
        far = strain * length / (2 * math.pi) * math.sqrt(2 / WAVES)
        up = max(-HIGHEST * interline, min(far * math.sin(towards), HIGHEST * interline))
        waves.append(Wave(length, heading, phase, (far * math.cos(towards), up)))
    return tuple(waves)
