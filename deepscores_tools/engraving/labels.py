"""From drawn shapes to labelled marks: which shapes make one symbol, and its class.

A mark without a class is ink that is no symbol of ours: words, or what `OTHER` lists.
"""

from __future__ import annotations

from collections import defaultdict

from deepscores_tools.engraving.glyph_classes import (
    CLEF_DIGITS,
    NOTEHEADS,
    OTHER_NOTEHEADS,
    SMALL,
    glyph_class,
)
from deepscores_tools.engraving.label_rules import RULES, WHOLE, Mark, glyphs_among, is_slash
from deepscores_tools.engraving.shapes import Element, Glyph, Shape, Sheet, Text
from deepscores_tools.engraving.sheet_staves import SheetStaves

OTHER = {
    "accid": "brackets, quarter tones",
    "artic": "soft accents and other marks that are seldom printed",
    "dir": "lines that extend a direction, note values in it",
    "dynam": "lines that extend a dynamic",
    "harm": "lines that extend a chord symbol or figured bass",
    "mNum": "frames of measure numbers",
    "mRpt2": "the number over a repeat of two measures",
    "mRptNum": "the number over a repeated measure",
    "mordent": "mordents with a further stroke or turn",
    "reh": "frames of rehearsal marks",
    "repeatMark": "frames of da capo and its like",
    "syl": "hyphens and extenders of lyrics",
    "tempo": "note values and lines of tempo marks",
    "trill": "the sign above or below an ornament that is not an accidental",
    "verse": "hyphens and extenders of lyrics",
}
"""Elements of verovio whose ink beside words may be no symbol of ours, and what that ink is."""


def label(sheet: Sheet) -> list[Mark]:
    """Every shape of the page in exactly one mark, save composites, which come on top."""
    staves = SheetStaves(sheet)
    by_element: dict[int, list[Shape]] = defaultdict(list)
    elements: dict[int, Element] = {}
    for shape in sheet.shapes:
        by_element[id(shape.element)].append(shape)
        elements[id(shape.element)] = shape.element
    marks = [Mark("staff", lines) for lines in staves.lines()]
    for key, shapes in by_element.items():
        marks += _label_element(elements[key], shapes, staves)
    return marks + _grace_notes(sheet)


def _label_element(element: Element, shapes: list[Shape], staves: SheetStaves) -> list[Mark]:
    texts = [s for s in shapes if isinstance(s, Text)]
    drawn = [s for s in shapes if not isinstance(s, Text)]
    marks = [_text_mark(element, t) for t in texts]
    if not drawn:
        return marks
    if element.name in WHOLE:
        return [*marks, Mark(WHOLE[element.name], drawn)]
    rule = RULES.get(element.name)
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


def _glyph_marks(element: Element, glyph: Glyph, staves: SheetStaves) -> list[Mark]:
    name = glyph_class(element.name, glyph.code, glyph.sx)
    if glyph.code in NOTEHEADS and element.name == "notehead":
        position = staves.position(glyph)
        where = "InSpace" if position % 2 else "OnLine"
        small = "Small" if glyph.sx < SMALL else ""
        head = f"{NOTEHEADS[glyph.code]}{where}{small}"
        return [Mark(head, [glyph], staff_position=position)]
    if name is not None and name.startswith("clef"):
        if name == "clefC":
            name = staves.c_clef(glyph)
        if glyph.code in CLEF_DIGITS:
            digit = CLEF_DIGITS[glyph.code][1]
            return [Mark(name, [glyph], part="clef"), Mark(digit, [glyph], part="digit")]
    if glyph.code in OTHER_NOTEHEADS and element.name == "notehead":
        return [Mark(name, [glyph], staff_position=staves.position(glyph))]
    return [Mark(name, [glyph])]


def _grace_notes(sheet: Sheet) -> list[Mark]:
    """Unbeamed grace notes and chords once more as a whole: heads, stem, flag in one class."""
    marks: list[Mark] = []
    parts: dict[int, list[Shape]] = defaultdict(list)
    for shape in sheet.shapes:
        note = shape.element.within("chord") or shape.element.within("note")
        if note is None or "grace" not in note.data or shape.element.name not in _GRACE_PARTS:
            continue
        parts[id(note)].append(shape)
    for shapes in parts.values():
        flag = next((s for s in glyphs_among(shapes) if s.element.name == "flag"), None)
        if flag is None:
            continue
        slashed = any(s.element.name == "stem" and is_slash(s) for s in shapes)
        kind = "Acciaccatura" if slashed else "Appoggiatura"
        way = "Up" if flag.code % 2 == 0 else "Down"
        marks.append(Mark(f"graceNote{kind}Stem{way}", shapes))
    return marks


_GRACE_PARTS = {"notehead", "stem", "flag"}
