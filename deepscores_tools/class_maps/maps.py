"""Maps from one class list to another, which say of each class what becomes of it.

A table `A__B.csv` of this package lists where A differs from B: a class it does not list has
the class of the same name in B, or is lost if there is none. Maps between lists that no table
joins are composed of those that are.
"""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal, cast, get_args

from deepscores_tools.class_maps.tables import VOCABULARIES, rows_of, vocabulary
from deepscores_tools.errors import InputError, reason

Kind = Literal["exact", "merges", "splits", "lost"]
_KINDS: Sequence[Kind] = get_args(Kind)  # from the best to the worst

_TABLES = (
    ("muscima-1.0", "muscima-2.0"),
    ("muscima-2.0", "muscima-2.1"),
    ("muscima-2.1", "muscima-2.0"),
    ("muscima-2.1", "printed"),
    ("printed", "muscima-2.1"),
    ("deepscores-v1", "printed"),
    ("printed", "deepscores-v1"),
    ("deepscores-v1", "muscima-2.1"),
    ("muscima-2.1", "deepscores-v1"),
    ("deepscores-v2", "deepscores-v2-second"),
    ("deepscores-v2-second", "muscima-2.1"),
    ("muscima-2.1", "deepscores-v2-second"),
)
_BY_NAME = (("printed", "deepscores-v2"), ("deepscores-v2", "printed"))  # no differences to list


@dataclass(frozen=True, slots=True)
class Mapped:
    """What becomes of one class.

    exact: the same symbols under another name. merges: other classes have this target too.
    splits: the target list divides this class, and target is what most of it is. lost: there
    is no target (None); note says why, or into what it would have to be divided.
    """

    source: str
    target: str | None
    kind: Kind
    note: str = ""


@dataclass(frozen=True)
class ClassMap:
    """A map from the classes of one list to those of another, by their names."""

    source: str
    target: str
    classes: Sequence[Mapped]

    @cached_property
    def by_source(self) -> Mapping[str, Mapped]:
        return {mapped.source: mapped for mapped in self.classes}

    def __iter__(self) -> Iterator[Mapped]:
        return iter(self.classes)

    def counts(self) -> Mapping[Kind, int]:
        """How many classes there are of each kind."""
        counted = Counter(mapped.kind for mapped in self.classes)
        return {kind: counted[kind] for kind in _KINDS}


@cache
def class_map(source: str, target: str) -> ClassMap:
    """The map between two vocabularies by their names. Raises InputError where there is none."""
    names = vocabulary(source).names
    vocabulary(target)
    if source == target:
        return ClassMap(source, target, tuple(Mapped(n, n, "exact") for n in names))
    path = _path(source, target)
    steps = [_table(*pair) for pair in pairwise(path)]
    return _settled(source, target, (_through(name, steps) for name in names))


def read_map(file: Path) -> ClassMap:
    """A map from a CSV of `source,target`, with a header; an empty target drops the class.

    Further columns kind and note may follow; without a kind, sources of one target merge.
    Raises InputError.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, restval=""))
    except OSError as error:
        raise InputError(file, f"cannot be read ({reason(error)})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(file, f"is not CSV: {error}") from error
    if not rows or not {"source", "target"} <= rows[0].keys():
        raise InputError(file, "is no class map: expected the columns source,target")
    sources = Counter(row["source"] for row in rows)
    double = next((name for name, count in sources.items() if count > 1 or not name), None)
    if double is not None:
        raise InputError(file, f"the source class {double!r} is empty or listed twice")
    try:
        return _settled(file.stem, file.stem, (_mapped(row) for row in rows))
    except ValueError as error:
        raise InputError(file, str(error)) from error


def _path(source: str, target: str) -> Sequence[str]:
    """The shortest way from list to list over the tables there are."""
    paths: deque[tuple[str, ...]] = deque([(source,)])
    seen = {source}
    while paths:
        path = paths.popleft()
        if path[-1] == target:
            return path
        for start, end in (*_BY_NAME, *_TABLES):
            if start == path[-1] and end not in seen:
                seen.add(end)
                paths.append((*path, end))
    raise InputError(f"{source} to {target}", "there is no map between these vocabularies")


@cache
def _table(source: str, target: str) -> Mapping[str, Mapped]:
    listed = [] if (source, target) in _BY_NAME else rows_of(f"{source}__{target}.csv")
    table = {row["source"]: _mapped(row) for row in listed}
    known = VOCABULARIES[target]
    for name in VOCABULARIES[source].names:
        same = Mapped(name, name, "exact") if name in known else Mapped(name, None, "lost")
        table.setdefault(name, same)
    return table


def _mapped(row: Mapping[str, str]) -> Mapped:
    target = row["target"] or None
    kind = row.get("kind") or ("exact" if target else "lost")
    if kind not in _KINDS or (kind == "lost") != (target is None):
        raise ValueError(f"{row['source']}: kind {kind!r} with target {target!r}")
    return Mapped(row["source"], target, cast(Kind, kind), row.get("note") or "")


def _through(name: str, steps: Iterable[Mapping[str, Mapped]]) -> Mapped:
    at: str | None = name
    kinds: list[Kind] = ["exact"]
    notes: list[str] = []
    for step in steps:
        if at is None:
            break
        mapped = step[at]
        at = mapped.target
        kinds.append(mapped.kind)
        notes += [mapped.note] if mapped.note else []
    return Mapped(name, at, max(kinds, key=_KINDS.index), "; ".join(notes))


def _settled(source: str, target: str, classes: Iterable[Mapped]) -> ClassMap:
    """The map, in which exact classes that share a target are said to merge."""
    found = list(classes)
    shared = Counter(mapped.target for mapped in found)
    settled = []
    for mapped in found:
        kind: Kind = mapped.kind
        if kind == "exact" and shared[mapped.target] > 1:
            kind = "merges"
        settled.append(Mapped(mapped.source, mapped.target, kind, mapped.note))
    return ClassMap(source, target, tuple(settled))
