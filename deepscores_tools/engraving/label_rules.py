"""Rules for elements whose shapes are several symbols, or one symbol in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepscores_tools.engraving.glyph_classes import WIGGLES, glyph_class
from deepscores_tools.engraving.pieces import clusters, runs_of_beams, runs_of_lines
from deepscores_tools.engraving.shapes import STAFF_SPACE, Drawing, Element, Glyph, Shape


@dataclass(slots=True, eq=False)
class Mark:
    """The shapes of one symbol (or of other ink), drawn and boxed together.

    part: which contours of a compound clef belong here: "clef", "digit", or all of them.
    staff_position: of noteheads, in half spaces above the bottom line.
    """

    name: str | None
    shapes: Sequence[Shape]
    part: str = ""
    staff_position: int | None = None


WHOLE = {
    "slur": "slur",
    "phrase": "slur",
    "tie": "tie",
    "lv": "tie",
    "tupletBracket": "tupletBracket",
    "voltaBracket": "voltaBracket",
    "octave": "ottavaBracket",
    "arpeg": "arpeggiato",
    "gliss": "glissando",
    "multiRestNum": "restHNr",
}
"""Elements whose shapes together are one symbol."""


def glyphs_among(shapes: Iterable[Shape]) -> list[Glyph]:
    return [s for s in shapes if isinstance(s, Glyph)]


def _each(name: str) -> Callable[[Element, list[Shape]], list[Mark]]:
    def rule(element: Element, shapes: list[Shape]) -> list[Mark]:
        return [
            Mark(name if isinstance(s, Drawing) else glyph_class(element.name, s.code, s.sx), [s])
            for s in shapes
            if isinstance(s, Drawing | Glyph)
        ]

    return rule


def is_slash(shape: Shape) -> bool:
    """Whether a line among those of a stem is the slash of a grace note: it slants."""
    return isinstance(shape, Drawing) and bool(np.ptp(shape.contours[0][:, 0]) >= 1)


def _stems(element: Element, shapes: list[Shape]) -> list[Mark]:
    """Stems stand upright; a slanted line in their place is the slash of a grace note."""
    marks: list[Mark] = []
    for shape in shapes:
        if isinstance(shape, Drawing):
            marks.append(Mark("graceNoteSlash" if is_slash(shape) else "stem", [shape]))
        elif isinstance(shape, Glyph):
            marks.append(Mark(glyph_class(element.name, shape.code, shape.sx), [shape]))
    return marks


def _beams(element: Element, shapes: list[Shape]) -> list[Mark]:
    polygons = [s for s in shapes if isinstance(s, Drawing)]
    rest = [s for s in shapes if not isinstance(s, Drawing)]
    marks = [Mark("beam", run) for run in runs_of_beams(polygons)]
    return marks + [Mark(None, [s]) for s in rest]


def _barlines(element: Element, shapes: list[Shape]) -> list[Mark]:
    dots = [s for s in shapes if isinstance(s, Drawing) and s.closed]
    marks = [
        Mark("barlineDotted", run)
        for column in clusters(dots, 0, 0.0)
        for run in clusters(column, 1, 1.5 * STAFF_SPACE)
    ]
    lines = [s for s in shapes if isinstance(s, Drawing) and not s.closed]
    for run in runs_of_lines(lines):
        if run[0].dash:
            name = "barlineDashed" if run[0].dash[0] > 30 else "barlineDotted"
        elif run[0].pen >= 2.0 * min(s.pen for s in lines) or run[0].pen > 70:
            name = "barlineHeavy"
        else:
            name = "barlineSingle"
        marks.append(Mark(name, run))
    for shape in shapes:
        if isinstance(shape, Glyph):
            marks.append(Mark(glyph_class(element.name, shape.code, shape.sx), [shape]))
    return marks


def _system_dividers(element: Element, shapes: list[Shape]) -> list[Mark]:
    """One at the left end of the system, or one at each end."""
    strokes = [s for s in shapes if isinstance(s, Drawing)]
    return [Mark("systemDivider", run) for run in clusters(strokes, 0, 4 * STAFF_SPACE)]


def _hairpin(element: Element, shapes: list[Shape]) -> list[Mark]:
    form = element.data.get("form", "cres")
    name = "dynamicCrescendoHairpin" if form == "cres" else "dynamicDiminuendoHairpin"
    return [Mark(name, shapes)]


def _group_symbol(element: Element, shapes: list[Shape]) -> list[Mark]:
    curved = any(isinstance(s, Drawing) and s.filled and len(s.contours[0]) > 6 for s in shapes)
    brace = any(isinstance(s, Glyph) and s.code == 0xE000 for s in shapes)
    return [Mark("brace" if curved or brace else "bracket", shapes)]


def _each_glyph(element: Element, shapes: Sequence[Shape]) -> list[Mark]:
    return [Mark(glyph_class(element.name, g.code, g.sx), [g]) for g in glyphs_among(shapes)]


def _multi_rest(element: Element, shapes: list[Shape]) -> list[Mark]:
    bar = [s for s in shapes if isinstance(s, Drawing)]
    marks = [Mark("restHBar", bar)] if bar else []
    return marks + _each_glyph(element, shapes)


def _pedal(element: Element, shapes: list[Shape]) -> list[Mark]:
    line = [s for s in shapes if isinstance(s, Drawing)]
    marks = [Mark("keyboardPedalLine", line)] if line else []
    return marks + _each_glyph(element, shapes)


def _trill(element: Element, shapes: list[Shape]) -> list[Mark]:
    wiggle = [s for s in shapes if isinstance(s, Glyph) and s.code in WIGGLES]
    rest = [s for s in shapes if not (isinstance(s, Glyph) and s.code in WIGGLES)]
    marks = [
        Mark(glyph_class(element.name, s.code, s.sx) if isinstance(s, Glyph) else None, [s])
        for s in rest
    ]
    return marks + ([Mark("wiggleTrill", wiggle)] if wiggle else [])


RULES: Mapping[str, Callable[[Element, list[Shape]], list[Mark]]] = {
    "ledgerLines": _each("legerLine"),
    "stem": _stems,
    "dots": _each("augmentationDot"),
    "beam": _beams,
    "beamSpan": _beams,
    "fTrem": _beams,
    "barLine": _barlines,
    "system": _barlines,
    "systemDivider": _system_dividers,
    "hairpin": _hairpin,
    "grpSym": _group_symbol,
    "multiRest": _multi_rest,
    "pedal": _pedal,
    "mRpt2": _each("barlineSingle"),
    "trill": _trill,
}
