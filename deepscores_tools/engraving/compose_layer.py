"""One voice of one measure: notes, rests, beams, tuplets and graces that fill its length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepscores_tools.engraving.compose_wishes import CLEFS, Choices

_UNITS = {"breve": 256, "1": 128, "2": 64, "4": 32, "8": 16, "16": 8, "32": 4, "64": 2, "128": 1}
"""Note values in 128ths of a whole note."""

_SHORTER_THAN_128TH = "256"
_LONG_RESTS = {
    "breve": '<rest dur="breve"/>',
    "long": '<rest dur="long"/>',
    "maxima": '<rest dur="1" glyph.auth="smufl" glyph.num="U+E4E0"/>',
}

_PITCHES = "cdefgab"
_ARTICULATIONS = [
    f"{name} {side}"
    for name in (
        "acc", "stacc", "ten", "stacciss", "marc", "dnbow", "upbow", "stacc", "ten", "acc", "marc",
        "stacciss", "snap", "lhpizz", "harm",
    )
    for side in ("above", "below")
]  # fmt: skip
_ACCIDENTALS = ["s", "f", "n", "x", "ff", "s", "f", "n", "s paren", "f paren", "n paren"]
_PAREN = ' enclose="paren"'
_STEMMED = ("2", "4")
_CUE = ' cue="true"'
_FILLS = ["<mRest/>", "<mRest/>", "<mRpt/>", "<mRpt2/>"]
_TUPLETS = [str(n) for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15)]
_SIDES = ("line", "space")
_GRACES = [f"{kind} {way}" for kind in ("acc", "unacc") for way in ("up", "down")]
_HEADS = {
    "x": ("4", "8", "16", "32", "64", "128"),
    "diamond": ("4", "8", "16", "32", "64", "128"),
    "diamond white": ("1", "2"),
}
"""Heads of other shapes, and the note values that they are drawn for."""


_MUCH = 96
"""What is left of a measure (128ths) may be filled by a whole note, a breve or its rest, be it
a little short of them."""

_Maker = Callable[[int], tuple[str, int] | None]
"""What is left of the measure, in 128ths -> MEI text and how much of it is filled."""


def _options(values: Sequence[str], left: int) -> list[str]:
    """Note values that fit, on a line and in a space."""
    fitting = [v for v in values if _UNITS[v] <= left or (v in ("breve", "1") and left >= _MUCH)]
    return [f"{value} {side}" for value in fitting for side in _SIDES]


def _rounded(used: int, left: int) -> int:
    """At least a sixteenth, so that no crumbs remain, which only the shortest values would fill."""
    return min(left, max(used, _UNITS["16"]))


@dataclass(frozen=True, slots=True)
class Staff:
    """A staff of composed music. bottom: diatonic number (7 x octave + step) of its low line."""

    number: int
    clef: str
    bottom: int
    percussion: bool


class LayerWriter:
    """Writes layers as MEI text. Note ids are counted through the whole score."""

    def __init__(self, choices: Choices) -> None:
        self._choices, self._rng = choices, choices.rng
        self._count = 0
        self._place = 4
        self._notes: list[str] = []
        self._staff = Staff(1, "", 30, False)

    def layer(self, staff: Staff, units: int) -> tuple[str, list[str]]:
        """The content of a layer of some 128ths, and the ids of its notes in order."""
        self._staff, self._notes = staff, []
        rng = self._rng
        roll = rng.random()
        if roll < 0.07 or (self._choices.waiting("fill") and roll < 0.2):
            return self._choices.one("fill", _FILLS), []
        self._place = int(rng.integers(0, 9))
        parts: list[str] = []
        left = units
        while left > 0:
            text, used = self._item(left)
            parts.append(text)
            left -= used
        return "".join(parts), self._notes

    def _item(self, left: int) -> tuple[str, int]:
        rng = self._rng
        makers = [
            (self._long, 0.30),
            (self._beam, 0.20),
            (self._flags, 0.20),
            (self._rest, 0.16),
            (self._tuplet, 0.15),
            (self._cue, 0.12),
            (self._clef_change, 0.02),
            (self._beat_repeat, 0.02),
            (self._between, 0.03),
            (self._tied, 0.03),
        ]
        weights = np.array([w for _, w in makers])
        if rng.random() < 0.3:
            order = rng.permutation(len(makers))
        else:
            order = rng.choice(len(makers), 6, p=weights / weights.sum())
        for maker in [*self._wanted_makers(), *(makers[int(k)][0] for k in order)]:
            made = maker(left)
            if made is not None:
                return made
        value = next(v for v, u in _UNITS.items() if u <= left)
        return self.note(value), _UNITS[value]

    def _wanted_makers(self) -> list[_Maker]:
        """Makers of what is wanted, in any order; not all of them, so that the music is mixed."""
        makers = {
            "long": self._long, "cue": self._cue, "flag": self._flags, "rest": self._rest,
            "tuplet": self._tuplet, "tremolo": self._trembling, "tie": self._tied,
            "head": self._long, "slash": self._beat_repeat, "grace": self._long,
            "small accid": self._cue, "clef": self._clef_change,
        }  # fmt: skip
        wanted = [m for kind, m in makers.items() if self._choices.happens(kind, 0.0)]
        return [wanted[int(k)] for k in self._rng.permutation(len(wanted))]

    def _long(self, left: int) -> tuple[str, int] | None:
        return self._lasting(_options(("breve", "1", "2", "4"), left), left)

    def _trembling(self, left: int) -> tuple[str, int] | None:
        return self._lasting(_options(_STEMMED, left), left)

    def _lasting(self, options: Sequence[str], left: int) -> tuple[str, int] | None:
        if not options:
            return None
        value, side = self._choices.one("long", options).split()
        dotted = _UNITS[value] * 3 // 2 <= left and self._rng.random() < 0.3
        extra = ' dots="1"' if dotted else ""
        if value in _STEMMED and self._choices.happens("tremolo", 0.5):
            extra += f' stem.mod="{self._choices.one("tremolo", "12345")}slash"'
        units = _UNITS[value] * 3 // 2 if dotted else min(_UNITS[value], left)
        return self._grace() + self.note(value, extra, side=side), units

    def _flags(self, left: int) -> tuple[str, int] | None:
        values = ["8", "8", "16", "16", "32", "64", "128", _SHORTER_THAN_128TH]
        options = [f"{v} {way}" for v in values for way in ("up", "down")]
        value, way = self._choices.one("flag", options).split()
        units = _UNITS.get(value, 1)
        count = min(left // units, int(self._rng.integers(1, 4)))
        if not count:
            return None
        extra = f' stem.dir="{way}"'
        return "".join(self.note(value, extra) for _ in range(count)), _rounded(count * units, left)

    def _beam(self, left: int) -> tuple[str, int] | None:
        parts, used = [], 0
        values = [str(v) for v in self._rng.choice(["8", "8", "16", "16", "32", "64"], 2)]
        for _ in range(int(self._rng.integers(2, 7))):
            value = str(self._rng.choice(values))
            if used + _UNITS[value] > left:
                break
            parts.append(self.note(value))
            used += _UNITS[value]
        if len(parts) < 2:
            return None
        return f"<beam>{''.join(parts)}</beam>", used

    def _tuplet(self, left: int) -> tuple[str, int] | None:
        wanted = self._choices.waiting("tuplet")
        number = int(self._choices.one("tuplet", _TUPLETS))
        base = 3 if number in (2, 4) else 1 << ((number - 1).bit_length() - 1)
        value = str(self._rng.choice(["4", "8", "16", "32"] if number < 8 else ["16", "32"]))
        units = base * _UNITS[value]
        if units > left:
            return None
        # Tuplets come in rows: their brackets nearly touch, and often the number is left out.
        most = min(left // units, 4) if self._rng.random() < 0.4 else 1
        beamed = value != "4" and self._rng.random() < 0.75
        bracket = not beamed or bool(self._rng.random() < 0.5)
        hidden = bracket and not wanted and self._rng.random() < 0.25
        bare = ' num.visible="false"' if hidden else ""
        ratio = f'num="{number}" numbase="{base}" bracket.visible="{str(bracket).lower()}"{bare}'
        row = []
        for _ in range(int(self._rng.integers(1, most + 1))):
            inner = "".join(
                self.note(value, plain=True) if self._rng.random() < 0.92
                else f'<rest dur="{value}"/>' for _ in range(number)
            )  # fmt: skip
            inner = f"<beam>{inner}</beam>" if beamed else inner
            row.append(f"<tuplet {ratio}>{inner}</tuplet>")
        return "".join(row), len(row) * units

    def _rest(self, left: int) -> tuple[str, int] | None:
        values = [v for v, u in _UNITS.items() if u <= left] + [_SHORTER_THAN_128TH]
        if len(values) > 4 and self._rng.random() < 0.35:
            values = values[-4:]
        if left >= _MUCH:
            values += _LONG_RESTS
        value = self._choices.one("rest", values)
        if value in _LONG_RESTS:
            return _LONG_RESTS[value], left
        if value == _SHORTER_THAN_128TH:
            return f'<rest dur="{value}"/>', _rounded(1, left)
        dotted = _UNITS[value] * 3 // 2 <= left and value not in ("128", "breve")
        dots = ' dots="1"' if dotted and self._rng.random() < 0.2 else ""
        units = _UNITS[value] * 3 // 2 if dots else _UNITS[value]
        return f'<rest dur="{value}"{dots}/>', _rounded(units, left)

    def _cue(self, left: int) -> tuple[str, int] | None:
        # No eighths: one by itself looks like an appoggiatura, and is none.
        options = _options(("breve", "1", "2", "2", "4"), left)
        if not options:
            return None
        value, side = self._choices.one("cue", options).split()
        return self._grace() + self.note(value, _CUE, side=side), min(_UNITS[value], left)

    def _clef_change(self, left: int) -> tuple[str, int] | None:
        """Another clef for two notes."""
        staff = self._staff
        if staff.percussion or left < 64:
            return None
        name = self._choices.one("clef", ["G", "F", *(c for c in CLEFS if c != "percussion")])
        clef, bottom, _, _ = CLEFS[name]
        self._staff = replace(staff, clef=clef, bottom=bottom)
        notes = self.note("4") + self.note("4")
        self._staff = staff
        return f"<clef {clef}/>{notes}<clef {staff.clef}/>", 64

    def _beat_repeat(self, left: int) -> tuple[str, int] | None:
        if left < 32:
            return None
        self._choices.one("slash", [""])
        return '<beatRpt slash="1"/>', 32

    def _between(self, left: int) -> tuple[str, int] | None:
        """A tremolo between two notes, or a very short note or rest."""
        if left >= 64 and self._rng.random() < 0.6:
            beams = int(self._rng.integers(1, 4))
            pair = self.note("2", plain=True) + self.note("2", plain=True)
            return f'<fTrem beams="{beams}" unitdur="{8 << beams >> 1}">{pair}</fTrem>', 64
        note = self._rng.random() < 0.5
        return (self.note(_SHORTER_THAN_128TH) if note else '<rest dur="256"/>'), _rounded(1, left)

    def _tied(self, left: int) -> tuple[str, int] | None:
        """Two notes of one pitch, tied."""
        values = [v for v in ("1", "2", "4", "8") if 2 * _UNITS[v] <= left]
        if not values:
            return None
        self._choices.one("tie", [""])
        value = str(self._rng.choice(values))
        first, second = (self._head(self._place, value, f' tie="{t}"', True) for t in "it")
        return first + second, 2 * _UNITS[value]

    def _grace(self) -> str:
        """None, one or a few grace notes, slashed or not, stems both ways."""
        rng = self._rng
        if not self._choices.happens("grace", 0.4):
            return ""
        if rng.random() < 0.2:
            notes = "".join(self.note("16", ' grace="unacc"', plain=True) for _ in range(3))
            return f"<beam>{notes}</beam>"
        kind, way = self._choices.one("grace", _GRACES).split()
        slash = ' stem.mod="1slash"' if kind == "unacc" else ""
        return self.note("8", f' grace="{kind}"{slash} stem.dir="{way}"', plain=True)

    def note(self, value: str, extra: str = "", *, plain: bool = False, side: str = "") -> str:
        """A note, or a chord of two to six. side: "line", "space", or either."""
        rng = self._rng
        self._place = int(np.clip(self._place + rng.integers(-3, 4), -7, 15))
        if side and _SIDES[self._place % 2] != side:
            self._place += 1 if self._place < 4 else -1
        grace = "grace=" in extra
        if grace or plain or rng.random() > 0.2:
            return self._head(self._place, value, extra, plain or grace)
        others = self._place + rng.integers(1, 9, size=int(rng.integers(1, 6)))
        steps = sorted({self._place, *others.tolist()})
        size = _CUE if _CUE in extra else ""  # the heads of a small chord are small by themselves
        heads = "".join(self._head(s, "", size, True) for s in steps)
        self._count += 1
        self._notes.append(f"n{self._count}")
        return f'<chord xml:id="n{self._count}" dur="{value}"{extra}>{heads}</chord>'

    def _head(self, place: int, value: str, extra: str, plain: bool) -> str:
        self._count += 1
        name = f"n{self._count}"
        choices = self._choices
        inner = ""
        if not plain and choices.happens("artic", 0.35):
            kind, where = choices.one("artic", _ARTICULATIONS).split()
            inner += f'<artic artic="{kind}" place="{where}"/>'
        small = "grace=" in extra or "cue=" in extra
        kind = "small accid" if small else "accid"
        if choices.happens(kind, 0.3 if small else 0.14):
            accid, _, paren = choices.one(kind, _ACCIDENTALS).partition(" ")
            inner += f'<accid accid="{accid}"{paren and _PAREN}/>'
        duration = f' dur="{value}"' if value else ""
        if value:
            self._notes.append(name)
        if self._staff.percussion:
            pitch = f'loc="{place}"'
        else:
            number = self._staff.bottom + place
            pitch = f'pname="{_PITCHES[number % 7]}" oct="{number // 7}"'
        return f'<note xml:id="{name}" {pitch}{duration}{self._shape(value)}{extra}>{inner}</note>'

    def _shape(self, value: str) -> str:
        """Attributes of a head of another shape, common on percussion staves alone."""
        options = [head for head, values in _HEADS.items() if value in values]
        if not options or not self._choices.happens("head", 0.4 * self._staff.percussion):
            return ""
        return f' head.shape="{self._choices.one("head", options).split()[0]}"'
