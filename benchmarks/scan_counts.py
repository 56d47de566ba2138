"""Symbols found on scanned movements, counted by system and held against the encoding."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from deepscores_tools.formats import read_selected
from deepscores_tools.ink import ink_of
from deepscores_tools.page_images import read_page
from deepscores_tools.page_sources import pages_of_file
from deepscores_tools.staves import Staff, find_staves
from deepscores_tools.staves.systems import find_systems
from deepscores_tools.symbols import Page

KINDS = {  # how the class names begin
    "notehead": ("notehead",), "rest": ("rest",), "accidental": ("accidental",),
    "arc": ("slur", "tie"),
}  # fmt: skip
NONE_OF_THEM = {"accidentalParensLeft", "accidentalParensRight", "restHNr"}  # what stands with them


@dataclass(frozen=True, slots=True)
class PageScope:
    """A page of a movement: its systems, and which of them (from 1) the encoding covers."""

    number: int
    systems: int
    covered: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """True and found symbols of one kind in one movement, by covered system.

    stray: found on pages where systems could not be told apart; they count as found.
    aligned: as many systems were found as there are, so that each has its truth.
    """

    true: tuple[int, ...]
    found: tuple[int, ...]
    stray: int
    aligned: bool

    @property
    def total_true(self) -> int:
        return sum(self.true)

    @property
    def total_found(self) -> int:
        return sum(self.found) + self.stray

    @property
    def off(self) -> int:
        """Sum over systems of |found - true|; over the movement where systems disagree."""
        if not self.aligned:
            return abs(self.total_found - self.total_true)
        return self.stray + sum(abs(f - t) for f, t in zip(self.found, self.true, strict=True))

    @property
    def hits(self) -> int | None:
        """Sum over systems of min(found, true), None where systems disagree."""
        if not self.aligned:
            return None
        return sum(min(f, t) for f, t in zip(self.found, self.true, strict=True))


def read_scopes(path: Path) -> dict[str, list[PageScope]]:
    """`scan_systems.csv`: the pages of every movement, in order."""
    scopes: dict[str, list[PageScope]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            systems, chosen = int(row["systems"]), row["covered"]
            numbers = range(1, systems + 1) if chosen == "all" else map(int, chosen.split())
            page = PageScope(int(row["page"]), systems, tuple(numbers))
            scopes.setdefault(row["movement"], []).append(page)
    return scopes


def read_detections(
    folder: Path, least_score: float, only_set: str | None = None
) -> dict[tuple[str, int], Page]:
    """What was found, by movement (`mozart/sonata01-1`) and page.

    only_set: the set the pages belong to where `omr detect` was given that set's folder alone.
    """
    pages = {}
    for page in read_selected(str(folder)):
        if page.source and page.source_page:
            source = PurePosixPath(page.source)
            movement = f"{only_set or source.parent.name}/{source.stem}"
            sure = [s for s in page.symbols if (1.0 if s.score is None else s.score) >= least_score]
            pages[movement, page.source_page] = replace(page, symbols=sure)
    return pages


def nearest_system(staves: Sequence[Staff], systems: Sequence[Sequence[int]], y: float) -> int:
    """Index of the system (one at least) whose staves are nearest to y."""

    def away(system: Sequence[int]) -> float:
        top = float(staves[system[0]].lines[0].mean())
        bottom = float(staves[system[-1]].lines[4].mean())
        return max(top - y, y - bottom, 0.0)

    return min(range(len(systems)), key=lambda i: away(systems[i]))


def tally_movement(
    pdf: Path,
    scopes: Sequence[PageScope],
    pages: Sequence[Page],
    truth: dict[str, tuple[str, list[int]]],
) -> dict[str, Tally]:
    """A tally for each truth. truth: name -> kind of symbol, how many on each covered system."""
    found: dict[str, list[int]] = {kind: [] for kind in KINDS}
    stray = dict.fromkeys(KINDS, 0)
    aligned = all(
        len(counts) == sum(len(s.covered) for s in scopes) for _, counts in truth.values()
    )
    sources = pages_of_file(pdf)
    for scope, page in zip(scopes, pages, strict=True):
        gray = read_page(sources[scope.number - 1]).gray
        ink = ink_of(gray)
        staves = find_staves(ink).staves
        systems = find_systems(ink, staves)
        agrees = len(systems) == scope.systems
        aligned &= agrees
        counts = {kind: [0] * scope.systems for kind in KINDS}
        for symbol in page.symbols:
            middle = (symbol.box.y0 + symbol.box.y1) / 2
            kind = next((k for k, starts in KINDS.items() if symbol.name.startswith(starts)), None)
            if kind is None or symbol.name in NONE_OF_THEM:
                continue
            if agrees:
                y = middle * gray.shape[0] / page.height
                counts[kind][nearest_system(staves, systems, y)] += 1
            else:
                stray[kind] += 1
        for kind in KINDS:
            found[kind] += [counts[kind][number - 1] for number in scope.covered]
    return {
        name: Tally(tuple(counts), tuple(found[kind]), stray[kind], aligned)
        for name, (kind, counts) in truth.items()
    }
