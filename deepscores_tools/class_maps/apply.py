"""Give the symbols of pages the classes of another list; what has none is counted and named."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from deepscores_tools.class_maps.maps import ClassMap, Mapped
from deepscores_tools.errors import InputError
from deepscores_tools.links import keep_links
from deepscores_tools.symbols import Page, Symbol
from deepscores_tools.vocabularies import spelt

_log = logging.getLogger("deepscores_tools.formats")


@dataclass
class MapReport:
    """What applying a map did, class by class; complete when the last page has been taken.

    mapped: symbols that have a class of the target list, by source class. lost: symbols whose
    class has no target. unknown: symbols whose class the map does not know. links: links to
    symbols that were left out.
    """

    mapped: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    links: int = 0

    def __str__(self) -> str:
        parts = [f"{self.mapped.total()} symbols have a class"]
        for what, counter in (("lost", self.lost), ("unknown to the map", self.unknown)):
            if counter:
                names = ", ".join(f"{name} ({n})" for name, n in sorted(counter.items()))
                parts.append(f"{counter.total()} {what}: {names}")
        if self.links:
            parts.append(f"{self.links} links to these left out")
        return "; ".join(parts)


def apply_map(
    pages: Iterable[Page],
    mapping: ClassMap,
    report: MapReport | None = None,
    unmapped: Literal["drop", "keep", "refuse"] = "drop",
) -> Iterator[Page]:
    """The pages, one at a time, with classes of the target list.

    A symbol whose class has no target, or which the map does not know, is dropped, kept under
    its own name or, with `refuse`, an InputError. Either way it is counted in `report`, and
    one warning at the end names these classes with their counts. Links to dropped symbols go.
    Either spelling of a class is the same class; see vocabularies.spelt.
    """
    report = MapReport() if report is None else report
    known = {spelt(mapped.source): mapped for mapped in mapping}
    for page in pages:
        symbols = []
        for symbol in page.symbols:
            name = _target(symbol, known, report)
            if name is None and unmapped == "refuse":
                raise InputError(
                    page.name, f"{symbol.name} has no class in {mapping.target}; "
                    "map it, or drop or keep what has none")  # fmt: skip
            if name is not None:
                symbols.append(replace(symbol, name=name))
            elif unmapped == "keep":
                symbols.append(symbol)
        yield replace(page, symbols=_without_dangling(symbols, page, report))
    if report.lost or report.unknown:
        _log.warning("%s to %s: %s", mapping.source, mapping.target, report)


def _target(symbol: Symbol, known: Mapping[str, Mapped], report: MapReport) -> str | None:
    mapped = known.get(spelt(symbol.name))
    if mapped is None:
        report.unknown[symbol.name] += 1
        return None
    (report.mapped if mapped.target is not None else report.lost)[symbol.name] += 1
    return mapped.target


def _without_dangling(symbols: list[Symbol], page: Page, report: MapReport) -> list[Symbol]:
    """The symbols less their links to those of the page that are not among them."""
    gone = {s.id for s in page.symbols} - {s.id for s in symbols}
    if not gone:
        return symbols
    kept = []
    for symbol in symbols:
        linked = keep_links(symbol, lambda link: link not in gone)
        report.links += len(symbol.outlinks) - len(linked.outlinks)
        kept.append(linked)
    return kept
