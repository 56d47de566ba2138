"""How well pages are measured: interline, number of staves (`find_staves`), and of systems.

    python -m benchmarks.staves DATA [--rendered FOLDER]

DATA holds `muscima-pp/v2.0` and `scans`.

Handwritten: all pages of MUSCIMA++ 2.0, rebuilt from their masks; truth from the annotated staff
lines. Scans: `scan_staves.csv`, 30 pages measured by eye in magnified crops (the distance of line
1 and 5 of one staff, good to 1-2 %), with the page's width in pixels when it was measured.
Rendered: any dataset whose pages state their interline.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.dataset_image import page_image
from deepscores_tools.formats import read_selected
from deepscores_tools.formats.mung import read_page as read_mung_page
from deepscores_tools.ink import ink_of
from deepscores_tools.interline import true_interline
from deepscores_tools.page_images import read_page
from deepscores_tools.page_sources import pages_of_file
from deepscores_tools.staves import find_staves
from deepscores_tools.staves.systems import find_systems

HERE = Path(__file__).resolve().parent
GOAL = 0.03  # largest error of the interline


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A page and what is known of it. interline in pixels; None: not known."""

    name: str
    gray: NDArray[np.uint8]
    interline: float
    staves: int | None = None
    systems: int | None = None


def handwritten(annotations: Path) -> Iterator[Case]:
    for file in sorted(annotations.glob("*.xml")):
        page = read_mung_page(file)
        interline = true_interline(page.symbols)
        if interline is not None:
            staves = sum(symbol.name == "staff" for symbol in page.symbols)
            yield Case(file.stem, page_image(page), interline, staves)


def scans(folder: Path) -> Iterator[Case]:
    with (HERE / "scan_staves.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            number = int(row["page"])
            gray = read_page(pages_of_file(folder / row["file"])[number - 1]).gray
            interline = float(row["interline"]) * gray.shape[1] / int(row["width"])
            counts = int(row["staves"]), int(row["systems"])
            yield Case(f"{row['file']} {number}", gray, interline, *counts)


def rendered(folder: Path) -> Iterator[Case]:
    for page in read_selected(str(folder)):
        count = sum(symbol.name == "staff" for symbol in page.symbols)
        yield Case(page.name, page_image(page), page.interline or 1.0, count or None)


def report(title: str, cases: Iterable[Case]) -> None:
    """A line for every page that is off, and a summary of them all."""
    errors, seconds, off = [], [], {"staves": 0, "systems": 0}
    for case in cases:
        ink = ink_of(case.gray)
        started = time.process_time()
        found = find_staves(ink)
        seconds.append(time.process_time() - started)
        error = 1.0 if found.interline is None else found.interline / case.interline - 1
        errors.append(abs(error))
        wrong = [] if abs(error) <= GOAL else [f"interline {error:+.1%}"]
        for what, true, number in (
            ("staves", case.staves, len(found.staves)),
            ("systems", case.systems, len(find_systems(ink, found.staves))),
        ):
            if true is not None and number != true:
                off[what] += 1
                wrong.append(f"{what} {number}, true {true}")
        if wrong:
            print(f"  {case.name}: {'; '.join(wrong)}")
    if not errors:
        print(f"{title}: no pages")
        return
    print(
        f"{title}: {len(errors)} pages, interline error median {np.median(errors):.2%},"
        f" largest {max(errors):.2%}, over {GOAL:.0%}: {sum(e > GOAL for e in errors)};"
        f" pages with another number of staves {off['staves']}, of systems {off['systems']};"
        f" median {np.median(seconds):.2f} s, longest {max(seconds):.2f} s of processor time"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of muscima-pp/v2.0 and scans")
    parser.add_argument("--rendered", type=Path, help="a dataset of engraved pages")
    options = parser.parse_args()
    report("scans", scans(options.data / "scans"))
    report("handwritten", handwritten(options.data / "muscima-pp" / "v2.0" / "annotations"))
    if options.rendered:
        report("rendered", rendered(options.rendered))


if __name__ == "__main__":
    main()
