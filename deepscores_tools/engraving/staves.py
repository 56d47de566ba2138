"""The staves of a page: joining their measure pieces, and where a glyph lies on their lines."""

from __future__ import annotations

from collections import defaultdict

from deepscores_tools.engraving.shapes import STAFF_SPACE, Drawing, Element, Glyph, Sheet


class Staves:
    """The lines of every staff, by system and staff number, and by staff element."""

    def __init__(self, sheet: Sheet) -> None:
        self._lines: dict[tuple[int, str], list[Drawing]] = defaultdict(list)
        self._grids: dict[int, tuple[float, float]] = {}  # top line, staff space
        self._measures: dict[int, list[tuple[float, float]]] = defaultdict(list)
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
            grid = (ys[0], (ys[-1] - ys[0]) / (len(ys) - 1) if len(ys) > 1 else STAFF_SPACE)
            self._grids[key] = grid
            measure = staff.within("measure")
            if measure is not None:
                self._measures[id(measure)].append(grid)

    def lines(self) -> list[list[Drawing]]:
        """The lines of each staff of each system, in measure pieces."""
        return list(self._lines.values())

    def on_line(self, glyph: Glyph) -> bool:
        """Whether a notehead's centre lies on a staff or ledger line (else in a space)."""
        return round(2 * self._height(glyph)) % 2 == 0

    def c_clef(self, glyph: Glyph) -> str:
        """Alto up to the middle line, tenor above it."""
        return "clefCTenor" if self._height(glyph) < 1.5 else "clefCAlto"

    def _height(self, glyph: Glyph) -> float:
        """How many spaces a glyph's origin lies below the top line of its staff.

        A cross-staff note stands on another staff than its own. Heights are whole numbers of
        half spaces from the right one, so a remainder tells such notes.
        """
        staff = glyph.element.within("staff")
        own = self._grids.get(id(staff)) if staff is not None else None
        measure = glyph.element.within("measure")
        others = self._measures.get(id(measure), []) if measure is not None else []
        grids = ([own] if own else []) + sorted(others, key=lambda g: abs(g[0] - glyph.y))
        heights = [(glyph.y - top) / space for top, space in grids]
        fitting = [h for h in heights if abs(2 * h - round(2 * h)) < 0.07]
        return (fitting or heights or [0.5])[0]
