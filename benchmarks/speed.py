"""Seconds and memory that one page costs: `python -m benchmarks.speed PAGE [-m MODEL]`.

Load time apart (--device cuda for a GPU); then the median of several runs of the whole detection
and of its parts, and the peak memory of the process. The network's mean share (network_clock.py)
tells what goes to anything else.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.network_clock import NetworkClock
from deepscores_tools.ink import ink_of
from deepscores_tools.page_images import read_first_page
from deepscores_tools.staves import find_staves
from omr.detector import Detector
from omr.device import set_threads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("-m", "--model", default="printed")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    set_threads(options.threads)
    start = time.perf_counter()
    detector = Detector.load(options.model, options.device)
    kinds = f"{'bytes and ' if detector.in_bytes else ''}{detector.dtype}"
    print(f"loaded in {time.perf_counter() - start:.2f} s, computing in {kinds}")
    start = time.perf_counter()
    gray = read_first_page(options.page).gray
    height, width = gray.shape
    print(f"{options.page.name}: {width} x {height}, read in {time.perf_counter() - start:.2f} s")
    page = detector.detect(gray)  # the first run also sets the network up
    interline = page.interline or 20.0
    ink = ink_of(gray, interline)
    clock = NetworkClock(detector)
    parts: dict[str, Callable[[], object]] = {
        "detect": lambda: detector.detect(gray),
        "  staves": lambda: find_staves(ink),
        "  ink": lambda: ink_of(gray, interline),
    }
    for name, part in parts.items():
        whole = _seconds(part, options.runs)
        print(f"{name:18}{whole:7.2f} s")
        if name == "detect":
            network = clock.wall / options.runs
            print(f"{'  network':18}{network:7.2f} s ({whole / network:.2f} times that in all)")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(page.symbols)} symbols; peak memory {peak:.2f} GiB")


def _seconds(part: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        part()
        times.append(time.perf_counter() - start)
    return median(times)


if __name__ == "__main__":
    main()
