"""Staves of a page: interline, five lines each; read from ink alone (systems: `systems.py`).

Symbols made of them are boxed as the datasets box theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.staves.choice import settle
from deepscores_tools.staves.lines import Staff, stands_out, staves_at
from deepscores_tools.staves.tracing import (
    SIZES,
    TOUCHING,
    Bytes,
    Trace,
    gaps_closed,
    run_spacing,
    strips_of,
    thin_ink,
    trace_staves,
)
from deepscores_tools.symbols import Box, Symbol

INK = 96  # of 255: antialiased lines one pixel thick must still count
OTHER_SIZE = 0.15  # a staff whose interline differs by more is of another size
GIVEN_UP = 0.3  # of the page's width; a trace as long that proved no staff may be a broken one
CLEAR = 0.75  # strength of a staff that mending does not tell more about

# Where MUSCIMA++ 2.0 lets the spaces beyond the outer lines end, in interlines (medians of its
# 761 staves); a space between two lines takes in both lines.
ABOVE_HEIGHT, ABOVE_INTO_LINE = 0.88, 0.09
BELOW_HEIGHT = 0.91


@dataclass(frozen=True, slots=True, eq=False)
class Staves:
    """What `find_staves` found on a page, in pixels.

    interline: of the commonest staff size, None where no staff was found.
    thickness: of a staff line. staves: from top to bottom.
    several_sizes: staves of clearly different size exist.
    broken: what may be a staff was given up, or none was found: others may show when gaps in
    lines are mended.
    """

    interline: float | None
    thickness: float
    staves: tuple[Staff, ...]
    several_sizes: bool
    broken: bool


NO_STAVES = Staves(None, 1.0, (), several_sizes=False, broken=True)


def find_staves(ink: NDArray[Any]) -> Staves:
    """Staves of a page of ink, uint8 (H, W), 255 = ink (see `ink.ink_of`)."""
    found = whole_staves(ink)
    return with_mended(ink, found) if found.broken else found


def whole_staves(ink: NDArray[Any]) -> Staves:
    """Staves whose lines have few gaps."""
    black = _black(ink)
    spacing = run_spacing(black)
    if spacing is None:
        return NO_STAVES
    interlines, thickness = spacing
    staves: list[Staff] = []
    broken = True
    tried: list[float] = []
    for interline in interlines:
        if any(SIZES[0] < interline / other < SIZES[-1] for other in tried):
            continue  # the comb has looked for these already
        traces, found = _staves_near(black, interline, thickness)
        if _weight(found) > _weight(staves):
            staves, broken = found, any(_given_up(t, found, ink.shape[1]) for t in traces)
        tried.append(interline)
    return _as_found(staves, thickness, broken)


def with_mended(ink: NDArray[Any], found: Staves) -> Staves:
    """The staves found on the ink, and those that show where gaps in thin lines are closed.

    A scan of two tones may leave a third of a line's length, or less.
    """
    black = _black(ink)
    interline, thickness = found.interline, found.thickness
    if interline is None:
        spacing = run_spacing(black)
        if spacing is None:
            return found
        (interline, *_), thickness = spacing
    thin = gaps_closed(thin_ink(black, interline, thickness), interline)
    whole = np.asarray(cv2.bitwise_or(black, thin), np.uint8)
    strips = strips_of(thin, interline)
    traces = [t for t in trace_staves(strips, interline) if not _known(t, found.staves)]
    more = staves_at(traces, whole, thin, strips, thickness)
    clear = [staff for staff in more if stands_out(thin, staff)]
    return _as_found(settle([*found.staves, *clear]), thickness, broken=False)


def _black(ink: NDArray[Any]) -> Bytes:
    """The ink (H, W) as 0 or 255. Raises ValueError for other arrays than uint8 (H, W)."""
    if ink.ndim != 2 or ink.dtype != np.uint8:
        raise ValueError(f"expected uint8 of shape (H, W), got {ink.dtype} {ink.shape}")
    return np.asarray(cv2.threshold(ink, INK - 1, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _as_found(staves: list[Staff], thickness: float, broken: bool) -> Staves:
    if not staves:
        return NO_STAVES
    interline = _commonest(staves)
    several = any(abs(s.interline / interline - 1) > OTHER_SIZE for s in staves)
    return Staves(interline, thickness, tuple(staves), several, broken)


def staves_as_symbols(staves: Staves, handwritten: bool = False) -> list[Symbol]:
    """`staff` symbols, scored by how much of the lines is seen; with the five `staffLine` and
    six `staffSpace` symbols of each as well where the vocabulary is that of MUSCIMA++.

    A staff's box is the extent of its lines' ink, a line's box that of the line's.
    """
    symbols: list[Symbol] = []
    for staff in staves.staves:
        edges = staff.edges
        symbols.append(_symbol("staff", staff, edges[0, 0], edges[4, 1]))
        if not handwritten:
            continue
        symbols += [_symbol("staffLine", staff, top, bottom) for top, bottom in edges]
        space = staff.interline
        first, last = edges[0, 0], edges[4, 1]
        spaces = [(first - ABOVE_HEIGHT * space, first + ABOVE_INTO_LINE * space)]
        spaces += [(edges[i, 0], edges[i + 1, 1]) for i in range(4)]
        spaces += [(last, last + BELOW_HEIGHT * space)]
        symbols += [_symbol("staffSpace", staff, top, bottom) for top, bottom in spaces]
    return symbols


def _staves_near(
    black: Bytes, interline: float, thickness: float
) -> tuple[list[Trace], list[Staff]]:
    """What may be staves of about this interline, and what of it proved to be."""
    thin = thin_ink(black, interline, thickness)
    strips = strips_of(thin, interline)
    traces = trace_staves(strips, interline)
    return traces, settle(staves_at(traces, black, thin, strips, thickness))


def _given_up(trace: Trace, staves: Sequence[Staff], width: int) -> bool:
    """Is the trace long, of a page of this width, with none of the staves at its middle?"""
    x, y = trace.centre
    at_middle = any(
        staff.left - trace.interline <= x <= staff.right + trace.interline
        and abs(staff.middle_at(x) - y) < TOUCHING * trace.interline
        for staff in staves
    )
    return bool(trace.xs[-1] - trace.xs[0] > GIVEN_UP * width and not at_middle)


def _known(trace: Trace, staves: Sequence[Staff]) -> bool:
    """Does a staff that is clear enough run where the trace does, over its whole length?"""
    x, y = trace.centre
    return any(
        staff.strength > CLEAR
        and abs(staff.middle_at(x) - y) < trace.interline
        and staff.left < trace.xs[0] + staff.interline
        and staff.right > trace.xs[-1] - staff.interline
        for staff in staves
    )


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


def _symbol(name: str, staff: Staff, top: float, bottom: float) -> Symbol:
    box = Box(staff.left, float(top), staff.right, float(max(bottom, top + 1)))
    return Symbol(name=name, box=box, score=min(1.0, max(0.0, staff.strength)))
