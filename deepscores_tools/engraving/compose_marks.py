"""What stands above, below and between the notes of a composed measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from deepscores_tools.engraving.compose_layer import Staff

_DYNAMICS = [
    "p", "pp", "ppp", "mp", "mf", "f", "ff", "fff", "sf", "sfz", "fz", "rf", "rfz", "sfp", "fp",
    "sffz", "r", "z", "s", "m", "n", "mfz",
]  # fmt: skip
_WORDS = ["dolce", "espr.", "cresc.", "rit.", "a tempo", "sempre", "con fuoco", "simile"]


def measure_marks(rng: np.random.Generator, staff: Staff, notes: Sequence[str]) -> str:
    """Control events for one staff of a measure as MEI text. notes: ids in order."""
    if not notes:
        return ""
    marks: list[str] = []
    for maker, chance in _MAKERS:
        if rng.random() < chance:
            marks.append(maker(rng, staff, notes))
    for note in notes:
        if rng.random() < 0.12:
            digit = int(rng.integers(0, 6))
            marks.append(f'<fing startid="#{note}" place="{_side(rng)}">{digit}</fing>')
    return "".join(marks)


def _side(rng: np.random.Generator) -> str:
    return str(rng.choice(["above", "below"]))


def _one(rng: np.random.Generator, notes: Sequence[str]) -> str:
    return str(rng.choice(list(notes)))


def _two(rng: np.random.Generator, notes: Sequence[str]) -> tuple[str, str]:
    if len(notes) < 2:
        return notes[0], notes[0]
    a, b = sorted(rng.choice(len(notes), 2, replace=False))
    return notes[int(a)], notes[int(b)]


def _at_note(pattern: str) -> Callable[[np.random.Generator, Staff, Sequence[str]], str]:
    """A mark on one note; `SIDE` in the pattern is drawn."""

    def make(rng: np.random.Generator, staff: Staff, notes: Sequence[str]) -> str:
        text = pattern.replace("SIDE", _side(rng)).replace("WAY", str(rng.choice(_WAYS)))
        return text.replace("NOTE", f'startid="#{_one(rng, notes)}"')

    return make


def _spanning(pattern: str) -> Callable[[np.random.Generator, Staff, Sequence[str]], str]:
    """A mark from one note to a later one."""

    def make(rng: np.random.Generator, staff: Staff, notes: Sequence[str]) -> str:
        first, last = _two(rng, notes)
        if first == last:
            return ""
        text = pattern.replace("SIDE", _side(rng)).replace("DIS", str(rng.choice(["8", "15"])))
        text = text.replace("FORM", str(rng.choice(["cres", "dim"])))
        return text.replace("SPAN", f'startid="#{first}" endid="#{last}"')

    return make


_WAYS = ["upper", "lower"]


def _dynamic(rng: np.random.Generator, staff: Staff, notes: Sequence[str]) -> str:
    mark = str(rng.choice(_DYNAMICS))
    return f'<dynam place="below" startid="#{_one(rng, notes)}">{mark}</dynam>'


def _word(rng: np.random.Generator, staff: Staff, notes: Sequence[str]) -> str:
    return f'<dir place="{_side(rng)}" startid="#{_one(rng, notes)}">{rng.choice(_WORDS)}</dir>'


def _pedal(rng: np.random.Generator, staff: Staff, notes: Sequence[str]) -> str:
    first, last = _two(rng, notes)
    form = str(rng.choice(["pedstar", "pedstar", "line"]))
    return (
        f'<pedal dir="down" place="below" form="{form}" startid="#{first}"/>'
        f'<pedal dir="up" place="below" form="{form}" startid="#{last}"/>'
    )


_MAKERS: Sequence[tuple[Callable[[np.random.Generator, Staff, Sequence[str]], str], float]] = (
    (_dynamic, 0.45),
    (_word, 0.08),
    (_pedal, 0.12),
    (_at_note('<fermata place="SIDE" NOTE/>'), 0.12),
    (_at_note('<trill place="above" NOTE/>'), 0.08),
    (_at_note('<turn form="WAY" place="above" NOTE/>'), 0.22),
    (_at_note('<mordent form="WAY" place="above" NOTE/>'), 0.2),
    (_at_note('<turn glyph.auth="smufl" glyph.num="U+E569" place="above" NOTE/>'), 0.05),
    (_at_note('<mordent glyph.auth="smufl" glyph.num="U+E56E" place="above" NOTE/>'), 0.05),
    (_at_note("<caesura NOTE/>"), 0.12),
    (_spanning('<trill extender="true" place="above" SPAN/>'), 0.04),
    (_at_note("<breath NOTE/>"), 0.08),
    (_at_note('<repeatMark func="segno" place="above" NOTE/>'), 0.1),
    (_at_note('<repeatMark func="coda" place="above" NOTE/>'), 0.1),
    (_at_note("<arpeg NOTE/>"), 0.1),
    (_spanning("<slur SPAN/>"), 0.25),
    (_spanning('<hairpin form="FORM" place="below" SPAN/>'), 0.18),
    (_spanning('<octave dis="DIS" dis.place="SIDE" SPAN/>'), 0.12),
    (_spanning("<gliss SPAN/>"), 0.05),
)
