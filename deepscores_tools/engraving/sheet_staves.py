"""The staves of a page: joining their measure pieces, and where a glyph lies on their lines."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from deepscores_tools.engraving.shapes import STAFF_SPACE, Drawing, Element, Glyph, Sheet


class _Grid(NamedTuple):
    """The lines of a staff in one measure: height of the lowest, their distance and number."""

    bottom: float
    space: float
    lines: int


class SheetStaves:
    """The lines of every staff, by system and staff number, and by staff element."""

    def __init__(self, sheet: Sheet) -> None:
        self._lines: dict[tuple[int, str], list[Drawing]] = defaultdict(list)
        self._grids: dict[int, _Grid] = {}
        self._measures: dict[int, dict[str, _Grid]] = defaultdict(dict)
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
            space = (ys[-1] - ys[0]) / (len(ys) - 1) if len(ys) > 1 else STAFF_SPACE
            grid = _Grid(ys[-1], space, len(ys))
            self._grids[key] = grid
            measure = staff.within("measure")
            if measure is not None:
                self._measures[id(measure)][number] = grid

    def lines(self) -> list[list[Drawing]]:
        """The lines of each staff of each system, in measure pieces."""
        return list(self._lines.values())

    def position(self, glyph: Glyph) -> int:
        """How many half spaces a glyph's origin lies above the bottom line: even is on a line."""
        return round(2 * self._height(glyph)[0])

    def c_clef(self, glyph: Glyph) -> str:
        """Alto up to the middle line, tenor above it."""
        height, grid = self._height(glyph)
        return "clefCTenor" if height > grid.lines - 2.5 else "clefCAlto"

    def _height(self, glyph: Glyph) -> tuple[float, _Grid]:
        """How many spaces a glyph's origin lies above the bottom line of its staff; the staff."""
        staff, measure = glyph.element.within("staff"), glyph.element.within("measure")
        grid = self._grids.get(id(staff)) if staff is not None else None
        for name in ("note", "chord"):  # on another staff than its own
            element = glyph.element.within(name)
            number = element.data.get("staff") if element is not None else None
            if number is not None and measure is not None:
                grid = self._measures[id(measure)].get(number.partition(" ")[0], grid)
                break
        grid = grid or _Grid(glyph.y + STAFF_SPACE / 2, STAFF_SPACE, 5)
        return (grid.bottom - glyph.y) / grid.space, grid
