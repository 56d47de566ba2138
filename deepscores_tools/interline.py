"""The interline of a page: as its dataset tells it, or measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.symbols import Page, Symbol


def true_interline(symbols: Sequence[Symbol]) -> float | None:
    """Median distance in pixels of neighbouring staffLine centres within a staff, or None.

    Lines are matched to the `staff` symbol whose box holds their centre, so that the gaps
    between staves do not count.
    """
    centres = np.array(sorted(s.box.centre[1] for s in symbols if s.name == "staffLine"))
    gaps: list[float] = []
    for staff in (s for s in symbols if s.name == "staff"):
        inside = centres[(centres >= staff.box.y0 - 1) & (centres <= staff.box.y1 + 1)]
        gaps.extend(np.diff(inside))
    return float(np.median(gaps)) if gaps else None


def interline_of(page: Page, gray: NDArray[np.uint8]) -> float | None:
    """The page's interline, measured in its staves where the dataset does not tell it."""
    if page.interline is not None:
        return page.interline
    # Here, since formats, which read annotated lines, need none of it.
    from deepscores_tools.ink import ink_of
    from deepscores_tools.staves import find_staves

    return find_staves(ink_of(gray)).interline
