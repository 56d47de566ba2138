"""Staff lines without the gaps that symbols leave in them: what lay there goes elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from deepscores_tools.canvas import ink_within
from deepscores_tools.symbols import Symbol

GAP = 4.0  # interlines; no symbol over a line leaves a wider one


def mended(symbols: Sequence[Symbol], interline: float) -> list[Symbol]:
    """Staff lines (interline in pixels) made whole, staves showing those in their boxes, and what
    else there is."""
    whole = [_mended(s, interline) if s.name == "staffLine" else s for s in symbols]
    return [_with_lines(s, whole) if s.name == "staff" else s for s in whole]


def _mended(line: Symbol, interline: float) -> Symbol:
    """The line with ink where it has none between two places of one height that have."""
    if line.mask is None:
        return line
    width = min(int(GAP * interline), line.mask.shape[1]) | 1
    ink = line.mask.view(np.uint8)
    paper = cv2.copyMakeBorder(ink, 0, 0, width, width, cv2.BORDER_CONSTANT)
    closed = cv2.morphologyEx(paper, cv2.MORPH_CLOSE, np.ones((1, width), np.uint8))
    empty = ~line.mask.any(axis=0)
    return replace(line, mask=line.mask | ((closed[:, width:-width] > 0) & empty))


def _with_lines(staff: Symbol, lines: Sequence[Symbol]) -> Symbol:
    if staff.mask is None:
        return staff
    inside = ink_within(staff.box, [line for line in lines if line.name == "staffLine"])
    return replace(staff, mask=staff.mask | inside)
