"""The class lists of the field's datasets, by name, and the SMuFL glyphs of their classes."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from deepscores_tools.errors import InputError
from deepscores_tools.vocabularies import DEEPSCORES, PRINTED_CLASSES, ClassTable, SymbolClass


def rows_of(file_name: str) -> list[dict[str, str]]:
    """The rows of a table of this package, by the names in its first line."""
    text = resources.files(__package__).joinpath(file_name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _table(file_name: str) -> ClassTable:
    rows = rows_of(file_name)
    return ClassTable(tuple(SymbolClass(int(r["id"]), r["name"], int(r["color"])) for r in rows))


DEEPSCORES_V1 = _table("deepscores_v1.csv")
"""The names that DeepScores v1 was built with, numbered in their order. The released sets use
118 or 123 of them, which is not published; a dataset's own class_names.csv goes before this."""

DEEPSCORES_V2_SECOND = _table("deepscores_v2_second.csv")
"""The 72 classes of DeepScoresV2's annotation set muscima++, with its ids and gray values.
Noteheads of full size are noteheadFullSmall and noteheadHalfSmall in it."""

VOCABULARIES: Mapping[str, ClassTable] = MappingProxyType(
    {
        "printed": PRINTED_CLASSES,
        "deepscores-v1": DEEPSCORES_V1,
        "deepscores-v2": DEEPSCORES,
        "deepscores-v2-second": DEEPSCORES_V2_SECOND,
        "muscima-1.0": _table("muscima_1_0.csv"),
        "muscima-2.0": _table("muscima_2_0.csv"),
        "muscima-2.1": _table("muscima_2_1.csv"),
    }
)


def vocabulary(name: str) -> ClassTable:
    """The class list of that name. Raises InputError for a name that is not known."""
    if name not in VOCABULARIES:
        raise InputError(name, f"is no vocabulary; there are {', '.join(VOCABULARIES)}")
    return VOCABULARIES[name]


def smufl(class_name: str) -> int | None:
    """The SMuFL code point of a class of any of the vocabularies, None where it has none.

    Groups, texts, lines and curves have none, nor have digits whose use is not told. Variants
    by size or place (noteheadBlackOnLineSmall) have that of their glyph, and a clef or an
    accidental of a key signature too.
    """
    return _code_points().get(class_name)


@cache
def _code_points() -> Mapping[str, int]:
    return {row["class"]: int(row["codepoint"], 16) for row in rows_of("smufl.csv")}
