"""Ink that is no symbol: scribbles, pencil marks, stamps, words, dark page borders.

All of it is drawn onto darkness (0..255, shape (H, W)), lengths in interlines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.degradation.ink import draw
from deepscores_tools.degradation.noise import Gray
from deepscores_tools.text_faces import face

# what stands on real pages besides music and lyrics: plate numbers, library marks, page notes
WORDS = (
    "Ex libris",
    "No. 1247",
    "B. W. XIV",
    "S. 23",
    "V. S.",
    "Eigenthum",
    "2te Ausg.",
    "VII",
    "1896",
)
NUMBERS = 0.5  # of words
FACES = {"computer-modern": 0.8, "stix": 0.2}
EDGE = 0.08  # of the height: how far from head or foot words stand there


@dataclass(frozen=True, slots=True, kw_only=True)
class ClutterRanges:
    """Chances of each kind of mark on a picture of 36 x 36 interlines (a training crop).

    at_edge: chance that a word stands near the head or foot.
    """

    pencil_chance: float = 0.0
    scribble_chance: float = 0.0
    word_chance: float = 0.0
    at_edge: float = 0.0
    stamp_chance: float = 0.0
    hair_chance: float = 0.0
    border_chance: float = 0.0


def add_clutter(ink: Gray, interline: float, rng: np.random.Generator, r: ClutterRanges) -> None:
    """Draw marks, in place; larger pages get more of them."""
    crops = max(1, round(ink.size / (36 * interline) ** 2))
    for _ in range(crops):
        if rng.random() < r.pencil_chance:
            _stroke(ink, interline, rng, length=draw((2, 10), rng), darkness=draw((70, 150), rng))
        if rng.random() < r.scribble_chance:
            _stroke(ink, interline, rng, length=draw((1, 6), rng), darkness=draw((150, 255), rng))
        if rng.random() < r.hair_chance:
            _hair(ink, interline, rng)
        if rng.random() < r.word_chance:
            _word(ink, interline, rng, r.at_edge)
        if rng.random() < r.stamp_chance:
            _stamp(ink, interline, rng)
    if rng.random() < r.border_chance:
        _border(ink, interline, rng)


def _merge(ink: Gray, mark: NDArray[np.uint8], x: int, y: int, darkness: float) -> None:
    """Lay a mark (uint8, 0..255) with its upper left corner at (x, y)."""
    height, width = ink.shape
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(width, x + mark.shape[1]), min(height, y + mark.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    window = ink[y0:y1, x0:x1]
    piece = cv2.convertScaleAbs(mark[y0 - y : y1 - y, x0 - x : x1 - x], alpha=darkness / 255)
    np.copyto(window, piece, where=piece > window, casting="same_kind")


def _emptiest(
    ink: Gray, size: tuple[int, int], rng: np.random.Generator, edge: float = 0.5
) -> tuple[int, int]:
    """(x, y) of the least inked of a few places for a mark of (width, height).

    edge: within this share of the page's height from its head or foot.
    """
    height, width = ink.shape
    best, place = math.inf, (0, 0)
    for _ in range(6):
        x = int(rng.integers(0, max(1, width - size[0])))
        y = int(rng.uniform(0, edge) * max(1, height - size[1]))
        y = y if rng.random() < 0.5 else max(0, height - size[1] - y)
        load = float(ink[y : y + size[1] : 4, x : x + size[0] : 4].sum())
        if load < best:
            best, place = load, (x, y)
    return place


def _curve(points: NDArray[np.float64], thickness: float) -> tuple[NDArray[np.uint8], int, int]:
    """A smooth line through points (N, 2), in pixels: mark, and its left and top."""
    reach = math.ceil(thickness) + 2
    left, top = (np.floor(points.min(0)) - reach).astype(int)
    right, bottom = (np.ceil(points.max(0)) + reach).astype(int)
    mark = np.zeros((bottom - top, right - left), np.uint8)
    path = np.rint((points - (left, top)) * 16).astype(np.int32)
    cv2.polylines(mark, [path], False, 255, max(1, round(thickness)), cv2.LINE_AA, 4)
    return mark, int(left), int(top)


def _wander(
    start: NDArray[np.float64], length: float, steps: int, turn: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Points (steps, 2) of a line that changes its direction by about `turn` a step."""
    headings = rng.uniform(0, 2 * math.pi) + np.cumsum(rng.normal(0, turn, steps))
    moves = np.stack([np.cos(headings), np.sin(headings)], 1) * (length / steps)
    return np.asarray(start + np.cumsum(moves, 0), np.float64)


def _stroke(
    ink: Gray, interline: float, rng: np.random.Generator, *, length: float, darkness: float
) -> None:
    """A stroke of pencil or pen, `length` interlines long, anywhere: over music too."""
    start = rng.uniform(0, 1, 2) * (ink.shape[1], ink.shape[0])
    turn = float(rng.choice([0.05, 0.3, 0.8]))
    points = _wander(start, length * interline, 24, turn, rng)
    mark, x, y = _curve(points, draw((0.06, 0.2), rng) * interline)
    _merge(ink, mark, x, y, darkness)


def _hair(ink: Gray, interline: float, rng: np.random.Generator) -> None:
    """A hair or fibre on the glass: thin, curled, 0.5-3 interlines."""
    start = rng.uniform(0, 1, 2) * (ink.shape[1], ink.shape[0])
    points = _wander(start, draw((0.5, 3), rng) * interline, 16, 0.35, rng)
    mark, x, y = _curve(points, draw((0.03, 0.08), rng) * interline)
    _merge(ink, mark, x, y, draw((120, 255), rng))


def _word(ink: Gray, interline: float, rng: np.random.Generator, at_edge: float) -> None:
    """A few letters or a page's number where there is little ink; upright or down the margin."""
    number = str(rng.integers(1, 300))
    text = number if rng.random() < NUMBERS else WORDS[int(rng.integers(0, len(WORDS)))]
    family = str(rng.choice(list(FACES), p=list(FACES.values())))
    bold, italic = (bool(rng.random() < share) for share in (0.2, 0.4))
    mark, _, _ = face(family, round(draw((1, 3), rng) * interline), bold, italic).drawn(text)
    if rng.random() < 0.15:
        mark = np.asarray(cv2.rotate(mark, cv2.ROTATE_90_COUNTERCLOCKWISE), np.uint8)
    edge = EDGE if rng.random() < at_edge else 0.5
    x, y = _emptiest(ink, (mark.shape[1], mark.shape[0]), rng, edge)
    _merge(ink, mark, x, y, draw((120, 255), rng))


def _stamp(ink: Gray, interline: float, rng: np.random.Generator) -> None:
    """A library stamp: double oval with letters, pale and patchy."""
    wide, high = draw((4, 8), rng) * interline, draw((2.5, 5), rng) * interline
    mark = np.zeros((int(high) + 6, int(wide) + 6), np.uint8)
    centre, line = (mark.shape[1] // 2, mark.shape[0] // 2), max(1, round(0.1 * interline))
    for shrink in (1.0, 0.85):
        axes = (int(wide / 2 * shrink), int(high / 2 * shrink))
        cv2.ellipse(mark, centre, axes, 0, 0, 360, 255, line, cv2.LINE_AA)
    text = WORDS[int(rng.integers(0, len(WORDS)))]
    letters, _, _ = face("stix", round(1.2 * interline), bold=True).drawn(text)
    _merge(mark, letters, centre[0] - letters.shape[1] // 2, centre[1] - letters.shape[0] // 2, 255)
    turn = cv2.getRotationMatrix2D(centre, draw((-25, 25), rng), 1.0)
    mark = np.asarray(cv2.warpAffine(mark, turn, (mark.shape[1], mark.shape[0])), np.uint8)
    x, y = _emptiest(ink, (mark.shape[1], mark.shape[0]), rng)
    _merge(ink, mark, x, y, draw((90, 200), rng))


def _border(ink: Gray, interline: float, rng: np.random.Generator) -> None:
    """The scanner's dark lid or the book's edge along one side, only as far as it is blank."""
    side = int(rng.integers(0, 4))
    sheet = np.rot90(ink, side)  # a view: its left edge is one of the four sides
    reach = min(int(draw((0.3, 2.5), rng) * interline), sheet.shape[1])
    used = np.flatnonzero(sheet[:, : reach + 1].max(axis=0) > 60)
    reach = min(reach, int(used[0]) - 2 if used.size else reach)
    if reach < 2:
        return
    wobble = np.cumsum(rng.normal(0, 0.15, sheet.shape[0])) + rng.uniform(0, reach / 2)
    edge = np.clip(reach - np.abs(wobble), 0, reach)
    columns = np.arange(reach)[None, :]
    dark = (255 * np.clip(edge[:, None] - columns, 0, 1)).astype(np.uint8)
    np.copyto(sheet[:, :reach], dark, where=dark > sheet[:, :reach], casting="same_kind")
