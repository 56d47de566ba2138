"""A book of many pages in one go: memory at page 100 and at the last one, and pages a second.

    python -m benchmarks.batch [PAGES ...] [--count 1000] [-m MODEL] [--jobs N]

Without PAGES, PDFs of `count` small pages with one staff are made and detected: for the memory.
With PAGES (files, folders): their throughput against the network's own time (network_clock.py),
once as it computes alone, one page at a time on all cores, and once within the batch in processor
seconds, which also tell on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.network_clock import NetworkClock
from deepscores_tools.page_images import read_page
from deepscores_tools.page_sources import find_pages
from omr.batch import PageResult, detect_batch
from omr.detector import Detector
from omr.device import set_threads, usable_cores
from omr.outputs import Outputs, RunOptions

PAGES_A_PDF = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", type=Path, nargs="*")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("-m", "--model", default="printed")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    cores = usable_cores()
    detector = Detector.load(options.model, "cpu")
    with TemporaryDirectory() as folder:
        if options.pages:
            set_threads(cores)
            _alone(detector, options.pages)
        pages = options.pages or make_books(Path(folder), options.count)
        set_threads(max(cores // options.jobs, 1))
        _run(detector, pages, Path(folder) / "out", options.jobs)


def _alone(detector: Detector, pages: Sequence[Path]) -> None:
    sources, _ = find_pages(pages)
    clock = NetworkClock(detector)
    detector.detect(read_page(sources[0]).gray)  # the first run also sets the network up
    clock.wall = 0.0
    for source in sources:
        detector.detect(read_page(source).gray)
    print(f"the network alone, a page at a time: {clock.wall / len(sources):.2f} s a page")


def _run(detector: Detector, pages: Sequence[Path], out: Path, jobs: int) -> None:
    net = NetworkClock(detector)
    sources, failures = find_pages(pages)
    memory: list[float] = []

    def report(result: PageResult) -> None:
        memory.append(resident())
        if len(memory) % 100 == 0 or len(memory) == len(sources):
            print(f"page {len(memory)}: {memory[-1]:.0f} MiB", flush=True)

    wall, used = time.perf_counter(), time.process_time()
    results = detect_batch(
        detector, sources, Outputs(out, RunOptions(model="", model_hash="")), report, jobs
    )
    wall, used = time.perf_counter() - wall, time.process_time() - used
    count = len(results)
    failed = len(failures) + sum(r.failure is not None for r in results)
    print(f"{count} pages, {failed} failed, jobs {jobs}: {wall / count:.2f} s a page,"
          f" {used / count:.2f} processor seconds a page, the network {net.used / count:.2f}"
          f" ({used / net.used:.2f} x the network)")  # fmt: skip
    if count > PAGES_A_PDF:
        early, late = np.median(memory[90:110]), np.median(memory[-20:])
        print(f"memory: {early:.0f} MiB about page 100, {late:.0f} MiB at the end"
              f" ({late / early - 1:+.1%}); most {max(memory):.0f} MiB")  # fmt: skip


def resident() -> float:
    """MiB of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def make_books(folder: Path, count: int) -> list[Path]:
    """PDFs of up to 100 pages of 640 x 200 pixels (at 300 dpi), each with a staff of notes."""
    books = []
    for first in range(0, count, PAGES_A_PDF):
        numbers = range(first, min(first + PAGES_A_PDF, count))
        book = folder / f"book{first // PAGES_A_PDF:03}.pdf"
        pages = [_page(number) for number in numbers]
        pages[0].save(book, save_all=True, append_images=pages[1:], resolution=300)
        books.append(book)
    return books


def _page(number: int) -> Image.Image:
    page = Image.new("L", (640, 200), 255)
    draw = ImageDraw.Draw(page)
    for line in range(5):
        draw.line((20, 60 + 16 * line, 620, 60 + 16 * line), fill=0, width=2)
    for place in range(12):
        x, y = 60 + 45 * place, 60 + 8 * ((number * 7 + place * 5) % 9)
        draw.ellipse((x - 10, y - 7, x + 10, y + 7), fill=0)
        draw.line((x + 9, y, x + 9, y - 50), fill=0, width=2)
    return page


if __name__ == "__main__":
    main()
