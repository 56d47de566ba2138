"""Five-line staves in a page of ink: how far apart the lines are, and where they run.

The page is cut into strips one interline wide. In every strip a comb of five teeth looks for
lines; what it finds is followed from strip to strip, so skew, curl and gaps do no harm.
Lines are thin vertical runs of ink: noteheads, beams and text are left out from the start.

Letters: H, W page height and width in pixels; K strips; R rows of the comb's picture, which is
coarser than the page; N samples of one staff (one a strip).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.averaging import shrunk, some_columns

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

SMALLEST_INTERLINE, LARGEST_INTERLINE = 4, 120  # px
THICKEST = 0.36  # interlines; rows of text are thicker than staff lines
MENDED = 4.0  # interlines; longest gap in a line that is closed
COMB_INTERLINE = 10  # rows; finer pictures cost time and find no more staves
SIZES = np.geomspace(0.6, 1.34, 18)  # staves on a page differ: cue staves, perspective
STEEPEST = 0.12  # slope a line may have, as dy / dx
MEMORY = 0.9  # how much of the evidence one strip passes on to the next
FOUND = 0.2  # mean share of a strip that the comb must see covered by lines
TEETH = (  # of the comb: place in interlines from its middle, weight
    *((place, 0.2) for place in (-2.0, -1.0, 0.0, 1.0, 2.0)),
    *((side * place, -0.15) for place in (0.5, 1.5) for side in (-1, 1)),
    *((side * 3.0, -0.25) for side in (-1, 1)),
)
TOUCHING = 3.0  # interlines; no two staff centres are closer
SHORTEST = 6  # strips
GAP = 8  # strips that may show nothing before a staff counts as ended
SEEN = 0.3  # score of one strip that shows lines by itself
WEAKEST = 0.2  # mean score of a staff
DOUBTFUL = 0.35  # of the best staff's score; less is some other pattern


@dataclass(frozen=True, slots=True, eq=False)
class Strips:
    """Thin ink averaged across strips: bytes (H, K), 255 = inked all across.

    step: width of a strip, about one interline, in px.
    """

    ink: Bytes
    step: float

    @property
    def xs(self) -> NDArray[np.float64]:
        """Centres of the strips (K,), px."""
        return np.asarray((np.arange(self.ink.shape[1]) + 0.5) * self.step - 0.5, np.float64)


@dataclass(frozen=True, slots=True)
class Trace:
    """Where one staff runs: the centres of N strips (N,), the middle line there (N,), in px.

    interline: distance of its lines in px. strength: how much of the lines is seen, 0..1.
    """

    xs: NDArray[np.float64]
    middle: NDArray[np.float64]
    interline: float
    strength: float

    @property
    def centre(self) -> tuple[float, float]:
        """Median x and y of the middle line."""
        return float(np.median(self.xs)), float(np.median(self.middle))


def run_spacing(black: Bytes) -> tuple[list[float], float] | None:
    """Likely interlines, likeliest first, and the thickness of the lines, in pixels.

    black: ink (H, W), 0 or 255. Counts a vertical run of ink with the run of paper next to it: on
    a staff their sum is the interline however thick the lines are. None where nothing on the page
    repeats.
    """
    columns = np.asarray(
        cv2.transpose(some_columns(black)), np.uint8
    )  # .T takes five times as long
    columns[:, 0] = columns[:, -1] = 0
    pixels = columns.ravel()
    edges = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    if len(edges) < 4:
        return None
    runs = np.diff(edges)  # ink, paper, ink, ...
    sums = runs[:-1] + runs[1:]
    counts = np.bincount(sums[sums < LARGEST_INTERLINE + 2], minlength=LARGEST_INTERLINE + 3)
    counts[:SMALLEST_INTERLINE] = 0
    smooth = np.convolve(counts, [1.0, 2.0, 1.0], "same")
    peaks = [i for i in range(1, LARGEST_INTERLINE) if smooth[i - 1] < smooth[i] >= smooth[i + 1]]
    peaks.sort(key=lambda i: -smooth[i])
    peaks = [i for i in peaks[:4] if smooth[i] > 0.3 * smooth[peaks[0]]]
    if not peaks or smooth[peaks[0]] < 40:
        return None
    thick = runs[:-1:2][np.abs(sums[::2] - peaks[0]) <= 1]
    thick = thick[thick <= 0.5 * peaks[0]]
    thickness = float(np.median(thick)) if len(thick) else 1.0
    around = np.arange(-1, 2)
    spacings = [float(np.average(i + around, weights=counts[i + around])) for i in peaks]
    spacings = [s for s in spacings if thickness < max(THICKEST * s, 3)]
    return (spacings, max(1.0, thickness)) if spacings else None


def thin_ink(black: Bytes, interline: float, thickness: float) -> Bytes:
    """Of ink (H, W), 0 or 255, that whose vertical run is short enough for a staff line."""
    longest = int(min(max(2 * thickness, thickness + 2), 0.6 * interline))
    bits = np.packbits(black, axis=1)  # eight columns at once: half the time of OpenCV's opening
    begins = _with_below(bits, longest + 1, np.bitwise_and)  # a run that is too long
    long = _with_below(begins[::-1], longest + 1, np.bitwise_or)[::-1]
    thin = np.unpackbits(bits & ~long, axis=1, count=black.shape[1])
    return np.negative(thin, out=thin)  # 1 becomes 255


def _with_below(bits: Bytes, rows: int, join: np.ufunc) -> Bytes:
    """Every row of bits (H, W) joined with the next ones down, `rows` in all; the last of the page
    with zeros."""
    done = 1
    while done < rows:
        more = min(done, rows - done)
        below = np.zeros_like(bits)
        below[:-more] = bits[more:]
        bits = join(bits, below)
        done += more
    return bits


def gaps_closed(thin: Bytes, interline: float) -> Bytes:
    """Thin ink (H, W) with the gaps in its lines closed, also where a line leaps by a pixel."""
    leap = np.ones((3, 1), np.uint8)
    gap = np.ones((1, round(MENDED * interline)), np.uint8)
    closed = cv2.morphologyEx(cv2.dilate(thin, leap), cv2.MORPH_CLOSE, gap)
    return np.asarray(cv2.erode(closed, leap))


def strips_of(thin: Bytes, interline: float) -> Strips:
    """Thin ink (H, W) by strips of about one interline."""
    ink, step, _ = shrunk(thin, min(float(thin.shape[1]), max(4.0, interline)), 1)
    return Strips(ink, step)


def trace_staves(strips: Strips, interline: float) -> list[Trace]:
    """Staves whose interline is near the given one, from top to bottom."""
    blocks, _, row = shrunk(strips.ink, 1, max(1.0, interline / COMB_INTERLINE))
    spacing = interline / row
    small = np.asarray(cv2.transpose(blocks), np.float32) / 255
    soft = cv2.GaussianBlur(small, (3, 1), 0.7)  # lines fall between rows and teeth
    shares = np.asarray(soft / max(float(np.median(soft.max(axis=1))), 0.05), dtype=np.float32)
    score, sizes = _comb(np.minimum(shares, np.float32(1)), SIZES * spacing)
    evidence = _followed(score, strips.step / row)
    xs, traces = strips.xs, []
    for chain in _chains(evidence, score, spacing):
        known = np.array(sorted(chain.items()))
        along = np.arange(known[0, 0], known[-1, 0] + 1)
        rows = np.interp(along, known[:, 0], known[:, 1])
        seen = score[known[:, 0], known[:, 1]]
        local = SIZES[sizes[known[:, 0], known[:, 1]]] * interline
        space = float(np.average(local, weights=np.maximum(seen, 1e-3)))
        ys = (rows + 0.5) * row - 0.5
        traces.append(Trace(xs[along], ys, space, float(np.clip(seen.mean(), 0, 1))))
    return _without_ghosts(traces)


def _without_ghosts(traces: list[Trace]) -> list[Trace]:
    """The traces without those that run where a stronger one does, or are no match for it."""
    kept: list[Trace] = []
    for trace in sorted(traces, key=lambda t: -t.strength * len(t.xs)):
        if trace.strength < max(WEAKEST, DOUBTFUL * max((t.strength for t in kept), default=0)):
            continue
        apart = TOUCHING * trace.interline
        rows = [
            float(np.abs(np.interp(trace.xs, t.xs, t.middle) - trace.middle).min()) for t in kept
        ]
        if all(
            row >= apart or trace.xs[0] > t.xs[-1] + apart or trace.xs[-1] < t.xs[0] - apart
            for row, t in zip(rows, kept, strict=True)
        ):
            kept.append(trace)
    return sorted(kept, key=lambda t: float(t.middle.mean()))


def _comb(shares: Floats, spacings: NDArray[np.float64]) -> tuple[Floats, Bytes]:
    """Best score of five lines centred on each row, and which spacing gave it: (K, R) each.

    Five covered rows count for, covered rows between and just outside the five count against,
    so that neither text nor the same staff a line or half a line off scores.
    """
    best = np.full(shares.shape, -np.inf, np.float32)
    which = np.zeros(shares.shape, np.uint8)
    for number, spacing in enumerate(spacings):
        score = cv2.filter2D(shares, -1, _teeth(spacing), borderType=cv2.BORDER_CONSTANT)
        np.maximum(which, (score > best) * np.uint8(number), out=which)  # faster than a mask
        np.maximum(best, score, out=best)
    return best, which


def _teeth(size: float) -> Floats:
    """Weights of the rows around the comb's middle, (1, 2 n + 1); a tooth may lie between two."""
    beyond = int(np.ceil(3.0 * size)) + 1
    weights = np.zeros((1, 2 * beyond + 1), np.float32)
    for place, weight in TEETH:
        row, part = divmod(beyond + place * size, 1)
        weights[0, int(row)] += (1 - part) * weight
        weights[0, int(row) + 1] += part * weight
    return weights


def _followed(score: Floats, step: float) -> Floats:
    """Evidence gathered along the best path through each cell, from both sides, (K, R)."""
    reach = max(1, round(STEEPEST * step))
    kernel = np.ones((1, 2 * reach + 1), np.uint8)
    total, weight = -score, np.full((len(score), 1), -1.0, np.float32)
    for order in (range(len(score)), reversed(range(len(score)))):
        passed, share = np.zeros_like(score[:1]), 0.0
        for k in order:
            passed = score[k] + MEMORY * cv2.dilate(passed, kernel)
            share = 1 + MEMORY * share
            total[k] += passed[0]
            weight[k] += share
    return np.asarray(total / weight, np.float32)


def _chains(evidence: Floats, score: Floats, spacing: float) -> list[dict[int, int]]:
    """Peaks of the evidence joined along x: one dict strip -> row for every staff."""
    reach = round(0.6 * TOUCHING * spacing)
    highest = cv2.dilate(evidence, np.ones((1, 2 * reach + 1), np.uint8))
    peaks = (evidence >= highest) & (evidence > FOUND)
    growing: list[dict[int, int]] = []
    done: list[dict[int, int]] = []
    for k, strip in enumerate(peaks):
        free = [(chain[next(reversed(chain))], chain) for chain in growing]
        for row in np.flatnonzero(strip).tolist():
            near = [end for end in free if abs(end[0] - row) <= 0.4 * spacing]
            if near:
                end = min(near, key=lambda end: abs(end[0] - row))
                end[1][k] = row
                free.remove(end)  # no chain has two rows in a strip
            else:
                growing.append({k: row})
        done += [c for c in growing if k - next(reversed(c)) > GAP]
        growing = [c for c in growing if k - next(reversed(c)) <= GAP]
    shown = cv2.dilate(score, np.ones((1, 3), np.uint8)) > SEEN
    chains = [_trimmed(chain, shown) for chain in done + growing]
    return [chain for chain in chains if len(chain) >= SHORTEST]


def _trimmed(chain: dict[int, int], shown: Bools) -> dict[int, int]:
    """The chain without ends that only their neighbours' evidence supports."""
    seen = [k for k, row in chain.items() if shown[k, row]]
    return {k: chain[k] for k in chain if seen and seen[0] <= k <= seen[-1]}
