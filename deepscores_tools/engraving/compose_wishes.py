"""What composed music is asked to show: wanted classes come first where the composer draws.

The composer asks `Choices` at every point where it has several ways to go on (a *kind*, such as
"rest" or "clef"). `WAYS` says which answer at which point makes a symbol of a class.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

CLEFS: Mapping[str, tuple[str, int, bool, int]] = {
    # MEI attributes; diatonic number (7 x octave + step) of the low line; percussion; weight
    "G": ('shape="G" line="2"', 30, False, 6),
    "F": ('shape="F" line="4"', 18, False, 5),
    "C3": ('shape="C" line="3"', 24, False, 3),
    "C4": ('shape="C" line="4"', 22, False, 4),
    "G8 below": ('shape="G" line="2" dis="8" dis.place="below"', 23, False, 3),
    "G8 above": ('shape="G" line="2" dis="8" dis.place="above"', 37, False, 2),
    "G15 above": ('shape="G" line="2" dis="15" dis.place="above"', 44, False, 2),
    "G15 below": ('shape="G" line="2" dis="15" dis.place="below"', 16, False, 2),
    "F8 below": ('shape="F" line="4" dis="8" dis.place="below"', 11, False, 2),
    "F8 above": ('shape="F" line="4" dis="8" dis.place="above"', 25, False, 1),
    "F15 below": ('shape="F" line="4" dis="15" dis.place="below"', 4, False, 1),
    "percussion": ('shape="perc" line="3"', 30, True, 4),
}

_HEADS = {"Half": "2", "Whole": "1", "DoubleWhole": "breve"}
_FLAGS = {"8th": "8", "16th": "16", "32nd": "32", "64th": "64", "128th": "128", "256th": "256"}
_RESTS = {
    "Quarter": "4", "Half": "2", "Whole": "1", "DoubleWhole": "breve", "Longa": "long",
    "Maxima": "maxima", **_FLAGS,
}  # fmt: skip
_ARTICULATIONS = {
    "articAccent": "acc", "articStaccato": "stacc", "articTenuto": "ten",
    "articStaccatissimo": "stacciss", "articMarcato": "marc",
}  # fmt: skip
_PLUCKED = {
    "stringsDownBow": "dnbow", "stringsUpBow": "upbow", "stringsHarmonic": "harm",
    "pluckedSnapPizzicato": "snap", "pluckedLeftHandPizzicato": "lhpizz",
}  # fmt: skip
_ACCIDENTALS = {
    "Sharp": "s", "Flat": "f", "Natural": "n", "DoubleSharp": "x", "DoubleFlat": "ff",
}  # fmt: skip
_METERS = {
    "0": "10/8", "1": "12/8", "2": "2/2", "3": "3/4", "4": "4/4", "5": "5/4", "6": "6/8",
    "7": "7/8", "8": "3/8", "9": "9/8", "Common": "C", "CutCommon": "c",
}  # fmt: skip
_PLACES = {"OnLine": "line", "InSpace": "space"}
_DYNAMICS = {"P": "p", "M": "mf", "F": "f", "S": "sf", "Z": "fz", "R": "rf", "Niente": "n"}

WAYS: Mapping[str, Sequence[tuple[str, str]]] = {
    "clefG": [("clef", "G")],
    "clefF": [("clef", "F")],
    "clefCAlto": [("clef", "C3")],
    "clefCTenor": [("clef", "C4")],
    "clef8": [("clef", k) for k in CLEFS if "8" in k],
    "clef15": [("clef", k) for k in CLEFS if "15" in k],
    "clefUnpitchedPercussion": [("clef", "percussion")],
    **{f"timeSig{n}": [("meter", meter)] for n, meter in _METERS.items()},
    "keyFlat": [("key", "4f")],
    "keySharp": [("key", "4s")],
    "keyNatural": [("key", "0")],
    **{
        f"notehead{head}{where}": [("long", f"{value} {place}")]
        for head, value in _HEADS.items()
        for where, place in _PLACES.items()
    },
    **{
        f"notehead{head}{where}Small": [("cue", f"{value} {place}")]
        for head, value in {"Black": "4", **_HEADS}.items()
        for where, place in _PLACES.items()
    },
    "noteheadXBlack": [("head", "x")],
    "noteheadDiamondBlack": [("head", "diamond")],
    "noteheadDiamondWhite": [("head", "diamond white")],
    **{f"flag{n}{way.title()}": [("flag", f"{v} {way}")] for n, v in _FLAGS.items()
       for way in ("up", "down")},
    "flag8thUpSmall": [("grace", "acc up")],
    "flag8thDownSmall": [("grace", "acc down")],
    **{f"graceNote{n}Stem{way.title()}": [("grace", f"{v} {way}")]
       for n, v in (("Acciaccatura", "unacc"), ("Appoggiatura", "acc")) for way in ("up", "down")},
    "graceNoteSlash": [("grace", "unacc up")],
    **{f"tremolo{n}": [("tremolo", str(n))] for n in range(1, 6)},
    **{f"rest{n}": [("rest", v)] for n, v in _RESTS.items()},
    "restHBar": [("multirest", "bar")],
    "restHNr": [("multirest", "bar")],
    **{f"accidental{n}": [("accid", v)] for n, v in _ACCIDENTALS.items()},
    **{f"accidental{n}Small": [("small accid", v)] for n, v in _ACCIDENTALS.items()
       if not n.startswith("Double")},
    "accidentalParensLeft": [("accid", "s paren")],
    "accidentalParensRight": [("accid", "f paren")],
    **{f"{n}{side.title()}": [("artic", f"{v} {side}")] for n, v in _ARTICULATIONS.items()
       for side in ("above", "below")},
    **{n: [("artic", f"{v} above")] for n, v in _PLUCKED.items()},
    **{f"tuplet{n}": [("tuplet", str(n))] for n in range(2, 10)},
    "tuplet0": [("tuplet", "10")],
    "tuplet1": [("tuplet", "11")],
    "tupletBracket": [("tuplet", "3")],
    "tie": [("tie", "")],
    "repeat1Bar": [("fill", "<mRpt/>")],
    "repeat2Bars": [("fill", "<mRpt2/>")],
    "repeatBarSlash": [("slash", "")],
    "barlineDashed": [("bar", "dashed")],
    "barlineDotted": [("bar", "dotted")],
    "barlineHeavy": [("bar", "end")],
    "repeatDot": [("bar", "rptboth")],
    "voltaBracket": [("ending", "")],
    "brace": [("group", "brace")],
    "bracket": [("group", "bracket")],
    **{f"dynamic{n}": [("dynam", v)] for n, v in _DYNAMICS.items()},
    **{f"fingering{n}": [("fing", str(n))] for n in range(6)},
    "fermataAbove": [("fermata", "above")],
    "fermataBelow": [("fermata", "below")],
    "caesura": [("caesura", "")],
    "breathMarkComma": [("breath", "comma")],
    "breathMarkTick": [("breath", "tick")],
    "ornamentTrill": [("trill", "")],
    "ornamentTurn": [("turn", "upper")],
    "ornamentTurnInverted": [("turn", "lower")],
    "ornamentTurnSlash": [("turn", "slash")],
    "ornamentShortTrill": [("mordent", "upper")],
    "ornamentMordent": [("mordent", "lower")],
    "ornamentTremblement": [("mordent", "long")],
    "wiggleTrill": [("long trill", "")],
    "segno": [("repeat mark", "segno")],
    "coda": [("repeat mark", "coda")],
    "arpeggiato": [("arpeggio", "")],
    "glissando": [("glissando", "")],
    "slur": [("slur", "")],
    "dynamicCrescendoHairpin": [("hairpin", "cres"), ("hairpin", "swell")],
    "dynamicDiminuendoHairpin": [("hairpin", "dim"), ("hairpin", "swell")],
    "ottavaBracket": [("octave", "8 above"), ("octave", "8 below")],
    "keyboardPedalPed": [("pedal", "star")],
    "keyboardPedalUp": [("pedal", "star")],
    "keyboardPedalLine": [("pedal", "line")],
}  # fmt: skip
"""Class -> the choices (kind, answer) that show it. Classes without a way are in all music."""


class Choices:
    """Random draws in which what is wanted comes first. The same generator, the same draws."""

    def __init__(self, rng: np.random.Generator, wanted: Iterable[str] = ()) -> None:
        self.rng = rng
        self._waiting: dict[str, list[str]] = defaultdict(list)
        for name in wanted:
            ways = WAYS.get(name, ())
            if ways:
                kind, answer = ways[int(rng.integers(len(ways)))]
                self._waiting[kind].append(answer)

    def waiting(self, kind: str) -> bool:
        """Whether something of this kind is still wanted."""
        return bool(self._waiting[kind])

    def one(self, kind: str, options: Sequence[str]) -> str:
        """One of the options: the first wanted one among them, else any."""
        wanted = self._waiting[kind]
        for answer in wanted:
            if answer in options:
                wanted.remove(answer)
                return answer
        return str(self.rng.choice(list(options)))

    def happens(self, kind: str, chance: float) -> bool:
        """Whether to make one of this kind now; wanted ones are strewn in, not all at once."""
        return bool(self.rng.random() < (max(chance, _WANTED) if self.waiting(kind) else chance))


_WANTED = 0.6
"""Chance to make a wanted thing at a place where it could stand."""
