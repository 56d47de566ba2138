"""Rests of several bars, told by their company from what looks the same alone.

An old print's level beam is as thick as a bar of rests, and a page's number may be set in the
digits of a number of rests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deepscores_tools.symbols import Symbol, box_array

SURE = 0.3  # score of a symbol that counts as company
BESIDE = 0.3  # interlines from a beam's end within which its last stem stands
UNDER = 8.0  # interlines from the top of a number of rests to that of its rest


def with_long_rests_told(symbols: Sequence[Symbol], interline: float) -> list[Symbol]:
    """The symbols, bars of rests with two stems named beams, numbers over no rest left out."""
    sure = [s for s in symbols if s.score is None or s.score > SURE]
    stems = box_array([s for s in sure if s.name == "stem"])
    rests = box_array([s for s in sure if s.name.startswith("rest") and s.name != "restHNr"])
    told = []
    for symbol in symbols:
        x0, y0, x1, y1 = symbol.box
        if symbol.name == "restHBar":
            middles = (stems[:, 0] + stems[:, 2]) / 2
            beside = np.abs(middles - (x0 + x1) / 2) < (x1 - x0) / 2 + BESIDE * interline
            if (beside & (stems[:, 1] < y1) & (stems[:, 3] > y0)).sum() >= 2:
                symbol = replace(symbol, name="beam")
        elif symbol.name == "restHNr":
            over = (rests[:, 0] < x1) & (rests[:, 2] > x0)
            if not (over & (rests[:, 1] > y0) & (rests[:, 1] < y0 + UNDER * interline)).any():
                continue
        told.append(symbol)
    return told
