"""Statistics of a dataset: how many symbols a page and a class have, and how large they are.

The figures are those of the thesis's table 5.2. Values are kept as how often each occurs, so
memory does not grow with the number of pages.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deepscores_tools.statistics.summary import by_count
from deepscores_tools.symbols import Page
from deepscores_tools.whole_file import whole_stream, write_whole

Numbers = Mapping[str, float]

MEASURES = ("mean", "std", "max", "min", "median")


def measures(values: Mapping[int, int]) -> Numbers:
    """mean, std (of the whole, not of a sample), max, min, median of values and their counts."""
    total = sum(values.values())
    if not total:
        return dict.fromkeys(MEASURES, 0.0)
    mean = sum(v * n for v, n in values.items()) / total
    variance = sum(n * (v - mean) ** 2 for v, n in values.items()) / total
    return {
        "mean": mean, "std": math.sqrt(variance), "max": max(values), "min": min(values),
        "median": (_ranked(values, (total - 1) // 2) + _ranked(values, total // 2)) / 2,
    }  # fmt: skip


@dataclass
class Statistics:
    """Counted page by page with `add`.

    classes: symbols of each class. page_counts: symbols on a page -> pages. widths, heights:
    class -> whole pixels -> symbols.
    """

    pages: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    page_counts: Counter[int] = field(default_factory=Counter)
    widths: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    heights: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, page: Page) -> None:
        self.pages += 1
        self.page_counts[len(page.symbols)] += 1
        for symbol in page.symbols:
            self.classes[symbol.name] += 1
            self.widths[symbol.name][max(round(symbol.box.width), 1)] += 1
            self.heights[symbol.name][max(round(symbol.box.height), 1)] += 1

    @property
    def symbols(self) -> int:
        return self.classes.total()

    def per_page(self) -> Numbers:
        """Symbols per sheet, table 5.2's second column."""
        return measures(self.page_counts)

    def per_class(self) -> Numbers:
        """Symbols per class, table 5.2's third column, over the classes that occur."""
        return measures(Counter(self.classes.values()))

    def to_json(self) -> dict[str, object]:
        """Everything, as plain numbers; classes from the commonest to the rarest."""
        classes = by_count(self.classes)
        return {
            "pages": self.pages,
            "symbols": self.symbols,
            "symbols_per_page": self.per_page(),
            "symbols_per_class": self.per_class(),
            "part_of_the_ten_commonest_classes": self.part_of_commonest(10),
            "pages_by_symbols": dict(sorted(self.page_counts.items())),
            "classes": {
                name: {
                    "symbols": count,
                    "part": count / self.symbols,
                    "width": measures(self.widths[name]),
                    "height": measures(self.heights[name]),
                }
                for name, count in classes.items()
            },
        }

    def part_of_commonest(self, count: int) -> float:
        """Which part of all symbols the commonest classes have."""
        commonest = sum(n for _, n in self.classes.most_common(count))
        return commonest / self.symbols if self.symbols else 0.0


def table_text(statistics: Statistics) -> str:
    """Table 5.2 as text, rounded to whole symbols."""
    sheet, of_class = statistics.per_page(), statistics.per_class()
    names = {"mean": "Mean", "std": "Std. dev.", "max": "Maximum", "min": "Minimum",
             "median": "Median"}  # fmt: skip
    lines = [f"{'Statistic':10} {'Symbols per sheet':>18} {'Symbols per class':>18}"]
    lines += [f"{names[m]:10} {sheet[m]:>18,.0f} {of_class[m]:>18,.0f}" for m in MEASURES]
    return "\n".join(lines) + "\n"


def write_numbers(statistics: Statistics, out: Path) -> None:
    """Write statistics.json, table.txt and classes.csv to a folder. Raises InputError."""
    text = json.dumps(statistics.to_json(), ensure_ascii=False, indent=2)
    write_whole(out / "statistics.json", text + "\n")
    write_whole(out / "table.txt", table_text(statistics))
    with whole_stream(out / "classes.csv") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(("class", "symbols", "part", "median_width", "median_height"))
        for name, count in by_count(statistics.classes).items():
            sizes = (measures(c[name])["median"] for c in (statistics.widths, statistics.heights))
            rows.writerow((name, count, f"{count / statistics.symbols:.6f}", *sizes))


def collect(pages: Iterable[Page]) -> Statistics:
    """The statistics of all pages."""
    statistics = Statistics()
    for page in pages:
        statistics.add(page)
    return statistics


def _ranked(values: Mapping[int, int], rank: int) -> int:
    """The value of that rank, from 0, among all in their order."""
    for value in sorted(values):
        rank -= values[value]
        if rank < 0:
            return value
    raise ValueError("rank beyond the values")
