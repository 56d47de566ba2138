"""From drawn shapes to labelled marks: which shapes make one symbol, and its class.

A mark without a class is ink that is no symbol of ours: text, lyric hyphens, frames.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepscores_tools.engraving.glyph_classes import (
    CLEF_DIGITS,
    NOTEHEADS,
    SMALL,
    WIGGLES,
    glyph_class,
)
from deepscores_tools.engraving.pieces import runs_of_beams, runs_of_lines
from deepscores_tools.engraving.staves import Staves
from deepscores_tools.engraving.svg import Drawing, Element, Glyph, Shape, Sheet, Text


@dataclass(slots=True, eq=False)
class Mark:
    """The shapes of one symbol (or of other ink), drawn and boxed together.

    part: which contours of a compound clef belong here: "clef", "digit", or all of them.
    """

    name: str | None
    shapes: Sequence[Shape]
    part: str = ""


_WHOLE = {
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
    "systemDivider": "systemDivider",
}
"""Elements whose shapes together are one symbol."""


def label(sheet: Sheet) -> list[Mark]:
    """Every shape of the page in exactly one mark, save composites, which come on top."""
    staves = Staves(sheet)
    by_element: dict[int, list[Shape]] = defaultdict(list)
    elements: dict[int, Element] = {}
    for shape in sheet.shapes:
        by_element[id(shape.element)].append(shape)
        elements[id(shape.element)] = shape.element
    marks = [Mark("staff", lines) for lines in staves.lines()]
    for key, shapes in by_element.items():
        marks += _label_element(elements[key], shapes, staves)
    return marks + _grace_notes(sheet)


def _label_element(element: Element, shapes: list[Shape], staves: Staves) -> list[Mark]:
    texts = [s for s in shapes if isinstance(s, Text)]
    drawn = [s for s in shapes if not isinstance(s, Text)]
    marks = [_text_mark(element, t) for t in texts]
    if not drawn:
        return marks
    if element.name in _WHOLE:
        return [*marks, Mark(_WHOLE[element.name], drawn)]
    rule = _RULES.get(element.name)
    if rule is not None:
        return marks + rule(element, drawn)
    for shape in drawn:
        if isinstance(shape, Glyph):
            marks += _glyph_marks(element, shape, staves)
        elif element.name != "staff":
            marks.append(Mark(None, [shape]))
    return marks


def _text_mark(element: Element, text: Text) -> Mark:
    content = text.text.strip()
    if element.name == "fing" and content in ("0", "1", "2", "3", "4", "5"):
        return Mark(f"fingering{content}", [text])
    if len(content) == 1:
        return Mark(glyph_class(element.name, ord(content), 1.0), [text])
    return Mark(None, [text])


def _glyph_marks(element: Element, glyph: Glyph, staves: Staves) -> list[Mark]:
    name = glyph_class(element.name, glyph.code, glyph.sx)
    if glyph.code in NOTEHEADS and element.name == "notehead":
        where = "OnLine" if staves.on_line(glyph) else "InSpace"
        small = "Small" if glyph.sx < SMALL else ""
        return [Mark(f"{NOTEHEADS[glyph.code]}{where}{small}", [glyph])]
    if name is not None and name.startswith("clef"):
        if name == "clefC":
            name = staves.c_clef(glyph)
        if glyph.code in CLEF_DIGITS:
            digit = CLEF_DIGITS[glyph.code][1]
            return [Mark(name, [glyph], part="clef"), Mark(digit, [glyph], part="digit")]
    return [Mark(name, [glyph])]


def _each(name: str) -> Callable[[Element, list[Shape]], list[Mark]]:
    def rule(element: Element, shapes: list[Shape]) -> list[Mark]:
        return [
            Mark(name if isinstance(s, Drawing) else glyph_class(element.name, s.code, s.sx), [s])
            for s in shapes
            if isinstance(s, Drawing | Glyph)
        ]

    return rule


def _stems(element: Element, shapes: list[Shape]) -> list[Mark]:
    """Stems stand upright; a slanted line in their place is the slash of a grace note."""
    marks: list[Mark] = []
    for shape in shapes:
        if isinstance(shape, Drawing):
            x = shape.contours[0][:, 0]
            marks.append(Mark("stem" if np.ptp(x) < 1 else "graceNoteSlash", [shape]))
        elif isinstance(shape, Glyph):
            marks.append(Mark(glyph_class(element.name, shape.code, shape.sx), [shape]))
    return marks


def _beams(element: Element, shapes: list[Shape]) -> list[Mark]:
    polygons = [s for s in shapes if isinstance(s, Drawing)]
    rest = [s for s in shapes if not isinstance(s, Drawing)]
    marks = [Mark("beam", run) for run in runs_of_beams(polygons)]
    return marks + [Mark(None, [s]) for s in rest]


def _barlines(element: Element, shapes: list[Shape]) -> list[Mark]:
    dots: dict[int, list[Shape]] = defaultdict(list)
    for dot in (s for s in shapes if isinstance(s, Drawing) and s.closed):
        dots[round(float(dot.contours[0][:, 0].mean()))].append(dot)
    marks = [Mark("barlineDotted", column) for column in dots.values()]
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


def _hairpin(element: Element, shapes: list[Shape]) -> list[Mark]:
    form = element.data.get("form", "cres")
    name = "dynamicCrescendoHairpin" if form == "cres" else "dynamicDiminuendoHairpin"
    return [Mark(name, shapes)]


def _group_symbol(element: Element, shapes: list[Shape]) -> list[Mark]:
    curved = any(isinstance(s, Drawing) and s.filled and len(s.contours[0]) > 6 for s in shapes)
    brace = any(isinstance(s, Glyph) and s.code == 0xE000 for s in shapes)
    return [Mark("brace" if curved or brace else "bracket", shapes)]


def _multi_rest(element: Element, shapes: list[Shape]) -> list[Mark]:
    bar = [s for s in shapes if isinstance(s, Drawing)]
    marks = [Mark("restHBar", bar)] if bar else []
    return marks + [Mark(glyph_class(element.name, s.code, s.sx), [s]) for s in _glyphs(shapes)]


def _pedal(element: Element, shapes: list[Shape]) -> list[Mark]:
    line = [s for s in shapes if isinstance(s, Drawing)]
    marks = [Mark("keyboardPedalLine", line)] if line else []
    return marks + [Mark(glyph_class(element.name, s.code, s.sx), [s]) for s in _glyphs(shapes)]


def _trill(element: Element, shapes: list[Shape]) -> list[Mark]:
    wiggle = [s for s in shapes if isinstance(s, Glyph) and s.code in WIGGLES]
    rest = [s for s in shapes if not (isinstance(s, Glyph) and s.code in WIGGLES)]
    marks = [
        Mark(glyph_class(element.name, s.code, s.sx) if isinstance(s, Glyph) else None, [s])
        for s in rest
    ]
    return marks + ([Mark("wiggleTrill", wiggle)] if wiggle else [])


_RULES: Mapping[str, Callable[[Element, list[Shape]], list[Mark]]] = {
    "ledgerLines": _each("legerLine"),
    "stem": _stems,
    "dots": _each("augmentationDot"),
    "beam": _beams,
    "beamSpan": _beams,
    "fTrem": _beams,
    "barLine": _barlines,
    "system": _barlines,
    "hairpin": _hairpin,
    "grpSym": _group_symbol,
    "multiRest": _multi_rest,
    "pedal": _pedal,
    "mRpt2": _each("barlineSingle"),
    "trill": _trill,
}


def _grace_notes(sheet: Sheet) -> list[Mark]:
    """Unbeamed grace notes once more as a whole: head, stem and flag in one composite class."""
    marks: list[Mark] = []
    parts: dict[int, list[Shape]] = defaultdict(list)
    notes: dict[int, Element] = {}
    for shape in sheet.shapes:
        note = shape.element.within("note")
        if note is None or "grace" not in note.data or shape.element.name not in _GRACE_PARTS:
            continue
        notes[id(note)] = note
        parts[id(note)].append(shape)
    for key, shapes in parts.items():
        flag = next((s for s in _glyphs(shapes) if s.element.name == "flag"), None)
        if flag is None:
            continue
        slashed = notes[key].data.get("stem.mod", "").endswith("slash")
        kind = "Acciaccatura" if slashed else "Appoggiatura"
        way = "Up" if flag.code % 2 == 0 else "Down"
        marks.append(Mark(f"graceNote{kind}Stem{way}", shapes))
    return marks


_GRACE_PARTS = {"notehead", "stem", "flag"}


def _glyphs(shapes: Iterable[Shape]) -> list[Glyph]:
    return [s for s in shapes if isinstance(s, Glyph)]
