"""Random music dense in symbols that real songs and quartets seldom show, as MEI.

It only has to look like music: durations fill their measures, voices stay near their staves,
marks stand where an engraver would put them. The same generator state gives the same text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepscores_tools.engraving.compose_layer import LayerWriter, Staff
from deepscores_tools.engraving.compose_marks import measure_marks
from deepscores_tools.engraving.compose_wishes import CLEFS, Choices

_METERS = [
    "2/2", "3/2", "4/2", "2/4", "3/4", "4/4", "5/4", "6/4", "7/4", "3/8", "5/8", "6/8", "7/8",
    "9/8", "10/8", "11/8", "12/8", "15/8", "3/16", "9/16", "C", "C", "c", "c",
]  # fmt: skip
_KEYS = ["0", *(f"{n}{k}" for n in range(1, 8) for k in "fs")]
_BARS = ["single"] * 9 + [
    "dbl", "dbl", "dashed", "dotted", "rptstart", "rptend", "rptboth", "end", "heavy",
]  # fmt: skip
_GROUPS = ["brace", "bracket", "bracketsq", "none"]
_CLEFS = [name for name, clef in CLEFS.items() for _ in range(clef[3])]
_TITLES = ["Studie", "Sonata", "Übung", "Caprice", "Allegro", "Lied", "Tanz", "Étude No. 7", "Aria"]


@dataclass(frozen=True, slots=True)
class _Meter:
    """A time signature: its MEI attributes and the measure's length in 128th notes."""

    attributes: str
    units: int


def compose_score(rng: np.random.Generator, wanted: Sequence[str] = ()) -> str:
    """A few pages of MEI. wanted: classes to show first, named as often as they are to be shown."""
    choices = Choices(rng, wanted)
    staves = _staves(choices)
    meter = _meter(choices)
    key = choices.one("key", _KEYS)
    definition = _definition(choices, staves, meter, key)
    body: list[str] = []
    writer = LayerWriter(choices)
    # What is wanted should not be strewn over more pages than are taken of a score.
    count = int(rng.integers(24, 40)) // len(staves) if wanted else int(rng.integers(20, 44))
    ending, left = 0, 0  # which volta is open, and how many measures it still lasts
    number = 0
    while number < count:
        number += 1
        if number > 1 and choices.happens("meter", 0.2):
            meter = _meter(choices)
            body.append(f"<scoreDef {meter.attributes}/>")
        elif number > 1 and choices.happens("key", 0.12):
            key = _change_key(choices, key, body)
        if choices.happens("multirest", 0.07):
            choices.one("multirest", ["bar"])
            rest = f'<multiRest num="{int(rng.integers(2, 40))}"/>'
            inner = "".join(
                f'<staff n="{s.number}"><layer n="1">{rest}</layer></staff>' for s in staves
            )
            body.append(f'<measure n="{number}">{inner}</measure>')
            count += 1  # it holds none of the music
            continue
        bar = choices.one("bar", _BARS) if number < count else "end"
        measure = _measure(choices, writer, staves, meter, number, bar)
        if ending == 0 and choices.happens("ending", 0.08):
            choices.one("ending", [""])
            ending = 1
        if ending and not left:
            sign = rng.choice(["", ".", "a", "a."])
            body.append(f'<ending n="{ending}" label="{ending}{sign}">')
            left = int(rng.choice(_ENDINGS))
        body.append(measure)
        if ending:
            left -= 1
            if not left or number >= count:
                body.append("</ending>")
                ending, left = (2 if ending == 1 else 0), 0
    title = str(rng.choice(_TITLES))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<mei xmlns="http://www.music-encoding.org/ns/mei" meiversion="5.0"><meiHead><fileDesc>'
        f"<titleStmt><title>{title}</title></titleStmt><pubStmt/></fileDesc></meiHead>"
        f"<music><body><mdiv><score>{definition}<section>{''.join(body)}</section></score>"
        "</mdiv></body></music></mei>"
    )


def _staves(choices: Choices) -> list[Staff]:
    fewest = 2 if choices.waiting("group") else 1
    count = max(fewest, int(choices.rng.choice([1, 2, 2, 3, 3, 4])))
    drawn = [choices.one("clef", _CLEFS) for _ in range(count)]
    return [Staff(n, *CLEFS[name][:3]) for n, name in enumerate(drawn, 1)]


def _meter(choices: Choices) -> _Meter:
    name = choices.one("meter", _METERS)
    if name in "Cc":
        sym = "common" if name == "C" else "cut"
        return _Meter(f'meter.count="4" meter.unit="4" meter.sym="{sym}"', 128)
    count, unit = name.split("/")
    return _Meter(f'meter.count="{count}" meter.unit="{unit}"', int(count) * 128 // int(unit))


def _change_key(choices: Choices, key: str, body: list[str]) -> str:
    """A new key, with naturals that cancel the old one."""
    new = choices.one("key", ["0", *_KEYS] if key != "0" else _KEYS[1:])
    cancel = str(choices.rng.choice(["before", "after"]))
    body.append(f'<scoreDef><keySig sig="{new}" cancelaccid="{cancel}"/></scoreDef>')
    return new


_ENDINGS = (1, 1, 2, 4, 8, 12)
"""Measures under a volta: long ones go on over systems, whose rest of a volta is a bare line."""

_SMALL_STAFF = 0.12
"""Chance that the upper staff is small, as a solo part is above its accompaniment."""


def _definition(choices: Choices, staves: Sequence[Staff], meter: _Meter, key: str) -> str:
    symbol = choices.one("group", _GROUPS) if len(staves) > 1 else "none"
    attributes = f' symbol="{symbol}"' if symbol != "none" else ""
    through = ' bar.thru="true"' if choices.rng.random() < 0.6 else ""
    sizes = [""] * len(staves)
    if len(staves) > 1 and choices.rng.random() < _SMALL_STAFF:
        sizes[0] = f' scale="{int(choices.rng.integers(60, 81))}%"'
    inner = "".join(
        f'<staffDef n="{s.number}" lines="5"{size}><clef {s.clef}/></staffDef>'
        for s, size in zip(staves, sizes, strict=True)
    )
    return (
        f'<scoreDef keysig="{key}" {meter.attributes}>'
        f"<staffGrp{attributes}{through}>{inner}</staffGrp></scoreDef>"
    )


def _measure(
    choices: Choices,
    writer: LayerWriter,
    staves: Sequence[Staff],
    meter: _Meter,
    number: int,
    bar: str,
) -> str:
    parts: list[str] = []
    marks: list[str] = []
    for staff in staves:
        layer, notes = writer.layer(staff, meter.units)
        second = ""
        if choices.rng.random() < 0.12:
            other, _ = writer.layer(staff, meter.units)
            second = f'<layer n="2">{other}</layer>'
        parts.append(f'<staff n="{staff.number}"><layer n="1">{layer}</layer>{second}</staff>')
        marks.append(measure_marks(choices, notes))
    right = f' right="{bar}"' if bar != "rptstart" else ""
    left = ' left="rptstart"' if bar == "rptstart" else ""
    return f'<measure n="{number}"{left}{right}>{"".join(parts)}{"".join(marks)}</measure>'
