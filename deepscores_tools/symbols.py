"""Pages and symbols: the one vocabulary for ground truth and detections alike.

Coordinates are pixels of the page image as displayed, x to the right, y down. Boxes are
half-open: a symbol covers the pixels x0 <= x < x1, y0 <= y < y1, so width = x1 - x0.
A detection is a Symbol with a score; nothing else tells it from truth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.page_names import page_key

Attribute = str | int | float


class Box(NamedTuple):
    """Axis-aligned, half-open box in pixels: x0 <= x < x1, y0 <= y < y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the centre."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def outward(self) -> Box:
        """The smallest box of whole pixels that holds this one."""
        return Box(math.floor(self.x0), math.floor(self.y0), math.ceil(self.x1), math.ceil(self.y1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Symbol:
    """One symbol on a page: true (score is None) or detected (score in 0..1).

    mask: bool, shape (height, width) of the box, which then has whole-pixel corners; amodal
    (pixels under an overlapping symbol count). outlinks: ids of symbols on the same page.
    oriented_box: four (x, y) corners. ink_area: pixels of ink, not width x height.
    second_name: the class in a dataset's second annotation set (DeepScoresV2: muscima++).
    """

    name: str
    box: Box
    id: int | None = None
    score: float | None = None
    mask: NDArray[np.bool_] | None = None
    oriented_box: tuple[tuple[float, float], ...] | None = None
    outlinks: tuple[int, ...] = ()
    ink_area: int | None = None
    second_name: str | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        box = self.box
        if not all(math.isfinite(v) for v in box) or box.x1 <= box.x0 or box.y1 <= box.y0:
            raise ValueError(f"{self.name}: {box} is empty or not finite")
        if self.mask is not None and self.mask.shape != (box.height, box.width):
            raise ValueError(
                f"{self.name}: mask of shape {self.mask.shape}, expected {(box.height, box.width)}"
            )
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError(f"{self.name}: score {self.score} outside 0..1")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Page:
    """One page: its size in pixels, where it comes from, and its symbols.

    name: path of the page relative to its dataset, with extension (COCO's `file_name`).
    interline: distance between neighbouring staff lines in pixels, None where unknown.
    size_known: whether width and height are the picture's; some formats tell them by symbols alone.
    image: file that shows the page, None where it is rebuilt from the masks.
    source, source_page: the file and the page (from 1) it was taken from, for PDF and TIFF.
    """

    name: str
    width: int
    height: int
    size_known: bool = True
    symbols: Sequence[Symbol] = ()
    interline: float | None = None
    dpi: float | None = None
    image: Path | None = None
    source: str | None = None
    source_page: int | None = None
    document: str | None = None
    licence: str | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"{self.name}: size {self.width} x {self.height}")

    @property
    def key(self) -> str:
        """What pages are matched by: the name without extension, `/` as `__`."""
        return page_key(self.name)


def box_array(symbols: Sequence[Symbol]) -> NDArray[np.float64]:
    """The boxes of N symbols as an array of shape (N, 4): x0, y0, x1, y1."""
    return np.array([s.box for s in symbols], dtype=np.float64).reshape(-1, 4)
