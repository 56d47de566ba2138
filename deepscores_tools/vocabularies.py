"""The classes of printed music: the 136 of DeepScoresV2, and what that list leaves out.

DeepScoresV2's numbers 137..208 are a second annotation set (muscima++); extension classes
therefore start at 209. They carry names of DeepScores v1 or of SMuFL.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources


@dataclass(frozen=True, slots=True)
class SymbolClass:
    """One class: its number in files, its name, its gray value in segmentation images."""

    id: int
    name: str
    color: int


@dataclass(frozen=True)
class ClassTable:
    """An ordered list of classes, looked up by name or id. The order is the network's."""

    classes: Sequence[SymbolClass]

    def __post_init__(self) -> None:
        if len(self.by_name) != len(self.classes) or len(self.by_id) != len(self.classes):
            raise ValueError("class names and ids must be unique")

    def __len__(self) -> int:
        return len(self.classes)

    def __iter__(self) -> Iterator[SymbolClass]:
        return iter(self.classes)

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    @cached_property
    def by_name(self) -> dict[str, SymbolClass]:
        return {c.name: c for c in self.classes}

    @cached_property
    def by_id(self) -> dict[int, SymbolClass]:
        return {c.id: c for c in self.classes}

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.classes)

    def with_names(self, names: Iterable[str]) -> ClassTable:
        """The table and, numbered from its highest id on, the names that it has not."""
        last = max(self.by_id, default=0)
        new = [name for name in dict.fromkeys(names) if name not in self.by_name]
        return self + ClassTable([SymbolClass(i, n, i) for i, n in enumerate(new, last + 1)])

    def __add__(self, other: ClassTable) -> ClassTable:
        return ClassTable((*self.classes, *other.classes))


def _deepscores() -> ClassTable:
    text = resources.files("deepscores_tools").joinpath("deepscores_v2_classes.csv").read_text()
    rows = csv.DictReader(text.splitlines())
    return ClassTable(tuple(SymbolClass(int(r["id"]), r["name"], int(r["color"])) for r in rows))


_SPELLINGS = {"ledgerLine": "legerLine"}


def spelt(name: str) -> str:
    """A class name as this project spells it: DeepScoresV2's release has a d that its sample and
    we have not."""
    return _SPELLINGS.get(name, name)


_EXTENSION_NAMES = (
    "barlineSingle",
    "barlineHeavy",
    "barlineDashed",
    "barlineDotted",
    "bracket",
    "voltaBracket",
    "repeat1Bar",
    "repeat2Bars",
    "repeatBarSlash",
    "glissando",
    "breathMarkComma",
    "breathMarkTick",
    "systemDivider",
    "dynamicNiente",
    "noteheadXBlack",
    "noteheadDiamondBlack",
    "noteheadDiamondWhite",
    "ornamentShortTrill",
    "ornamentTremblement",
    "ornamentTurnSlash",
    "wiggleTrill",
    "restLonga",
    "restMaxima",
    "rest256th",
    "flag256thUp",
    "flag256thDown",
    "accidentalParensLeft",
    "accidentalParensRight",
    "tuplet0",
    "stringsHarmonic",
    "pluckedSnapPizzicato",
    "pluckedLeftHandPizzicato",
    "graceNoteSlash",
    "keyboardPedalLine",
)

DEEPSCORES = _deepscores()
"""The 136 classes of DeepScoresV2's own annotation set, with its ids and gray values."""

EXTENSIONS = ClassTable(
    tuple(SymbolClass(209 + k, name, 209 + k) for k, name in enumerate(_EXTENSION_NAMES))
)
"""Printed symbols that DeepScoresV2 does not annotate; dropped where strict v2 is written."""

PRINTED_CLASSES = DEEPSCORES + EXTENSIONS
"""What the engraver labels and the printed model detects."""
