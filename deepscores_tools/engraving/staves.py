"""The staves of a page: joining their measure pieces, and where a glyph lies on their lines."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from deepscores_tools.engraving.svg import STAFF_SPACE, Drawing, Element, Glyph, Sheet


class Staves:
    """The lines of every staff, by system and staff number, and by staff element."""

    def __init__(self, sheet: Sheet) -> None:
        self._lines: dict[tuple[int, str], list[Drawing]] = defaultdict(list)
        self._tops: dict[int, tuple[float, int]] = {}
        self._measures: dict[int, list[tuple[float, int]]] = defaultdict(list)
        pieces: dict[int, list[Drawing]] = defaultdict(list)
        owners: dict[int, Element] = {}
        for shape in sheet.shapes:
            if shape.element.name == "staff" and isinstance(shape, Drawing):
                pieces[id(shape.element)].append(shape)
                owners[id(shape.element)] = shape.element
        for key, lines in pieces.items():
            staff = owners[key]
            system = staff.within("system") or staff
            number = staff.data.get("n", "")
            self._lines[id(system), number] += lines
            ys = sorted({float(line.contours[0][0, 1]) for line in lines})
            self._tops[key] = (ys[0], len(ys))
            measure = staff.within("measure")
            if measure is not None:
                self._measures[id(measure)].append((ys[0], len(ys)))

    def lines(self) -> list[list[Drawing]]:
        """The lines of each staff of each system, in measure pieces."""
        return list(self._lines.values())

    def on_line(self, glyph: Glyph) -> bool:
        """Whether a notehead's centre lies on a staff or ledger line (else in a space)."""
        top = self._top(glyph)
        if top is None:
            return False
        steps = round((glyph.y - top) / (STAFF_SPACE / 2))
        return steps % 2 == 0

    def c_clef(self, glyph: Glyph) -> str:
        """Alto up to the middle line, tenor above it."""
        top = self._top(glyph)
        high = top is not None and glyph.y - top < 1.5 * STAFF_SPACE
        return "clefCTenor" if high else "clefCAlto"

    def _top(self, glyph: Glyph) -> float | None:
        """Top line of the staff a glyph stands on: its own, or for cross-staff notes another.

        Heights are exact multiples of half a space from the right staff, so a remainder
        tells a note that was moved to another staff of the measure.
        """
        staff = glyph.element.within("staff")
        own = self._tops.get(id(staff)) if staff is not None else None
        measure = glyph.element.within("measure")
        others = self._measures.get(id(measure), []) if measure is not None else []
        candidates = ([own] if own else []) + sorted(others, key=lambda t: abs(t[0] - glyph.y))
        if not candidates:
            return None
        rest = [abs(np.remainder(glyph.y - t[0] + 45, 90) - 45) for t in candidates]
        fitting = [t for t, r in zip(candidates, rest, strict=True) if r < 6]
        return (fitting or candidates)[0][0]
