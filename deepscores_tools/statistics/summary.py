"""What a dataset holds, counted in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deepscores_tools.symbols import Page


@dataclass
class Summary:
    """format: its name here. classes: symbols of each class. The rest are counts of pages
    (images, interlines) and of symbols (masks, links, scores, second_classes)."""

    format: str
    pages: int = 0
    symbols: int = 0
    images: int = 0
    interlines: int = 0
    masks: int = 0
    links: int = 0
    scores: int = 0
    second_classes: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    page_attributes: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and texts; classes from the commonest to the rarest."""
        found: dict[str, Any] = dict(vars(self))
        found["classes"] = by_count(self.classes)
        found["page_attributes"] = dict(sorted(self.page_attributes.items()))
        return found


def summarise(pages: Iterable[Page], format_name: str) -> Summary:
    """Count pages, symbols and classes, one page in memory at a time."""
    summary = Summary(format_name)
    for page in pages:
        summary.pages += 1
        summary.symbols += len(page.symbols)
        summary.images += page.image is not None
        summary.interlines += page.interline is not None
        summary.page_attributes.update(page.attributes.keys())  # how many pages have each
        for symbol in page.symbols:
            summary.classes[symbol.name] += 1
            summary.masks += symbol.mask is not None
            summary.links += len(symbol.outlinks)
            summary.scores += symbol.score is not None
            summary.second_classes += symbol.second_name is not None
    return summary


def by_count(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts from the largest to the smallest, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
