"""What a `.krn` encoding says is printed on each system: noteheads, rests, accidentals, arcs.

Notes: visible ones (no `yy`), graces included, each tied note by itself; a unison of two voices
on one staff at one time counts once. Rests: visible ones, whole-bar rests included; beside these,
how many two voices of a staff share, as they begin together, last as long and are not told to lie
apart. Accidentals: those that verovio prints from the encoding, key signatures apart. Arcs: slurs
and ties; one that a break falls into is printed on both systems.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

BREAKS = ("!!LO:LB:g=original", "!!LO:PB:g=original")
PITCH = re.compile(r"([a-gA-G])\1*(?:#+|-+|n)?")
REST = re.compile(r"[\d%.]+|[a-gA-G]+")  # its duration, and its place on the staff where told
REMOVED, SPLIT, JOINED, EXCHANGED, ADDED = "*-", "*^", "*v", "*x", "*+"


@dataclass(frozen=True, slots=True)
class SystemTruth:
    """Symbols printed on one system. unisons: second noteheads of unisons, not in notes.

    shared_rests: of rests, those that another voice has as well: engravers print one for both.
    """

    notes: int = 0
    rests: int = 0
    unisons: int = 0
    shared_rests: int = 0
    accidentals: int = 0
    arcs: int = 0


@dataclass(slots=True)
class _Spine:
    staff: str
    kern: bool
    tremolo: bool = False
    beam: list[str] = field(default_factory=list)  # chords of the open beam in a tremolo


def count_systems(path: Path) -> list[SystemTruth]:
    """The truth of every original system of a movement, in order."""
    text = path.read_text(encoding="utf-8")
    systems = count_kern(text.splitlines())
    accidentals = printed_accidentals(path)
    if len(accidentals) != len(systems):
        raise ValueError(
            f"{path}: {len(systems)} systems in the encoding, {len(accidentals)} by verovio"
        )
    return [replace(s, accidentals=n) for s, n in zip(systems, accidentals, strict=True)]


def count_kern(lines: Sequence[str]) -> list[SystemTruth]:
    """Notes, rests and arcs of every system of a kern file in lines; accidentals are left 0."""
    spines: list[_Spine] = []
    open_arcs = 0
    systems = [Counter[str]()]
    for line in lines:
        if line.startswith(BREAKS):
            systems.append(Counter(arcs=open_arcs))
        elif line.startswith("**"):
            spines = [_Spine(str(i), token == "**kern") for i, token in enumerate(line.split("\t"))]
        elif line.startswith("*"):
            spines = _interpreted(spines, line.split("\t"))
        elif line and not line.startswith(("!", "=")):
            tokens = line.split("\t")
            systems[-1] += _counted(spines, tokens)
            begun, ended = _arcs(spines, tokens)
            systems[-1]["arcs"] += begun
            open_arcs = max(open_arcs - ended, 0) + begun  # some end that never began
    return [
        SystemTruth(s["notes"], s["rests"], s["unisons"], s["shared rests"], arcs=s["arcs"])
        for s in systems
    ]


def _counted(spines: Sequence[_Spine], tokens: Sequence[str]) -> Counter[str]:
    """What one line of simultaneous tokens prints."""
    found: Counter[str] = Counter()
    seen: dict[tuple[str, bool, str], _Spine] = {}
    rests: set[tuple[str, str]] = set()
    for spine, token in zip(spines, tokens, strict=True):
        if not spine.kern or token == "." or _abbreviated(spine, token):
            continue
        for note in token.split(" "):
            pitch = PITCH.search(note)
            if "r" in note:
                if "y" not in note:
                    rest = spine.staff, "".join(REST.findall(note))
                    found["rests"] += 1
                    found["shared rests"] += rest in rests
                    rests.add(rest)
            elif pitch and "yy" not in note:
                place = (spine.staff, "q" in note, pitch.group())
                unison = seen.setdefault(place, spine) is not spine
                found["unisons" if unison else "notes"] += 1
    return found


def _arcs(spines: Sequence[_Spine], tokens: Sequence[str]) -> tuple[int, int]:
    """How many slurs and ties begin and end in one line of simultaneous tokens."""
    marks = Counter("".join(t for s, t in zip(spines, tokens, strict=True) if s.kern))
    inner = marks["_"]  # ends one tie and begins the next
    return marks["("] + marks["["] + inner, marks[")"] + marks["]"] + inner


def _abbreviated(spine: _Spine, token: str) -> bool:
    """Is the chord a repetition that a tremolo's strokes stand for?

    Between *tremolo and *Xtremolo a beam that alternates two chords prints these two only, a
    beam that repeats one prints that one.
    """
    if not spine.tremolo:
        return False
    if "L" in token:
        spine.beam = []
    chord = " ".join(m.group() for m in PITCH.finditer(token))
    repeated = chord in spine.beam
    spine.beam.append(chord)
    return repeated


def _interpreted(spines: Sequence[_Spine], tokens: Sequence[str]) -> list[_Spine]:
    """The spines after a line of interpretations: split, joined, exchanged, ended."""
    after: list[_Spine] = []
    joining = False
    for spine, token in zip(spines, tokens, strict=True):
        if token.startswith("*staff") and "/" not in token:
            spine.staff = token.removeprefix("*staff")
        elif token in ("*tremolo", "*Xtremolo"):
            spine.tremolo = token == "*tremolo"
        if token == SPLIT:
            after += [spine, _Spine(spine.staff, spine.kern, spine.tremolo)]
        elif token in (ADDED, EXCHANGED):
            raise ValueError(f"{token}: no spine of these encodings is added or exchanged")
        elif token != REMOVED and not (token == JOINED and joining):
            after.append(spine)
        # A join takes neighbouring *v of one staff; the first of them stays.
        joining = token == JOINED
    return after


def printed_accidentals(path: Path) -> list[int]:
    """Accidentals that verovio prints on every original system, key signatures apart."""
    import verovio
    from lxml import etree

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({"inputFrom": "humdrum", "breaks": "encoded"})
    if not toolkit.loadFile(str(path)):
        raise ValueError(f"{path}: verovio cannot read it")
    counts = [0]
    begun = False
    for element in etree.fromstring(toolkit.getMEI().encode()).iter(etree.Element):
        name = etree.QName(element).localname
        if name in ("sb", "pb") and begun:
            counts.append(0)
        begun = begun or name == "measure"
        hidden = element.get("visible") == "false" or element.getparent() is None
        if name in ("note", "accid") and element.get("accid") and not hidden:
            counts[-1] += 1
    return counts
