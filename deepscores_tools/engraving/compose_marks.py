"""What stands above, below and between the notes of a composed measure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from deepscores_tools.engraving.compose_wishes import Choices

_DYNAMICS = [
    "p", "pp", "ppp", "mp", "mf", "f", "ff", "fff", "sf", "sfz", "fz", "rf", "rfz", "sfp", "fp",
    "sffz", "r", "z", "s", "m", "n", "mfz",
]  # fmt: skip
_WORDS = ["dolce", "espr.", "cresc.", "rit.", "a tempo", "sempre", "con fuoco", "simile"]
_SIDES = ("above", "below")


def measure_marks(choices: Choices, notes: Sequence[str]) -> str:
    """Control events for one staff of a measure as MEI text. notes: ids in order."""
    if not notes:
        return ""
    marks: list[str] = []
    for kind, (chance, ways) in _MARKS.items():
        if choices.happens(kind, chance):
            marks.append(_placed(ways[choices.one(kind, list(ways))], choices, notes))
    for note in notes:
        if choices.happens("fing", 0.12):
            digit = choices.one("fing", "012345")
            side = _SIDES[int(choices.rng.integers(2))]
            marks.append(f'<fing startid="#{note}" place="{side}">{digit}</fing>')
    return "".join(marks)


def _placed(pattern: str, choices: Choices, notes: Sequence[str]) -> str:
    """The pattern with notes in it, or nothing where these are too few.

    On one note (NOTE); from one (SPAN, FIRST) to a later one (LAST); up to one (RISE) and on from
    it (FALL), with few notes to each side.
    """
    rng = choices.rng
    text = pattern.replace("NOTE", f'startid="#{notes[int(rng.integers(len(notes)))]}"')
    if text != pattern:
        return text
    if "RISE" in pattern:
        if len(notes) < 3:
            return ""
        top = int(rng.integers(1, len(notes) - 1))
        least, most = max(top - int(rng.integers(1, 4)), 0), top + int(rng.integers(1, 4))
        ends = notes[least], notes[top], notes[min(most, len(notes) - 1)]
        rise, fall = (f'startid="#{a}" endid="#{b}"' for a, b in itertools.pairwise(ends))
        return pattern.replace("RISE", rise).replace("FALL", fall)
    if len(notes) < 2:
        return ""
    first, last = sorted(int(k) for k in rng.choice(len(notes), 2, replace=False))
    text = pattern.replace("SPAN", f'startid="#{notes[first]}" endid="#{notes[last]}"')
    return text.replace("FIRST", f'startid="#{notes[first]}"').replace(
        "LAST", f'startid="#{notes[last]}"'
    )


def _both_sides(pattern: str) -> dict[str, str]:
    return {side: pattern.replace("SIDE", side) for side in _SIDES}


def _pedal(form: str) -> str:
    return (
        f'<pedal dir="down" place="below" form="{form}" FIRST/>'
        f'<pedal dir="up" place="below" form="{form}" LAST/>'
    )


_MARKS: Mapping[str, tuple[float, Mapping[str, str]]] = {
    # kind -> chance in a measure of a staff; answer -> pattern of MEI
    "dynam": (0.45, {d: f'<dynam place="below" NOTE>{d}</dynam>' for d in _DYNAMICS}),
    "word": (
        0.08,
        {f"{w} {s}": f'<dir place="{s}" NOTE>{w}</dir>' for w in _WORDS for s in _SIDES},
    ),
    "pedal": (0.12, {"star": _pedal("pedstar"), "line": _pedal("line")}),
    "fermata": (0.12, _both_sides('<fermata place="SIDE" NOTE/>')),
    "trill": (0.08, {"": '<trill place="above" NOTE/>'}),
    "long trill": (0.04, {"": '<trill extender="true" place="above" SPAN/>'}),
    "turn": (
        0.24,
        {
            "upper": '<turn form="upper" place="above" NOTE/>',
            "lower": '<turn form="lower" place="above" NOTE/>',
            "slash": '<turn glyph.auth="smufl" glyph.num="U+E569" place="above" NOTE/>',
        },
    ),
    "mordent": (
        0.22,
        {
            "upper": '<mordent form="upper" place="above" NOTE/>',
            "lower": '<mordent form="lower" place="above" NOTE/>',
            "long": '<mordent glyph.auth="smufl" glyph.num="U+E56E" place="above" NOTE/>',
        },
    ),
    "caesura": (0.12, {"": "<caesura NOTE/>"}),
    "breath": (
        0.08,
        {
            "comma": "<breath NOTE/>",
            "tick": '<dir place="above" NOTE><rend fontfam="smufl">&#xE4CF;</rend></dir>',
        },
    ),
    "repeat mark": (
        0.15,
        {n: f'<repeatMark func="{n}" place="above" NOTE/>' for n in ("segno", "coda")},
    ),
    "arpeggio": (0.1, {"": "<arpeg NOTE/>"}),
    "slur": (0.25, {"": "<slur SPAN/>"}),
    "hairpin": (
        0.18,
        {
            "cres": '<hairpin form="cres" place="below" SPAN/>',
            "dim": '<hairpin form="dim" place="below" SPAN/>',
            "swell": '<hairpin form="cres" place="below" RISE/>'
            '<hairpin form="dim" place="below" FALL/>',
        },
    ),
    "octave": (
        0.12,
        {
            f"{d} {s}": f'<octave dis="{d}" dis.place="{s}" SPAN/>'
            for d in ("8", "15")
            for s in _SIDES
        },
    ),
    "glissando": (0.05, {"": "<gliss SPAN/>"}),
}
