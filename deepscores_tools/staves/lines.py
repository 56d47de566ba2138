"""The five lines of a traced staff, to a fraction of a pixel, and where they begin and end.

Letters: S staves; K strips across the page, of one interline each; N of them along the staff;
L curves.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.staves.curves import Doubles, quantile, smoothed
from deepscores_tools.staves.tracing import Strips, Trace

Floats = NDArray[np.float32]
Integers = NDArray[np.intp]

LINES = np.arange(-2, 3)  # the five lines, counted from the middle one down
PRESENT = 0.35  # share of a strip a line must cover to be seen there
ENOUGH = 3  # lines of five that prove a staff where symbols hide the others
MEND = 45  # strips of hidden lines that a staff may be followed across
BLANK = 2  # strips of bare paper that end it
SOLID = 2  # strips in a row that must show lines
UNBROKEN = 0.7  # share of a line that is inked; in rows of text it is 0.4 to 0.62
BESIDE = 0.3  # share of ink a quarter interline from mended lines; in rows of text 0.24 to 0.6
BEYOND = 0.6  # the same an interline above and below the staff; in rows of text 0.9 to 1
UNEVEN = 0.09  # interlines; no line may lie further from an even staff's on the whole
WAVY = 0.13  # interlines; spread of that distance along the staff
LONG = 0.4  # of the page's width
STRAY = 0.15  # interlines; further from its place a line is taken for some symbol
SPECKS = 0.0004  # share of a line's columns that may reach further than its edge
TANGENT = 12  # strips that tell how a staff goes on beyond its end


@dataclass(frozen=True, slots=True, eq=False)
class Staff:
    """One staff. Coordinates in pixels, of pixel centres: the top row of the page is y = 0.

    left, right: half-open extent of the lines. xs (N,): where the lines were sampled, from left
    to right - 1. lines (5, N): the centre of each line there, top line first.
    edges (5, 2): the highest and lowest row of each line's ink, half-open, over its whole length.
    strength: share of the lines that is seen, 0..1.
    """

    left: float
    right: float
    xs: Doubles
    lines: Doubles
    edges: Doubles
    strength: float

    @property
    def interline(self) -> float:
        """Distance between neighbouring lines, in pixels."""
        return float(np.median(self.lines[4] - self.lines[0]) / 4)

    @property
    def centre(self) -> float:
        """Mean y of the middle line."""
        return float(self.lines[2].mean())

    def middle_at(self, x: float | Doubles) -> Doubles:
        """y of the middle line at x, a number or (N,); level beyond the staff's ends."""
        return np.asarray(np.interp(x, self.xs, self.lines[2]))


def staves_at(
    traces: Sequence[Trace],
    black: NDArray[np.uint8],
    thin: NDArray[np.uint8],
    strips: Strips,
    thickness: float,
) -> list[Staff]:
    """The staves at S traces, from ink and thin ink (H, W), 0 or 255, and the strips of the latter.

    Traces at which too little is seen are left out.
    """
    if not traces:
        return []
    found = (
        _staff(black, thin, strips.xs, lines, mass, extent, trace.interline, thickness)
        for trace, lines, mass, extent in zip(traces, *_fitted(traces, black, strips), strict=True)
    )
    return [staff for staff in found if staff is not None]


def _fitted(
    traces: Sequence[Trace], black: NDArray[np.uint8], strips: Strips
) -> tuple[Doubles, Floats, Integers]:
    """Of S traces the lines (S, 5, K), what is seen of them (S, 5, K), first and last strip (S, 2).

    All staves of a page at once: the arrays of one are too small for NumPy to be fast.
    """
    xs = strips.xs
    space = np.array([trace.interline for trace in traces])[:, None, None]
    middle = np.array([_extended(xs, trace.xs, trace.middle) for trace in traces])
    lines: Doubles = middle[:, None] + space * LINES[:, None]
    blank = _blank(black, lines, xs)
    extents = np.searchsorted(xs, [(trace.xs[0], trace.xs[-1]) for trace in traces])
    for _ in range(2):
        off, mass = _offsets(strips, lines, 0.42 * space)
        weights = np.where(_between(extents, len(xs)), mass, 0)
        weight = weights.sum(axis=1, keepdims=True)
        together = (weights * off).sum(axis=1, keepdims=True) / np.maximum(weight, 1e-6)
        lines = lines + smoothed(xs, together, weight)
        _, mass = _offsets(strips, lines, 0.25 * space)
        _, between = _offsets(strips, (lines[:, :-1] + lines[:, 1:]) / 2, 0.25 * space)
        shown = (mass > PRESENT) & (mass > 2 * np.median(between, axis=1, keepdims=True))
        shows = shown.sum(axis=1) >= ENOUGH
        extents = np.array([_extent(*of_one) for of_one in zip(shows, blank, extents, strict=True)])
    inside = _between(extents, len(xs))
    for reach in (0.35, 0.25):
        off, mass = _offsets(strips, lines, reach * space)
        lines = lines + smoothed(xs, off, np.where(inside, mass, 0))
    return lines, mass, extents


def _staff(
    black: NDArray[np.uint8],
    thin: NDArray[np.uint8],
    xs: Doubles,
    lines: Doubles,
    mass: Floats,
    extent: Integers,
    space: float,
    thickness: float,
) -> Staff | None:
    """The staff of these lines (5, K); None where they are none."""
    first, last = extent.tolist()
    if last - first < 3 or not _even(lines[:, first : last + 1], len(xs)):
        return None
    even = _comb(lines)
    lines = np.clip(lines, even - STRAY * space, even + STRAY * space)
    left, right = _ends(thin, xs, lines, (first, last), thickness)
    at = np.concatenate([[left], xs[(xs > left) & (xs < right - 1)], [right - 1]])
    lines = np.array([np.interp(at, xs, line) for line in lines])
    columns = np.arange(int(left), int(right))
    rows = _rows(columns, at, lines)
    if _covered(black, columns, rows, space) < UNBROKEN:
        return None
    edges = _edges(thin, columns, rows, thickness)
    strength = float(np.minimum(mass[:, first : last + 1] / PRESENT, 1).mean())
    return Staff(left, right, at, lines, edges, strength)


def stands_out(mended: NDArray[np.uint8], staff: Staff) -> bool:
    """Is the mended ink (H, W) on the five lines alone? Rows of text are thick, and go on."""
    space = staff.interline
    around = [
        (lines + shift * space, share)
        for lines, shift, share in (
            (staff.lines, -0.25, BESIDE), (staff.lines, 0.25, BESIDE),
            (staff.lines[:1], -1.0, BEYOND), (staff.lines[4:], 1.0, BEYOND),
        )
    ]  # fmt: skip
    columns = np.arange(int(staff.left), int(staff.right))
    return all(
        _covered(mended, columns, _rows(columns, staff.xs, lines), space) < share
        for lines, share in around
    )


def _between(extents: Integers, strips: int) -> NDArray[np.bool_]:
    """Which strips lie in each staff's extent (S, 2), both ends included: (S, 1, K)."""
    index = np.arange(strips)
    return (index >= extents[:, None, :1]) & (index <= extents[:, None, 1:])


def _extended(xs: Doubles, known_xs: Doubles, known: Doubles) -> Doubles:
    """known, interpolated at xs and carried on at either end at the slope it has there."""
    curve = np.interp(xs, known_xs, known)
    for end, beyond in (
        (slice(None, TANGENT), np.minimum(xs - known_xs[0], 0)),
        (slice(-TANGENT, None), np.maximum(xs - known_xs[-1], 0)),
    ):
        away = known_xs[end] - known_xs[end].mean()
        curve += beyond * (away @ known[end] / (away @ away))
    return np.asarray(curve)


def _offsets(strips: Strips, lines: Doubles, reach: Doubles) -> tuple[Floats, Floats]:
    """Where ink lies from where L lines (S, L, K) are expected, and how much: (S, L, K) each.

    reach (S, 1, 1): pixels to either side in which it is looked for.
    """
    height, count = strips.ink.shape
    most = np.ceil(reach)
    steps = np.arange(-most.max(), most.max() + 1, dtype=np.float32)  # first, for sums over it
    steps = steps[:, None, None, None]  # are fastest so
    middle = np.round(lines)
    rows = np.clip(middle + steps, 0, height - 1).astype(np.intp)
    away = (middle - lines).astype(np.float32) + steps
    seen = np.clip(1.5 - np.abs(away) / reach.astype(np.float32), 0, 1) * (np.abs(steps) <= most)
    seen *= strips.ink.take(rows * count + np.arange(count))
    seen /= np.float32(255)
    mass, peak = seen.sum(axis=0), seen.max(axis=0)
    off = (seen * away).sum(axis=0) / np.maximum(mass, np.float32(1e-6))
    return off, np.where(peak > 0.1, peak, np.float32(0))


def _blank(black: NDArray[np.uint8], lines: Doubles, xs: Doubles) -> NDArray[np.bool_]:
    """Strips (S, K) whose middle column shows no ink at all between the outer lines (S, 5, K)."""
    height, width = black.shape
    top = np.clip(np.ceil(lines[:, 0] - 1), 0, height - 1).astype(np.intp)
    bottom = np.clip(np.floor(lines[:, 4] + 1), 0, height - 1).astype(np.intp)
    down = np.arange((bottom - top).max() + 1)[:, None, None]
    rows = np.minimum(top + down, bottom)
    return np.asarray(~black.take(rows * width + np.round(xs).astype(np.intp)).any(axis=0))


def _extent(
    shows: NDArray[np.bool_], blank: NDArray[np.bool_], roughly: Integers
) -> tuple[int, int]:
    """First and last strip of a staff, from a rough pair: outward or inward as lines show.

    Beams and dense chords may hide all lines; only paper ends a staff, or a long silence.
    """
    first, last = roughly.tolist()
    shown = np.flatnonzero(shows)
    if not len(shown):
        return first, first
    apart = [
        b - a > MEND or (b - a > 2 and bool(blank[a + 1 : b].sum() >= BLANK))
        for a, b in itertools.pairwise(shown.tolist())
    ]
    groups = [g for g in np.split(shown, np.flatnonzero(apart) + 1) if len(g) >= SOLID]
    meeting = [g for g in groups if g[-1] >= first and g[0] <= last]
    if not meeting:
        return first, first
    return int(meeting[0][0]), int(meeting[-1][-1])


def _rows(columns: Integers, xs: Doubles, lines: Doubles) -> Integers:
    """The rows (L, N) of lines (L, K), known at xs (K,), in some columns (N,)."""
    return np.round([np.interp(columns, xs, line) for line in lines]).astype(np.intp)


def _covered(black: NDArray[np.uint8], columns: Integers, rows: Integers, space: float) -> float:
    """Share of the columns (N,) where ink, of lines or symbols, lies on the lines' rows (L, N)."""
    return float(_around(black, columns, rows, round(0.06 * space)).any(axis=0).mean())


def _around(
    picture: NDArray[np.uint8], columns: Integers, rows: Integers, reach: int
) -> NDArray[np.bool_]:
    """Is there ink in some columns (N,) of a picture in the lines' rows (L, N), and in those up to
    `reach` above and below? (2 reach + 1, L, N). Lines at an edge of the picture are moved inside.
    """
    height, width = picture.shape
    near = np.clip(rows, reach, height - 1 - reach)
    steps = np.arange(-reach, reach + 1)[:, None, None] * width
    return np.asarray(picture.take(near * width + columns + steps) > 127)


def _edges(thin: NDArray[np.uint8], columns: Integers, rows: Integers, thickness: float) -> Doubles:
    """Highest and lowest row (half-open) of each line's ink (L, 2), bar a few columns' specks.

    rows (L, N): where the lines are in columns (N,).
    """
    reach = int(np.ceil(thickness)) + 1
    rows = np.clip(rows, reach, len(thin) - 1 - reach)  # what is around them is in the picture
    around = _around(thin, columns, rows, reach)
    free = around.any(axis=0) & ~around[0] & ~around[-1]  # no symbol runs into the line here
    nine = np.ones((1, 9), np.uint8)  # nor next to here
    calm = cv2.erode(free.view(np.uint8), nine, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    chosen = np.where(calm.any(axis=1, keepdims=True), calm, free)
    place = np.arange(2 * reach + 1, dtype=np.uint8)[:, None, None]
    tops = rows + reach - (around * place[::-1]).max(axis=0)
    bottoms = rows - reach + (around * place).max(axis=0)
    edges = []
    for line, top, bottom, whole in zip(rows, tops, bottoms, chosen, strict=True):
        if not whole.any():
            half = thickness / 2
            edges.append((line.min() - half + 0.5, line.max() + half + 0.5))
            continue
        edges.append((quantile(top[whole], SPECKS), quantile(bottom[whole], 1 - SPECKS) + 1))
    return np.array(edges, dtype=np.float64)


def _comb(lines: Doubles) -> Doubles:
    """Five evenly spaced lines (5, K) that best fit the given ones, whatever one of them does."""
    places = _gap(lines) * LINES[:, None]
    return np.asarray(np.sort(lines - places, axis=0)[2] + places)


def _gap(lines: Doubles) -> float:
    """Median distance of neighbouring lines (5, K)."""
    return quantile(np.diff(lines, axis=0).ravel(), 0.5)


def _even(lines: Doubles, strips: int) -> bool:
    """Are the lines (5, N) as parallel as a staff's?

    On a long staff symbols may hide one line and draw others aside; short ones are often none.
    """
    worst, slack = (-2, 2.0) if lines.shape[1] > LONG * strips else (-1, 1.0)
    away = (lines - _comb(lines)) / _gap(lines)
    off, spread = np.sort(np.abs(away.mean(axis=1))), np.sort(away.std(axis=1))
    return bool(off[worst] < slack * UNEVEN and spread[worst] < slack * WAVY)


def _ends(
    thin: NDArray[np.uint8],
    xs: Doubles,
    lines: Doubles,
    strips: tuple[int, int],
    thickness: float,
) -> tuple[float, float]:
    """Left and right end in pixels: the outermost column where lines show, without a leap."""
    step = xs[1] - xs[0]
    reach = max(1, round(0.5 * thickness))
    ends = []
    for strip, outward in ((strips[0], -1), (strips[1], 1)):
        columns = np.arange(
            round(xs[strip] - outward * step), round(xs[strip] + outward * 2 * step), outward
        )
        columns = columns[(columns >= 0) & (columns < thin.shape[1])]
        around = _around(thin, columns, _rows(columns, xs, lines), reach)
        good = np.flatnonzero(around.any(axis=0).sum(axis=0) >= ENOUGH)
        if len(good):
            leaps = np.flatnonzero(np.diff(good) > 0.7 * step)
            end = good[leaps[0]] if len(leaps) else good[-1]
            ends.append(columns[end])
        else:
            ends.append(round(xs[strip]))
    return float(ends[0]), float(ends[1] + 1)
