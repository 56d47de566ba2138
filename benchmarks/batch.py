"""A book of many pages in one go: memory at page 100 and at the last one, and pages a second.

    python -m benchmarks.batch [PAGES ...] [--count 1000] [-m MODEL] [--jobs N]

Without PAGES, PDFs of `count` small pages with one staff are made and detected: for the memory.
With PAGES (files, folders): their throughput against the time of the network's pyramid and refiner,
in wall-clock and in processor seconds; the latter also tell on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from deepscores_tools.page_sources import find_pages
from omr.batch import PageResult, detect_batch
from omr.detector import Detector, set_threads
from omr.outputs import Outputs, RunOptions

PAGES_A_PDF = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path, nargs="*")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("-m", "--model", default="printed")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    cores = os.cpu_count() or 1
    set_threads(max(cores // options.jobs, 1))
    detector = Detector.load(options.model, "cpu")
    net = _Clock()
    for part in filter(None, (detector.net, detector.net.refiner)):
        part.forward = net.timing(part.forward)
    with TemporaryDirectory() as folder:
        pages = options.pages or make_books(Path(folder), options.count)
        _run(detector, net, pages, Path(folder) / "out", options.jobs)


def _run(detector: Detector, net: _Clock, pages: Sequence[Path], out: Path, jobs: int) -> None:
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


class _Clock:
    """Adds up the processor seconds of the calls it times, of the threads that call."""

    def __init__(self) -> None:
        self.used = 0.0

    def timing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            begun = time.thread_time()
            result = function(*arguments)
            self.used += time.thread_time() - begun
            return result

        return timed


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
