"""Milliseconds per 600 px crop and per page, for each kind of scan, on one core.

    python -m benchmarks.degradation [PAGE.png] [--repeat 60]

Without a page, one of staves and ellipses is made up. Budget: 6 ms per crop on average over
draw_preset(), 0.5 s for the warp of a 2100 x 2970 page with 1,100 symbols.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.degradation import (
    PRESETS,
    degrade,
    degrade_page,
    draw_preset,
    draw_warp,
    warp_page,
)
from deepscores_tools.engraving.render import SKEWED
from deepscores_tools.symbols import Box, Page, Symbol

INTERLINE = 16.0
SYMBOLS = 1100


def made_up_page(width: int = 2100, height: int = 2970) -> tuple[NDArray[np.uint8], Page]:
    """Twelve staves and 1,100 ellipses."""
    rng = np.random.default_rng(0)
    image = np.full((height, width), 255, np.uint8)
    symbols = []
    for top in np.linspace(150, height - 250, 12):
        y = int(top)
        for line in range(5):
            cv2.line(image, (100, y + 16 * line), (width - 100, y + 16 * line), 0, 2)
        mask = np.zeros((66, width - 200), np.bool_)
        for line in range(5):
            mask[16 * line : 16 * line + 2] = True
        symbols.append(Symbol(name="staff", box=Box(100, y, width - 100, y + 66), mask=mask))
    head = np.zeros((15, 21), np.uint8)
    cv2.ellipse(head, (10, 7), (9, 6), -20, 0, 360, 255, -1)
    for _ in range(SYMBOLS - len(symbols)):
        x, y = (int(v) for v in rng.integers((100, 100), (width - 130, height - 130)))
        image[y : y + 15, x : x + 21][head > 0] = 0
        symbols.append(Symbol(name="notehead", box=Box(x, y, x + 21, y + 15), mask=head > 0))
    page = Page(name="made.png", width=width, height=height, interline=INTERLINE, symbols=symbols)
    return image, page


def milliseconds(run: Callable[[int], object], repeat: int) -> float:
    """Processor time of one call, mean over seeds; a first call warms the noise tiles."""
    run(0)
    start = time.process_time()
    for seed in range(repeat):
        run(seed)
    return 1000 * (time.process_time() - start) / repeat


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", nargs="?", help="a clean page at interline 16, PNG")
    parser.add_argument("--repeat", type=int, default=60)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    image, page = made_up_page()
    if options.page:
        image = np.asarray(cv2.imread(options.page, cv2.IMREAD_GRAYSCALE), np.uint8)
        page = Page(
            name="page.png", width=image.shape[1], height=image.shape[0], interline=INTERLINE
        )
    crop = np.ascontiguousarray(image[300:900, 300:900])
    few = max(3, options.repeat // 12)

    print(f"{'preset':14} {'crop ms':>8} {'page ms':>8}")
    for name, preset in PRESETS.items():
        crop_ms = milliseconds(
            lambda seed, p=preset: degrade(crop, INTERLINE, np.random.default_rng(seed), p),
            options.repeat,
        )
        page_ms = milliseconds(lambda seed, p=preset: degrade_page(image, page, p, seed), few)
        print(f"{name:14} {crop_ms:8.2f} {page_ms:8.0f}")

    def mixed(seed: int) -> NDArray[np.uint8]:
        rng = np.random.default_rng(seed)
        return degrade(crop, INTERLINE, rng, draw_preset(rng))

    def warped(seed: int) -> object:
        return warp_page(image, page, draw_warp(np.random.default_rng(seed), SKEWED))

    warp_ms = milliseconds(warped, few)
    print(f"{'draw_preset()':14} {milliseconds(mixed, 4 * options.repeat):8.2f}")
    print(f"{'warp_page()':14} {'':8} {warp_ms:8.0f}   ({len(page.symbols)} symbols)")


if __name__ == "__main__":
    main()
