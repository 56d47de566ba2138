"""One voice of one measure: notes, rests, beams, tuplets and graces that fill its length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_UNITS = {"breve": 256, "1": 128, "2": 64, "4": 32, "8": 16, "16": 8, "32": 4, "64": 2, "128": 1}
"""Note values in 128ths of a whole note."""

_PITCHES = "cdefgab"
_ARTICULATIONS = [
    "acc", "stacc", "ten", "stacciss", "marc", "dnbow", "upbow", "stacc", "ten", "acc", "marc",
    "stacciss", "snap", "lhpizz", "harm",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Staff:
    """A staff of composed music. bottom: diatonic number (7 x octave + step) of its low line."""

    number: int
    clef: str
    bottom: int
    percussion: bool


class LayerWriter:
    """Writes layers as MEI text. Note ids are counted through the whole score."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._count = 0
        self._place = 4
        self._notes: list[str] = []
        self._staff = Staff(1, "", 30, False)

    def layer(self, staff: Staff, units: int) -> tuple[str, list[str]]:
        """The content of a layer of some 128ths, and the ids of its notes in order."""
        self._staff, self._notes = staff, []
        rng = self._rng
        roll = rng.random()
        for limit, text in ((0.04, "<mRest/>"), (0.055, "<mRpt/>"), (0.07, "<mRpt2/>")):
            if roll < limit:
                return text, []
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
            (self._long, 0.20),
            (self._beam, 0.20),
            (self._flags, 0.20),
            (self._rest, 0.16),
            (self._tuplet, 0.15),
            (self._cue, 0.12),
            (self._breve, 0.10),
            (self._clef_change, 0.02),
            (self._beat_repeat, 0.02),
            (self._between, 0.03),
        ]
        weights = np.array([w for _, w in makers])
        if rng.random() < 0.3:
            order = rng.permutation(len(makers))
        else:
            order = rng.choice(len(makers), 6, p=weights / weights.sum())
        for k in order:
            made = makers[int(k)][0](left)
            if made is not None:
                return made
        value = next(v for v, u in _UNITS.items() if u <= left)
        return self.note(value), _UNITS[value]

    def _long(self, left: int) -> tuple[str, int] | None:
        values = [v for v in ("breve", "1", "2", "4") if _UNITS[v] <= left]
        if not values:
            return None
        value = str(self._rng.choice(values))
        dotted = _UNITS[value] * 3 // 2 <= left and self._rng.random() < 0.3
        extra = ' dots="1"' if dotted else ""
        if self._rng.random() < 0.35:
            extra += f' stem.mod="{int(self._rng.integers(1, 6))}slash"'
        units = _UNITS[value] * 3 // 2 if dotted else _UNITS[value]
        return self._grace() + self.note(value, extra), units

    def _breve(self, left: int) -> tuple[str, int] | None:
        """A breve or its rest in what is left of the measure, be it a little short of two."""
        if left < 96:
            return None
        extra = ' cue="true"' if self._rng.random() < 0.4 else ""
        kind = self._rng.random()
        if kind < 0.25:
            return '<rest dur="breve"/>', left
        return self.note("breve" if kind < 0.75 else "1", extra), left

    def _flags(self, left: int) -> tuple[str, int] | None:
        value = str(self._rng.choice(["8", "8", "16", "16", "32", "64", "128"]))
        count = min(left // _UNITS[value], int(self._rng.integers(1, 4)))
        if not count:
            return None
        return "".join(self.note(value) for _ in range(count)), count * _UNITS[value]

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
        number = int(self._rng.choice([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15]))
        base = 3 if number in (2, 4) else 1 << ((number - 1).bit_length() - 1)
        value = str(self._rng.choice(["4", "8", "16", "32"] if number < 8 else ["16", "32"]))
        units = base * _UNITS[value]
        if units > left:
            return None
        inner = "".join(
            self.note(value, plain=True) if self._rng.random() < 0.92
            else f'<rest dur="{value}"/>' for _ in range(number)
        )  # fmt: skip
        if value != "4" and self._rng.random() < 0.75:
            inner = f"<beam>{inner}</beam>"
        bracket = str(self._rng.choice(["true", "false"])) if "<beam>" in inner else "true"
        ratio = f'num="{number}" numbase="{base}" bracket.visible="{bracket}"'
        return f"<tuplet {ratio}>{inner}</tuplet>", units

    def _rest(self, left: int) -> tuple[str, int] | None:
        values = [v for v, u in _UNITS.items() if u <= left]
        if len(values) > 4 and self._rng.random() < 0.35:
            values = values[-4:]
        value = str(self._rng.choice(values))
        dotted = _UNITS[value] * 3 // 2 <= left and value not in ("128", "breve")
        dots = ' dots="1"' if dotted and self._rng.random() < 0.2 else ""
        units = _UNITS[value] * 3 // 2 if dots else _UNITS[value]
        return f'<rest dur="{value}"{dots}/>', units

    def _cue(self, left: int) -> tuple[str, int] | None:
        values = [v for v in ("breve", "1", "2", "2", "4", "8") if _UNITS[v] <= left]
        if not values:
            return None
        value = str(self._rng.choice(values))
        return self._grace() + self.note(value, ' cue="true"'), _UNITS[value]

    def _clef_change(self, left: int) -> tuple[str, int] | None:
        if self._staff.percussion or left < 32:
            return None
        clef = str(self._rng.choice(['shape="G" line="2"', 'shape="F" line="4"']))
        return f"<clef {clef}/>{self.note('4')}<clef {self._staff.clef}/>", 32

    def _beat_repeat(self, left: int) -> tuple[str, int] | None:
        return ('<beatRpt slash="1"/>', 32) if left >= 32 else None

    def _between(self, left: int) -> tuple[str, int] | None:
        """A tremolo between two notes, or a very short note or rest."""
        if left >= 64 and self._rng.random() < 0.6:
            beams = int(self._rng.integers(1, 4))
            pair = self.note("2", plain=True) + self.note("2", plain=True)
            return f'<fTrem beams="{beams}" unitdur="{8 << beams >> 1}">{pair}</fTrem>', 64
        return (self.note("256") if self._rng.random() < 0.5 else '<rest dur="256"/>'), 1

    def _grace(self) -> str:
        """None, one or a few grace notes, slashed or not, stems both ways."""
        rng = self._rng
        if rng.random() > 0.4:
            return ""
        kind = str(rng.choice(["acc", "unacc"]))
        slash = ' stem.mod="1slash"' if kind == "unacc" else ""
        way = f' stem.dir="{rng.choice(["up", "down"])}"' if rng.random() < 0.7 else ""
        if rng.random() < 0.75:
            return self.note("8", f' grace="{kind}"{slash}{way}', plain=True)
        notes = "".join(self.note("16", ' grace="unacc"', plain=True) for _ in range(3))
        return f"<beam>{notes}</beam>"

    def note(self, value: str, extra: str = "", *, plain: bool = False) -> str:
        """A note, or a chord of two or three."""
        rng = self._rng
        self._place = int(np.clip(self._place + rng.integers(-3, 4), -5, 13))
        grace = "grace=" in extra
        if grace or plain or rng.random() > 0.2:
            return self._head(self._place, value, extra, plain or grace)
        steps = sorted({self._place, self._place + 2, self._place + int(rng.integers(3, 7))})
        heads = "".join(self._head(s, "", "", True) for s in steps)
        self._count += 1
        self._notes.append(f"n{self._count}")
        return f'<chord xml:id="n{self._count}" dur="{value}"{extra}>{heads}</chord>'

    def _head(self, place: int, value: str, extra: str, plain: bool) -> str:
        rng = self._rng
        self._count += 1
        name = f"n{self._count}"
        inner = ""
        small = "grace=" in extra or "cue=" in extra
        if not plain and rng.random() < 0.35:
            where = str(rng.choice(["above", "below"]))
            inner += f'<artic artic="{rng.choice(_ARTICULATIONS)}" place="{where}"/>'
        if rng.random() < (0.3 if small else 0.14):
            kind = str(rng.choice(["s", "f", "n", "x", "ff", "s", "f", "n"]))
            paren = ' enclose="paren"' if rng.random() < 0.15 else ""
            inner += f'<accid accid="{kind}"{paren}/>'
        shape = ""
        if self._staff.percussion and rng.random() < 0.4:
            shape = f' head.shape="{rng.choice(["x", "diamond"])}"'
        duration = f' dur="{value}"' if value else ""
        if value:
            self._notes.append(name)
        if self._staff.percussion:
            pitch = f'loc="{place}"'
        else:
            number = self._staff.bottom + place
            pitch = f'pname="{_PITCHES[number % 7]}" oct="{number // 7}"'
        return f'<note xml:id="{name}" {pitch}{duration}{shape}{extra}>{inner}</note>'
