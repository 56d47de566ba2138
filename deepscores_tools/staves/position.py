"""Classes that only the place on the staff tells apart, named by that place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from deepscores_tools.staves.finding import Staves
from deepscores_tools.staves.lines import Staff
from deepscores_tools.symbols import Symbol

C_CLEFS = {3: "clefCAlto", 4: "clefCTenor"}  # by the line they are centred on, from the bottom
NEAR = 0.4  # lines; further from both, a clef keeps the name it has


def named_by_place(symbols: Iterable[Symbol], staves: Staves) -> list[Symbol]:
    """The symbols, C clefs named by the line of the staff that runs through their middle."""
    return [
        replace(s, name=C_CLEFS.get(_line(s, staves), s.name)) if s.name in C_CLEFS.values() else s
        for s in symbols
    ]


def _line(symbol: Symbol, staves: Staves) -> int:
    """The line at the symbol's centre, 1 to 5 from the bottom; 0 where none is near."""
    x, y = symbol.box.centre

    def away(staff: Staff) -> float:
        return abs(float(staff.middle_at(x)) - y)

    beside = [s for s in staves.staves if s.left - symbol.box.width <= x <= s.right]
    if not beside:
        return 0
    staff = min(beside, key=away)
    place = 3 + (float(staff.middle_at(x)) - y) / staff.interline
    return round(place) if abs(place - round(place)) <= NEAR else 0
