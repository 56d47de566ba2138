"""Seconds and memory that one page costs: `python -m benchmarks.speed PAGE [-m MODEL]`.

Load time apart (--device cuda for a GPU); then the median of several runs of the whole detection
and of its parts, and the peak memory of the process. How many times the network's own share
(network_clock.py) the whole takes tells what goes to anything else.
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
    whole, network = [], []
    for _ in range(options.runs):
        clock.wall = 0.0
        whole.append(_seconds(lambda: detector.detect(gray)))
        network.append(clock.wall)
    times = median(w / n for w, n in zip(whole, network, strict=True))
    rows = {
        "detect": median(whole),
        "  network": median(network),
        "  staves": median(_seconds(lambda: find_staves(ink)) for _ in range(options.runs)),
        "  ink": median(_seconds(lambda: ink_of(gray, interline)) for _ in range(options.runs)),
    }
    for name, seconds in rows.items():
        print(f"{name:18}{seconds:7.2f} s")
    print(f"a detection takes {times:.2f} times as long as its network (median of the runs)")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(page.symbols)} symbols; peak memory {peak:.2f} GiB")


def _seconds(part: Callable[[], object]) -> float:
    start = time.perf_counter()
    part()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
