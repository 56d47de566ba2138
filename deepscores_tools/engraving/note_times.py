"""When each note of a score begins and how long it is, in quarter notes, from verovio's MEI.

Times are written ones: those of the page, not of a performance. Repeats are not unfolded, tied
noteheads have each their own duration, and grace notes, which take no time, begin with the
note they precede and have the duration that they are written with. (Verovio's timemap unfolds
repeats and makes room for grace notes, and takes longer than all the rest of a page.)
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

Quarters = Fraction


class NoteTime(NamedTuple):
    """Onset from the beginning of the score; duration None for what has none, like a clef."""

    onset: float
    duration: float | None


_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
)
_MEI = "{http://www.music-encoding.org/ns/mei}"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_LONG = {"maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8)}
_EVENTS = {"note", "chord", "rest", "space"}
_WHOLE_MEASURE = {"mRest", "mSpace", "mRpt", "mRpt2"}
_ZERO, _ONE, _WHOLE = Fraction(0), Fraction(1), Fraction(4)


def note_times(mei: str) -> dict[str, NoteTime]:
    """Times by xml:id, of notes, chords, rests, and of all that stands in a layer or is tied to
    a note or beat: clefs, beams, tuplets, slurs, dynamics.
    """
    return _Reader().read(etree.fromstring(mei.encode(), _PARSER))


class _Reader:
    def __init__(self) -> None:
        self.times: dict[str, NoteTime] = {}
        self.meter, self.unit = _WHOLE, _ONE
        self.start = _ZERO

    def read(self, root: etree._Element) -> dict[str, NoteTime]:
        marks: list[tuple[etree._Element, Quarters, Quarters]] = []
        for node in root.iter():
            name = _name(node)
            if name in ("scoreDef", "staffDef", "meterSig"):
                self.read_meter(node)
            elif name == "measure":
                marks += [(e, self.start, self.unit) for e in node if _name(e) != "staff"]
                self.start += self.read_measure(node)
        for element, start, unit in marks:
            onset = self.mark_onset(element, start, unit)
            if onset is not None:
                self.times[element.get(_ID, "")] = NoteTime(onset, None)
        self.times.pop("", None)  # what has no name
        return self.times

    def read_meter(self, node: etree._Element) -> None:
        prefix = "" if _name(node) == "meterSig" else "meter."
        count, unit, sign = (node.get(prefix + key) for key in ("count", "unit", "sym"))
        if count and unit:
            beats = sum((_number(part) for part in count.split("+")), _ZERO)
            self.unit = _WHOLE / (_number(unit) or 4)
            self.meter = beats * self.unit or _WHOLE
        elif sign in ("common", "cut"):
            self.meter, self.unit = _WHOLE, _ONE if sign == "common" else Fraction(2)

    def read_measure(self, measure: etree._Element) -> Quarters:
        """Read the events of a measure; how long it is: as long as its longest layer."""
        lengths, multiple = [_ZERO], 1
        for layer in measure.iter(f"{_MEI}layer"):
            lengths.append(self.read_events(layer, _ZERO, _ONE))
            for rest in layer.iter(f"{_MEI}multiRest"):
                multiple = max(multiple, int(_number(rest.get("num")) or 1))
        return max(lengths) or self.meter * multiple

    def read_events(self, parent: etree._Element, at: Quarters, scale: Quarters) -> Quarters:
        """Read what is in a layer, beam, tuplet ... from `at` on; where it ends."""
        for node in parent:
            name = _name(node)
            if name in _EVENTS:
                dots = _dots(node)
                length = _written(node.get("dur"), dots) * scale
                self.put(node, at, length)
                if name == "chord":
                    for note in node.iter(f"{_MEI}note"):
                        self.put(note, at, length)
                if node.get("grace") is None:  # time goes on by what sounds, see replace.py
                    at += _written(node.get("dur.ges") or node.get("dur"), dots) * scale
            elif name in _WHOLE_MEASURE:
                self.put(node, at, self.meter)
            elif name in ("beatRpt", "halfmRpt"):
                length = self.unit if name == "beatRpt" else self.meter / 2
                self.put(node, at, length)
                at += length
            elif name == "graceGrp":
                self.put(node, at, None)
                self.read_events(node, at, scale)
            else:  # beams, tuplets, tremolos; clefs and other signs, which are empty
                self.put(node, at, None)
                inner = scale
                if name == "tuplet":
                    num, base = _number(node.get("num")), _number(node.get("numbase"))
                    inner *= base / num if base and num else _ONE
                elif name == "fTrem":  # both notes are written with the length of the two
                    inner /= 2
                at = self.read_events(node, at, inner)
        return at

    def put(self, node: etree._Element, at: Quarters, length: Quarters | None) -> None:
        duration = None if length is None else float(length)
        self.times[node.get(_ID, "")] = NoteTime(float(self.start + at), duration)

    def mark_onset(self, mark: etree._Element, start: Quarters, unit: Quarters) -> float | None:
        """Onset of what is tied to a note, or to a beat of its measure."""
        note = self.times.get(mark.get("startid", "")[1:])
        if note is not None and mark.get("startid"):
            return note.onset
        beat = mark.get("tstamp")
        try:
            return None if beat is None else float(start + (Fraction(beat) - 1) * unit)
        except (ValueError, ZeroDivisionError):
            return None


def _name(node: etree._Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _number(text: str | None) -> Fraction:
    return Fraction(int(text)) if text and text.isdecimal() else _ZERO


def _dots(node: etree._Element) -> int:
    dots = node.get("dots")
    return int(_number(dots)) if dots else sum(_name(child) == "dot" for child in node)


@lru_cache(maxsize=256)
def _written(value: str | None, dots: int) -> Quarters:
    """The length of a note value with its dots; nothing for values that are not known."""
    number = _number(value)
    length = _WHOLE / number if number else _LONG.get(value or "", _ZERO)
    return length * (2 - Fraction(1, 2**dots))
