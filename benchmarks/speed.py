"""Seconds and memory that one page costs: `python -m benchmarks.speed PAGE [-m MODEL]`.

Load time apart; then the median of several runs of the whole detection and of its parts, and the
peak memory of the process. The network's share tells what goes to anything else.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

from deepscores_tools.ink import ink_of
from deepscores_tools.page_images import read_first_page
from deepscores_tools.staves import find_staves
from omr.detector import Detector, set_threads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("-m", "--model", default="printed")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    set_threads(options.threads)
    start = time.perf_counter()
    detector = Detector.load(options.model, "cpu")
    print(f"loaded in {time.perf_counter() - start:.2f} s, computing in {detector.dtype}")
    start = time.perf_counter()
    gray = read_first_page(options.page).gray
    height, width = gray.shape
    print(f"{options.page.name}: {width} x {height}, read in {time.perf_counter() - start:.2f} s")
    page = detector.detect(gray)  # the first run also sets the network up
    interline = page.interline or 20.0
    ink = ink_of(gray, interline)
    scale = detector.config.interline / interline
    small = np.zeros([-(-round(s * scale) // 32) * 32 for s in gray.shape], np.uint8)
    with torch.inference_mode():
        x = torch.from_numpy(small)[None, None].to(detector.dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        parts: dict[str, Callable[[], object]] = {
            "detect": lambda: detector.detect(gray),
            "  network alone": lambda: detector.net(x),
            "  staves": lambda: find_staves(ink),
            "  ink": lambda: ink_of(gray, interline),
        }
        for name, part in parts.items():
            print(f"{name:18}{_seconds(part, options.runs):7.2f} s")
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
