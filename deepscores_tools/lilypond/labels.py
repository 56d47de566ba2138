"""From LilyPond's grobs to labelled marks: which shapes make one symbol, and its class.

`classes.csv` has the class of each grob, or of each glyph of a grob; here is what takes more
than that: grobs of several symbols, symbols of several grobs. A mark without a class is ink
that is no symbol of ours.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources

import numpy as np

from deepscores_tools.engraving.label_rules import Mark
from deepscores_tools.engraving.shapes import Drawing, Element, Shape, Sheet, Text
from deepscores_tools.vocabularies import PRINTED_CLASSES

SMALL = -2.0  # font-size of grace and cue notes, in steps of a sixth of an octave of sizes
HEAVY = 0.4  # staff spaces; bar lines from this width on are heavy
NEAR = 0.1  # staff spaces; pieces of a bar line this close are one
BOTTOM_LINE = 4  # half spaces from the bottom line of five up to LilyPond's position 0
BROAD = 0.75  # of its height; a caesura is wider, a comma narrower
TALL = 1.4  # staff spaces; a trill sign is higher, its wavy line lower


@cache
def _classes() -> Mapping[tuple[str, str], str]:
    text = resources.files(__package__).joinpath("classes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {(row["grob"], row["glyph"]): row["class"] for row in rows}


def label(sheet: Sheet) -> list[Mark]:
    """Every shape of the page in exactly one mark, save grace notes, which come on top."""
    shapes_of: dict[int, list[Shape]] = defaultdict(list)
    grobs: dict[int, Element] = {}
    for shape in sheet.shapes:
        shapes_of[id(shape.element)].append(shape)
        grobs[id(shape.element)] = shape.element
    marks: list[Mark] = []
    bars: list[tuple[str, Drawing]] = []
    for key, shapes in shapes_of.items():
        grob = grobs[key]
        if grob.name in ("BarLine", "SpanBar"):
            marks += _bar_line(grob, shapes, bars)
        else:
            marks += RULES.get(grob.name, _whole)(grob, shapes)
    marks += [Mark(name, run) for name, run in _bar_runs(bars)]
    return marks + _grace_notes(marks)


def _class(grob: Element, glyph: str = "", name: str = "") -> str | None:
    """The class in the table (under another grob's name if given), small where there is one."""
    found = _classes().get((name or grob.name, glyph))
    if found is None:
        return None
    below = grob.data.get("direction", "").startswith("-")
    found = found.replace("*", "Below" if below else "Above")
    small = f"{found}Small"
    return small if _is_small(grob) and small in PRINTED_CLASSES else found


def _is_small(grob: Element) -> bool:
    try:
        return float(grob.data.get("font-size", "0")) <= SMALL
    except ValueError:
        return False


def _whole(grob: Element, shapes: list[Shape]) -> list[Mark]:
    return [Mark(_class(grob), shapes)]


def _lines_only(grob: Element, shapes: list[Shape]) -> list[Mark]:
    """One symbol of all that is drawn; what is written at it is text."""
    drawn = [s for s in shapes if isinstance(s, Drawing)]
    texts = [Mark(None, [s]) for s in shapes if isinstance(s, Text)]
    return texts + ([Mark(_class(grob), drawn)] if drawn else [])


def _each(name: str) -> Callable[[Element, list[Shape]], list[Mark]]:
    def rule(grob: Element, shapes: list[Shape]) -> list[Mark]:
        return [Mark(name, [shape]) for shape in shapes]

    return rule


def _named(property_name: str) -> Callable[[Element, list[Shape]], list[Mark]]:
    """One symbol, by the glyph that a property names."""

    def rule(grob: Element, shapes: list[Shape]) -> list[Mark]:
        glyph = grob.data.get(property_name, "").split(".")[-1]
        return [Mark(_class(grob, glyph), shapes)]

    return rule


def _flag(grob: Element, shapes: list[Shape]) -> list[Mark]:
    glyph = grob.data.get("glyph-name", "").split(".")[-1]
    flag = max(shapes, key=_height)
    slashes = [Mark("graceNoteSlash", [shape]) for shape in shapes if shape is not flag]
    return [Mark(_class(grob, glyph), [flag]), *slashes]


def _accidental(grob: Element, shapes: list[Shape]) -> list[Mark]:
    order = sorted(shapes, key=_left)
    marks: list[Mark] = []
    if len(order) > 2 and grob.data.get("parenthesized") == "#t":
        marks = [Mark("accidentalParensLeft", order[:1]), Mark("accidentalParensRight", order[-1:])]
        order = order[1:-1]
    glyph = grob.data.get("glyph-name", "").split(".")[1:2]
    return [*marks, Mark(_class(grob, "".join(glyph), "Accidental"), order)]


_KEY_SIGNS = {"1/2": "keySharp", "-1/2": "keyFlat", "0": "keyNatural"}


def _key(grob: Element, shapes: list[Shape]) -> list[Mark]:
    """Signs in the order of the alteration list; those of a cancellation are naturals."""
    steps = re.findall(r"\. (-?\d+(?:/\d+)?)\)", grob.data.get("alteration-alist", ""))
    names = [_KEY_SIGNS.get(step) for step in steps]
    if grob.name == "KeyCancellation":
        names = ["keyNatural"]
    if len(set(names)) == 1:
        names = names[:1] * len(shapes)
    if len(names) != len(shapes):
        return [Mark(None, shapes)]
    return [Mark(name, [shape]) for name, shape in zip(names, shapes, strict=True)]


def _clef(grob: Element, shapes: list[Shape]) -> list[Mark]:
    glyph = grob.data.get("glyph-name", "").split(".")[-1].removesuffix("_change")
    name = _class(grob, glyph, "Clef")
    if name == "clefC":
        above = float(grob.data.get("staff-position", "0")) > 0
        name = "clefCTenor" if above else "clefCAlto"
    return [Mark(name, shapes)]


def _clef_modifier(grob: Element, shapes: list[Shape]) -> list[Mark]:
    return [Mark(_class(grob, grob.data.get("text", "").strip("()[]")), shapes)]


def _time(grob: Element, shapes: list[Shape]) -> list[Mark]:
    fraction = re.findall(r"\d+", grob.data.get("fraction", ""))
    signs = grob.data.get("style", "C") not in ("numbered", "single-digit")
    if len(shapes) == 1 and signs and fraction in (["4", "4"], ["2", "2"]):
        return [Mark("timeSigCommon" if fraction[0] == "4" else "timeSigCutCommon", shapes)]
    rows = {round(2 * _top(s)) for s in shapes}
    split = (min(rows) + max(rows)) / 2 if rows else 0
    order = sorted(shapes, key=lambda s: (round(2 * _top(s)) > split, _left(s)))
    digits = "".join(fraction[-2:])
    if len(digits) != len(order):
        return [Mark(None, shapes)]
    return [Mark(f"timeSig{d}", [s]) for d, s in zip(digits, order, strict=True)]


def _note_head(grob: Element, shapes: list[Shape]) -> list[Mark]:
    length = min(2, int(grob.data.get("duration-log", "2")))
    style = grob.data.get("style", "default")
    plain = style in ("default", "altdefault", "baroque")
    name = _classes().get(("NoteHead", f"{length}" if plain else f"{length} {style}"))
    position = int(float(grob.data.get("staff-position", "0")))
    if name is not None and plain:
        small = "Small" if _is_small(grob) else ""
        name = f"{name}{'InSpace' if position % 2 else 'OnLine'}{small}"
    return [Mark(name, shapes, staff_position=position + BOTTOM_LINE)]


def _multi_rest(grob: Element, shapes: list[Shape]) -> list[Mark]:
    """A bar of rest, a row of church rests, or the thick bar of longer ones."""
    left = int(grob.data.get("measure-count", "1"))
    names: list[str] = []
    for length, log in ((8, -3), (4, -2), (2, -1), (1, 0)):
        names += [_classes()["Rest", str(log)]] * (left // length)
        left %= length
    if len(names) != len(shapes):
        return [Mark("restHBar", shapes)]
    order = sorted(shapes, key=_left)
    return [Mark(name, [shape]) for name, shape in zip(names, order, strict=True)]


def _script(grob: Element, shapes: list[Shape]) -> list[Mark]:
    """script-stencil is (feta <glyph below> . <glyph above>)."""
    names = re.findall(r"[a-z]+", grob.data.get("script-stencil", ""))[-2:]
    below = grob.data.get("direction", "").startswith("-")
    glyph = names[0 if below else -1] if names else ""
    return [Mark(_class(grob, glyph), shapes)]


def _letters(grob: Element, shapes: list[Shape]) -> list[Mark]:
    """The letters of a dynamic, one symbol each."""
    text = grob.data.get("text", "").strip()
    order = sorted(shapes, key=_left)
    if len(text) != len(order):
        return [Mark(None, [shape]) for shape in shapes]
    return [Mark(_class(grob, c), [s]) for c, s in zip(text, order, strict=True)]


def _digits(grob: Element, shapes: list[Shape]) -> list[Mark]:
    """The digits of a number, one symbol each, be they written as text or drawn as glyphs."""
    order = sorted(shapes, key=_left)
    content = [s.text if isinstance(s, Text) else "" for s in order]
    if len(grob.data.get("text", "")) == len(order) and not any(content):
        content = list(grob.data["text"])
    if grob.name == "Fingering":
        names = [_class(grob, digit) for digit in content]
    else:
        names = [f"tuplet{digit}" if digit.isdecimal() else None for digit in content]
    return [Mark(name, [shape]) for name, shape in zip(names, order, strict=True)]


def _tremolo(grob: Element, shapes: list[Shape]) -> list[Mark]:
    return [Mark(_class(grob, str(len(shapes))), shapes)]


def _trill(grob: Element, shapes: list[Shape]) -> list[Mark]:
    signs = [s for s in shapes if _height(s) > TALL]
    waves = [s for s in shapes if _height(s) <= TALL]
    marks = [Mark("ornamentTrill", [sign]) for sign in signs]
    return marks + ([Mark("wiggleTrill", waves)] if waves else [])


def _breath(grob: Element, shapes: list[Shape]) -> list[Mark]:
    """A comma is narrow, the two strokes of a caesura are not; no property tells them apart."""
    (glyph,) = shapes if len(shapes) == 1 else (None,)
    if not isinstance(glyph, Drawing) or _height(glyph) == 0:
        return [Mark(None, shapes)]
    wide = float(np.ptp(glyph.contours[0][:, 0])) > BROAD * _height(glyph)
    return [Mark("caesura" if wide else "breathMarkComma", shapes)]


def _pedal(grob: Element, shapes: list[Shape]) -> list[Mark]:
    """`Ped.`, the star, or both in one."""
    text, order = grob.data.get("text", ""), sorted(shapes, key=_left)
    stars = order[:1] if text.startswith("*") else []
    words = order[len(stars) :]
    marks = [Mark("keyboardPedalUp", stars)] if stars else []
    return marks + ([Mark("keyboardPedalPed", words)] if words else [])


def _bar_line(grob: Element, shapes: list[Shape], bars: list[tuple[str, Drawing]]) -> list[Mark]:
    """Its dots; its strokes are put aside, to be joined over the staves of a system."""
    marks: list[Mark] = []
    glyph = grob.data.get("glyph-name", "")
    if glyph == ";":  # glyphs of the font, too far apart to be taken for one stroke
        return [Mark("barlineDotted", shapes)]
    for shape in shapes:
        if not isinstance(shape, Drawing):
            marks.append(Mark(None, [shape]))
        elif len(shape.contours[0]) == 4 or not shape.filled:  # an area or a line, no glyph
            wide = max(shape.pen, float(np.ptp(shape.contours[0][:, 0]))) >= HEAVY
            name = "barlineHeavy" if wide else "barlineSingle"
            bars.append(("barlineDashed" if glyph == "!" else name, shape))
        else:
            marks.append(Mark("repeatDot" if ":" in glyph else None, [shape]))
    return marks


def _bar_runs(bars: Sequence[tuple[str, Drawing]]) -> list[tuple[str, list[Drawing]]]:
    """Strokes of one class above each other that touch are one bar line."""
    runs: list[tuple[str, list[Drawing]]] = []
    for name, stroke in sorted(bars, key=lambda bar: _top(bar[1])):
        for other, run in runs:
            beside = abs(_left(run[-1]) - _left(stroke)) > NEAR
            bottom = max(_top(s) + _height(s) for s in run)
            if other == name and not beside and _top(stroke) <= bottom + NEAR:
                run.append(stroke)
                break
        else:
            runs.append((name, [stroke]))
    return runs


def _grace_notes(marks: Sequence[Mark]) -> list[Mark]:
    """Unbeamed grace notes once more as a whole: heads, stem and flag in one composite class."""
    parts: dict[str, list[Shape]] = defaultdict(list)
    flags: dict[str, Element] = {}
    for mark in marks:
        grob = mark.shapes[0].element
        if grob.name in ("NoteHead", "Stem", "Flag") and "stem" in grob.data:
            parts[grob.data["stem"]] += mark.shapes
            if grob.name == "Flag" and _is_small(grob):
                flags[grob.data["stem"]] = grob
    composites: list[Mark] = []
    for stem, flag in flags.items():
        kind = "Acciaccatura" if flag.data.get("stroke-style") == "grace" else "Appoggiatura"
        way = "Up" if flag.data.get("glyph-name", "").startswith("flags.u") else "Down"
        composites.append(Mark(f"graceNote{kind}Stem{way}", parts[stem]))
    return composites


def _extent(shape: Shape) -> tuple[float, float, float]:
    """(left, top, bottom) in staff spaces, without the pen; of text its starting point."""
    if isinstance(shape, Drawing):
        points = np.concatenate(shape.contours)
        return float(points[:, 0].min()), float(points[:, 1].min()), float(points[:, 1].max())
    assert isinstance(shape, Text)
    return shape.x, shape.y, shape.y


def _left(shape: Shape) -> float:
    return _extent(shape)[0]


def _top(shape: Shape) -> float:
    return _extent(shape)[1]


def _height(shape: Shape) -> float:
    _, top, bottom = _extent(shape)
    return bottom - top


RULES: Mapping[str, Callable[[Element, list[Shape]], list[Mark]]] = {
    "LedgerLineSpanner": _each("legerLine"),
    "Dots": _each("augmentationDot"),
    "Beam": _each("beam"),
    "Flag": _flag,
    "Accidental": _accidental,
    "AccidentalCautionary": _accidental,
    "AccidentalSuggestion": _accidental,
    "KeySignature": _key,
    "KeyCancellation": _key,
    "Clef": _clef,
    "CueClef": _clef,
    "CueEndClef": _clef,
    "ClefModifier": _clef_modifier,
    "TimeSignature": _time,
    "NoteHead": _note_head,
    "Rest": _named("duration-log"),
    "MultiMeasureRest": _multi_rest,
    "Script": _script,
    "DynamicText": _letters,
    "Hairpin": _named("grow-direction"),
    "Fingering": _digits,
    "TupletNumber": _digits,
    "StemTremolo": _tremolo,
    "TrillSpanner": _trill,
    "SustainPedal": _pedal,
    "BreathingSign": _breath,
    "VoltaBracket": _lines_only,
}
