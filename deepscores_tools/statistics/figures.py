"""The pictures of a dataset's statistics, as PNG: the thesis's figures 5.3 and 5.4, and sizes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from deepscores_tools.statistics.counts import Statistics
from deepscores_tools.statistics.summary import by_count
from deepscores_tools.whole_file import write_whole

COLUMNS = 10  # of the examples
_BINS_A_DECADE = (10, 20, 50, 100)
_FEW_BINS = 12  # finer ones are taken if there would be fewer
_INK = "#30506e"
_PLAIN = FuncFormatter(lambda value, _: f"{value:,.0f}")


def write_figures(
    statistics: Statistics, examples: Mapping[str, NDArray[np.uint8]], out: Path
) -> None:
    """Write class_frequencies, objects_per_page, sizes and, if any, examples.png to a folder.

    Raises InputError where that cannot be done.
    """
    figures = {
        "class_frequencies": class_frequencies(statistics),
        "objects_per_page": objects_per_page(statistics),
        "sizes": sizes(statistics),
    }
    if examples:
        figures["examples"] = example_sheet(statistics, examples)
    for name, figure in figures.items():
        stream = BytesIO()
        FigureCanvasAgg(figure)
        # Without matplotlib's version in it, equal data give equal bytes.
        figure.savefig(stream, format="png", metadata={"Software": None})
        write_whole(out / f"{name}.png", stream.getvalue())


def class_frequencies(statistics: Statistics) -> Figure:
    """A bar a class, from the commonest to the rarest, on a logarithmic scale."""
    counts = by_count(statistics.classes)
    figure = _figure(8, 1 + 0.16 * max(len(counts), 4))
    axes = figure.add_subplot()
    places = np.arange(len(counts))
    axes.barh(places, list(counts.values()), height=0.8, color=_INK)
    axes.set_yticks(places, list(counts), fontsize=7, parse_math=False)  # names may hold $
    axes.set_ylim(len(counts) - 0.4, -0.6)
    if counts:
        axes.set_xscale("log")
        axes.set_xlim(0.7, max(counts.values()) * 2)
        for place, count in enumerate(counts.values()):
            axes.text(count * 1.06, place, f"{count:,}", fontsize=6, va="center")
    axes.set_xlabel("symbols")
    axes.set_title(f"{statistics.symbols:,} symbols of {len(counts)} classes", fontsize=9)
    return figure


def objects_per_page(statistics: Statistics) -> Figure:
    """Figure 5.4: pages by the number of their symbols, logarithmic, of unit area."""
    figure = _figure(7, 4)
    axes = figure.add_subplot()
    empty = statistics.page_counts[0]
    counts = Counter({n: pages for n, pages in statistics.page_counts.items() if n})
    _histogram(axes, counts)
    axes.set_xlabel("symbols on a page" + (f" ({empty} pages have none)" if empty else ""))
    axes.set_ylabel("density of pages (area 1 over log10)")
    mean, median = (statistics.per_page()[m] for m in ("mean", "median"))
    title = f"{statistics.pages:,} pages, mean {mean:,.0f}, median {median:,.0f} symbols"
    axes.set_title(title, fontsize=9)
    return figure


def sizes(statistics: Statistics) -> Figure:
    """Widths and heights of all symbols, in pixels, logarithmic, of unit area."""
    figure = _figure(9, 4)
    for number, (what, by_class) in enumerate(
        (("width", statistics.widths), ("height", statistics.heights)), 1
    ):
        axes = figure.add_subplot(1, 2, number)
        total: Counter[int] = Counter()
        for counter in by_class.values():
            total.update(counter)
        _histogram(axes, total)
        axes.set_xlabel(f"{what} of a symbol in pixels")
        axes.set_ylabel("density of symbols (area 1 over log10)")
    return figure


def example_sheet(statistics: Statistics, examples: Mapping[str, NDArray[np.uint8]]) -> Figure:
    """Figure 5.3: one example of each class, at interline 20, from the commonest on."""
    names = [name for name in by_count(statistics.classes) if name in examples]
    rows = math.ceil(len(names) / COLUMNS)
    figure = _figure(1.35 * COLUMNS, 1.75 * rows)
    for number, name in enumerate(names, 1):
        axes = figure.add_subplot(rows, COLUMNS, number)
        axes.imshow(examples[name], cmap="gray", vmin=0, vmax=255, interpolation="bilinear")
        axes.set_xticks([])
        axes.set_yticks([])
        part = statistics.classes[name] / statistics.symbols
        shown = name if len(name) <= 22 else f"{name[:21]}…"
        axes.set_title(f"{shown}\n{_percent(part)}", fontsize=5.5, pad=2, parse_math=False)
    return figure


def _histogram(axes: Any, counts: Mapping[int, int]) -> None:
    axes.set_xscale("log")
    if not counts:
        return
    values = np.log10(np.array(list(counts), dtype=np.float64))
    weights = np.array(list(counts.values()), dtype=np.float64)
    spread = float(values.max() - values.min())
    enough = (bins for bins in _BINS_A_DECADE if spread * bins >= _FEW_BINS)
    bins = next(enough, _BINS_A_DECADE[-1] if spread else _BINS_A_DECADE[0])
    first, last = math.floor(values.min() * bins), math.floor(values.max() * bins) + 1
    edges = np.arange(first, last + 1) / bins
    density, _ = np.histogram(values, bins=edges, weights=weights, density=True)
    lefts = 10 ** edges[:-1]
    axes.bar(lefts, density, width=10 ** edges[1:] - lefts, align="edge", color=_INK,
             edgecolor="white", linewidth=0.5)  # fmt: skip
    axes.xaxis.set_major_formatter(_PLAIN)
    # Between the decades numbers only where there are not two decades to read them from.
    axes.xaxis.set_minor_formatter(NullFormatter() if spread > 1 else _PLAIN)


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), dpi=120, layout="constrained")


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %" if part >= 0.001 else f"{100 * part:.2g} %"
