"""What real pages have larger or smaller than made ones: sizes of symbols, class by class.

    python -m benchmarks.symbol_sizes FOUND MADE [--by-hand]

FOUND: what `omr detect` found on real pages. MADE: pages by `omr dataset render`. Tenth, fiftieth
and ninetieth percentile of width and height, in interlines; "*" marks a width or height whose
middle on real pages is rare (below the fifth or above the 95th percentile) on made ones.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.formats import read_selected
from deepscores_tools.symbols import Page

FEWEST = 30  # symbols of a class, on either side
SURE = 0.6  # least score of what was found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("found")
    parser.add_argument("made")
    parser.add_argument("--by-hand", action="store_true", help="made pages by an engraver's hand")
    options = parser.parse_args()
    found = sizes(read_selected(options.found))
    made = sizes(
        page for page in read_selected(options.made)
        if not options.by_hand or "hand" in page.attributes
    )  # fmt: skip
    print(f"{'':28}{'found':>6}  {'width':18}{'made: width':20}  {'height':18}{'made: height':20}")
    for name, real in sorted(found.items(), key=lambda item: -len(item[1])):
        if min(len(real), len(made.get(name, ()))) >= FEWEST:
            columns = "".join(map(_compared, real.T, made[name].T))
            print(f"{name:28}{len(real):6}  {columns}")


def sizes(pages: Iterable[Page]) -> dict[str, NDArray[np.float64]]:
    """Width and height of each symbol in interlines, (n, 2), by class."""
    rows: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for page in pages:
        for symbol in page.symbols if page.interline else ():
            if symbol.score is None or symbol.score >= SURE:
                box = symbol.box
                rows[symbol.name].append((box.width / page.interline, box.height / page.interline))
    return {name: np.array(row) for name, row in rows.items()}


def _compared(real: NDArray[np.float64], made: NDArray[np.float64]) -> str:
    low, high = np.percentile(made, (5, 95))
    mark = " " if low <= np.median(real) <= high else "*"
    return f"{_spread(real):18}{_spread(made):18}{mark}   "


def _spread(lengths: NDArray[np.float64]) -> str:
    return " ".join(f"{v:.2f}" for v in np.percentile(lengths, (10, 50, 90)))


if __name__ == "__main__":
    main()
