"""Staves of a page: interline, five lines each, grouped into systems; read from ink alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.staff_choice import settle
from deepscores_tools.staff_lines import Staff, refine
from deepscores_tools.staff_tracing import SIZES, run_spacing, thin_ink, trace_staves
from deepscores_tools.systems import group_staves

INK = 96  # of 255: antialiased lines one pixel thick must still count
OTHER_SIZE = 0.15  # a staff whose interline differs by more is of another size


@dataclass(frozen=True, slots=True, eq=False)
class Staves:
    """What `find_staves` found on a page, in pixels.

    interline: of the commonest staff size, None where no staff was found.
    thickness: of a staff line. staves: from top to bottom. systems: indices of the staves
    played together, from top to bottom. several_sizes: staves of clearly different size exist.
    """

    interline: float | None
    thickness: float
    staves: tuple[Staff, ...]
    systems: tuple[tuple[int, ...], ...]
    several_sizes: bool


NO_STAVES = Staves(None, 1.0, (), (), False)


def find_staves(ink: NDArray[Any]) -> Staves:
    """Staves of a page of ink, uint8 (H, W), 255 = ink (see `ink.ink_of`)."""
    if ink.ndim != 2:
        raise ValueError(f"expected ink of shape (H, W), got {ink.shape}")
    black = ink >= INK
    spacing = run_spacing(black)
    if spacing is None:
        return NO_STAVES
    interlines, thickness = spacing
    staves: list[Staff] = []
    tried: list[float] = []
    for interline in interlines:
        if any(SIZES[0] < interline / other < SIZES[-1] for other in tried):
            continue  # the comb has looked for these already
        found = _staves_near(black, interline, thickness)
        staves = max(staves, found, key=_weight)
        tried.append(interline)
    if not staves:
        return NO_STAVES
    interline = _commonest(staves)
    several = any(abs(s.interline / interline - 1) > OTHER_SIZE for s in staves)
    systems = group_staves(black, staves)
    return Staves(interline, thickness, tuple(staves), systems, several)


def _staves_near(black: NDArray[np.bool_], interline: float, thickness: float) -> list[Staff]:
    thin = thin_ink(black, interline, thickness)
    found = (refine(black, thin, trace, thickness) for trace in trace_staves(thin, interline))
    return settle([staff for staff in found if staff is not None])


def _weight(staves: list[Staff]) -> float:
    """How much staff there is: length of lines that were seen, in pixels."""
    return sum(s.strength * (s.right - s.left) for s in staves)


def _commonest(staves: list[Staff]) -> float:
    """The interline shared by most area of staff: median within 6 % of the best one."""
    sizes = np.array([s.interline for s in staves])
    lengths = np.array([s.right - s.left for s in staves]) * sizes
    near = np.abs(sizes[:, None] / sizes - 1) < 0.06
    best = near[:, int((near * lengths[:, None]).sum(axis=0).argmax())]
    return float(np.median(sizes[best]))
