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

_METERS = [
    "2/2", "3/2", "4/2", "2/4", "3/4", "4/4", "5/4", "6/4", "7/4", "3/8", "5/8", "6/8", "7/8",
    "9/8", "10/8", "11/8", "12/8", "15/8", "3/16", "9/16", "C", "C", "c", "c",
]  # fmt: skip
_CLEFS: Sequence[tuple[str, int, str, int]] = (
    # MEI clef attributes; diatonic number (7 x octave + step) of the bottom line; weight
    ('shape="G" line="2"', 30, "", 6),
    ('shape="F" line="4"', 18, "", 5),
    ('shape="C" line="3"', 24, "", 3),
    ('shape="C" line="4"', 22, "", 4),
    ('shape="G" line="2" dis="8" dis.place="below"', 23, "", 3),
    ('shape="G" line="2" dis="8" dis.place="above"', 37, "", 2),
    ('shape="G" line="2" dis="15" dis.place="above"', 44, "", 2),
    ('shape="G" line="2" dis="15" dis.place="below"', 16, "", 2),
    ('shape="F" line="4" dis="8" dis.place="below"', 11, "", 2),
    ('shape="F" line="4" dis="8" dis.place="above"', 25, "", 1),
    ('shape="F" line="4" dis="15" dis.place="below"', 4, "", 1),
    ('shape="perc" line="3"', 30, "perc", 4),
)
_KEYS = ["0", *(f"{n}{k}" for n in range(1, 8) for k in "fs")]
_BARS = ["single"] * 9 + [
    "dbl", "dbl", "dashed", "dotted", "rptstart", "rptend", "rptboth", "end", "heavy",
]  # fmt: skip
_TITLES = ["Studie", "Sonata", "Übung", "Caprice", "Allegro", "Lied", "Tanz", "Étude No. 7", "Aria"]


@dataclass(frozen=True, slots=True)
class _Meter:
    """A time signature: its MEI attributes and the measure's length in 128th notes."""

    attributes: str
    units: int


def compose_score(rng: np.random.Generator) -> str:
    """A few pages of MEI."""
    staves = _staves(rng)
    meter = _meter(rng)
    key = str(rng.choice(_KEYS))
    body: list[str] = []
    writer = LayerWriter(rng)
    count = int(rng.integers(20, 44))
    ending = 0
    number = 0
    while number < count:
        number += 1
        if number > 1 and rng.random() < 0.3:
            meter, key = _change(rng, meter, key, body)
        if rng.random() < 0.07:
            rest = f'<multiRest num="{int(rng.integers(2, 40))}"/>'
            inner = "".join(
                f'<staff n="{s.number}"><layer n="1">{rest}</layer></staff>' for s in staves
            )
            body.append(f'<measure n="{number}">{inner}</measure>')
            continue
        bar = str(rng.choice(_BARS)) if number < count else "end"
        measure = _measure(rng, writer, staves, meter, number, bar)
        if ending == 0 and rng.random() < 0.08:
            ending = 1
        if ending:
            label = f"{ending}."
            measure = f'<ending n="{ending}" label="{label}">{measure}</ending>'
            ending = 2 if ending == 1 else 0
        body.append(measure)
    definition = _definition(rng, staves, meter, key)
    title = str(rng.choice(_TITLES))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<mei xmlns="http://www.music-encoding.org/ns/mei" meiversion="5.0"><meiHead><fileDesc>'
        f"<titleStmt><title>{title}</title></titleStmt><pubStmt/></fileDesc></meiHead>"
        f"<music><body><mdiv><score>{definition}<section>{''.join(body)}</section></score>"
        "</mdiv></body></music></mei>"
    )


def _staves(rng: np.random.Generator) -> list[Staff]:
    weights = np.array([c[3] for c in _CLEFS], float)
    count = int(rng.choice([1, 2, 2, 3, 3, 4]))
    chosen = rng.choice(len(_CLEFS), count, p=weights / weights.sum())
    return [
        Staff(n, _CLEFS[c][0], _CLEFS[c][1], _CLEFS[c][2] == "perc")
        for n, c in enumerate(chosen, 1)
    ]


def _meter(rng: np.random.Generator) -> _Meter:
    name = str(rng.choice(_METERS))
    if name in "Cc":
        sym = "common" if name == "C" else "cut"
        return _Meter(f'meter.count="4" meter.unit="4" meter.sym="{sym}"', 128)
    count, unit = name.split("/")
    return _Meter(f'meter.count="{count}" meter.unit="{unit}"', int(count) * 128 // int(unit))


def _change(
    rng: np.random.Generator, meter: _Meter, key: str, body: list[str]
) -> tuple[_Meter, str]:
    """A new meter or a new key, with naturals that cancel the old one."""
    if rng.random() < 0.6:
        meter = _meter(rng)
        body.append(f"<scoreDef {meter.attributes}/>")
    else:
        key = "0" if key != "0" and rng.random() < 0.5 else str(rng.choice(_KEYS))
        cancel = str(rng.choice(["before", "after"]))
        body.append(f'<scoreDef><keySig sig="{key}" cancelaccid="{cancel}"/></scoreDef>')
    return meter, key


def _definition(rng: np.random.Generator, staves: Sequence[Staff], meter: _Meter, key: str) -> str:
    symbol = str(rng.choice(["brace", "bracket", "bracketsq", "none"])) if len(staves) > 1 else ""
    attributes = f' symbol="{symbol}"' if symbol not in ("", "none") else ""
    through = ' bar.thru="true"' if rng.random() < 0.6 else ""
    inner = "".join(
        f'<staffDef n="{s.number}" lines="5"><clef {s.clef}/></staffDef>' for s in staves
    )
    return (
        f'<scoreDef keysig="{key}" {meter.attributes}>'
        f"<staffGrp{attributes}{through}>{inner}</staffGrp></scoreDef>"
    )


def _measure(
    rng: np.random.Generator,
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
        if rng.random() < 0.12:
            other, _ = writer.layer(staff, meter.units)
            second = f'<layer n="2">{other}</layer>'
        parts.append(f'<staff n="{staff.number}"><layer n="1">{layer}</layer>{second}</staff>')
        marks.append(measure_marks(rng, staff, notes))
    right = f' right="{bar}"' if bar != "rptstart" else ""
    left = ' left="rptstart"' if bar == "rptstart" else ""
    return f'<measure n="{number}"{left}{right}>{"".join(parts)}{"".join(marks)}</measure>'
