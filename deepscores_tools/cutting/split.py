"""Divide a dataset into train, val and test by whole pages, writers or works."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deepscores_tools.cutting.units import Unit, required_unit, unit_of
from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Page

SETS = ("train", "val", "test")
UNITS: Sequence[Unit] = ("page", "writer", "work")


@dataclass(frozen=True, slots=True)
class PlacedPage:
    """A page's key, what it is of (unit -> name, None where unknown), and its set."""

    key: str
    units: Mapping[Unit, str | None]
    set: str


def split_pages(
    pages: Iterable[Page], by: Unit, fractions: Mapping[str, float], seed: int = 0
) -> list[PlacedPage]:
    """The set of each page, in the order of the pages; all pages of a unit are in one set.

    fractions: of the pages, for test and val; train has the rest. The same units, fractions
    and seed give the same sets, whatever the order of the pages. Each set that is asked for
    gets one unit at least. Raises InputError where there are too few, or a unit is not known.
    """
    rest = 1 - sum(fractions.values())
    if rest <= 0 or min(fractions.values(), default=0) < 0:
        raise ValueError(f"fractions {fractions} leave nothing to train on")
    keys: dict[str, Mapping[Unit, str | None]] = {}
    sizes: Counter[str] = Counter()
    for page in pages:
        if page.key in keys:
            raise InputError(page.name, "two pages have this page's key")
        sizes[required_unit(page, by)] += 1
        keys[page.key] = {unit: unit_of(page, unit) for unit in UNITS}
    set_of = _assign(sizes, {k: v for k, v in fractions.items() if v > 0}, seed)
    return [PlacedPage(key, units, set_of[str(units[by])]) for key, units in keys.items()]


def overlaps(placed: Iterable[PlacedPage], by: Unit) -> dict[str, Counter[str]]:
    """For each other unit: how many there are, and how many lie in each pair of sets.

    {"work": {"all": 20, "train and test": 20}}; units that no page has are left out.
    """
    found: dict[str, Counter[str]] = {}
    pages = list(placed)
    for unit in UNITS:
        if unit in ("page", by):
            continue
        sets: dict[str, set[str]] = {}
        for page in pages:
            name = page.units[unit]
            if name is not None:
                sets.setdefault(name, set()).add(page.set)
        counts: Counter[str] = Counter(all=len(sets))
        for i, one in enumerate(SETS):
            for other in SETS[i + 1 :]:
                counts[f"{one} and {other}"] = sum({one, other} <= s for s in sets.values())
        if sets:
            found[unit] = counts
    return found


def _assign(sizes: Mapping[str, int], fractions: Mapping[str, float], seed: int) -> dict[str, str]:
    """The set of each unit: units in a random order go to a set until it has its pages."""
    units = sorted(sizes)
    if len(units) <= len(fractions):
        raise InputError("split", f"{len(units)} units are too few for "
                         f"{len(fractions) + 1} sets; split by another unit")  # fmt: skip
    random.Random(seed).shuffle(units)
    total = sum(sizes.values())
    set_of: dict[str, str] = {}
    for number, (name, fraction) in enumerate(sorted(fractions.items())):
        target, taken = fraction * total, 0
        spared = len(fractions) - number  # a unit for each set to come, and one for train
        while len(units) > spared and (not taken or _nearer(target, taken, sizes[units[-1]])):
            unit = units.pop()
            set_of[unit] = name
            taken += sizes[unit]
    return set_of | dict.fromkeys(units, "train")


def _nearer(target: float, taken: int, more: int) -> bool:
    return abs(target - taken - more) < abs(target - taken)
