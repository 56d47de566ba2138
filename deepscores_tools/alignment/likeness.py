"""How good a fit is, symbol by symbol: is its ink there, and how far off?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.alignment.page_fit import Flattened, PageFit
from deepscores_tools.symbols import Symbol, box_array

PIXELS = 12.0  # of an interline, for this comparison
MARGIN = 0.4  # interlines around a symbol that are compared along
REACH = 0.5  # interlines that its ink is looked for in each direction
ALIKE = 0.6  # correlation from which ink is the symbol's
PLACED = 0.15  # interlines that it may be off
LEAST, LARGEST = 0.8, 6.0  # interlines; sides of the symbols that tell pages apart
FEWEST = 10  # of them that must lie within the photo

ENOUGH = 0.85
"""Share of the symbols found from which a photo shows the page."""


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """How much of a page a photo shows, and where (fit; None where it was not found at all).

    page: index of the page among those it was sought in. compared: symbols as large as a
    notehead up to a clef, within the photo. found: share of them whose ink is in its place.
    residual: median distance of their ink from its place, in interlines.
    """

    fit: PageFit | None = None
    page: int = 0
    compared: int = 0
    found: float = 0.0
    residual: float = float("nan")

    @property
    def accepted(self) -> bool:
        """Whether the photo shows the page."""
        return self.fit is not None and self.compared >= FEWEST and self.found >= ENOUGH

    def __str__(self) -> str:
        if self.fit is None:
            return "not found"
        return (
            f"{self.found:.1%} of {self.compared} symbols found, "
            f"off by {self.residual:.3f} interlines"
        )


def likeness(
    page: NDArray[np.uint8],
    symbols: Sequence[Symbol],
    interline: float,
    photo: NDArray[np.uint8],
    fit: PageFit,
    number: int = 0,
) -> Likeness:
    """The likeness under a fit. page, photo: ink, uint8; interline: of the page in pixels."""
    scale = min(1.0, PIXELS / interline)
    unit = interline * scale
    drawn = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    flat = Flattened(fit, scale)
    map_x, map_y = flat.maps()
    inside = (map_x >= 0) & (map_x <= photo.shape[1] - 1)
    inside &= (map_y >= 0) & (map_y <= photo.shape[0] - 1)
    seen = cv2.remap(photo, map_x, map_y, cv2.INTER_LINEAR)
    drawn, seen = (
        cv2.GaussianBlur(p.astype(np.float32), (0, 0), 0.08 * unit) for p in (drawn, seen)
    )
    reach, margin = round(REACH * unit), MARGIN * unit
    boxes = box_array(symbols) * scale
    sides = (boxes[:, 2:] - boxes[:, :2]) / unit
    chosen = boxes[(sides.min(1, initial=9) >= LEAST) & (sides.max(1, initial=0) <= LARGEST)]
    scores, distances = [], []
    for box in chosen:
        x0, y0 = np.floor(box[:2] - margin).astype(int)
        x1, y1 = np.ceil(box[2:] + margin).astype(int)
        if min(x0, y0) < reach or x1 + reach > drawn.shape[1] or y1 + reach > drawn.shape[0]:
            continue
        window = np.s_[y0 - reach : y1 + reach, x0 - reach : x1 + reach]
        if not inside[window].all():
            continue
        match = cv2.matchTemplate(seen[window], drawn[y0:y1, x0:x1], cv2.TM_CCOEFF_NORMED)
        likes = np.asarray(match, np.float32)
        _, best, _, (dx, dy) = cv2.minMaxLoc(match)
        scores.append(best)
        x, y = dx + _summit(likes[dy], dx), dy + _summit(likes[:, dx], dy)
        distances.append(float(np.hypot(x - reach, y - reach)) / unit)
    if not scores:
        return Likeness(fit, number)
    alike = np.array(scores) >= ALIKE
    placed = np.array(distances) <= PLACED
    found, residual = float((alike & placed).mean()), float(np.median(distances))
    return Likeness(fit, number, len(scores), found, residual)


def _summit(values: NDArray[np.float32], at: int) -> float:
    """Where between its neighbours the highest value really lies: the tip of a parabola."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, here, after = (float(v) for v in values[at - 1 : at + 2])
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
