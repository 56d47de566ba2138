"""Crops of real and made scans, shuffled, for a stranger to sort:

    omr dataset render SCORES --pages 60 --max-per-score 1 --composed 0 --replaced 0 -o MADE
    python tools/blind_trial.py SCANS MADE OUT [--count 14] [--seed 1]

SCANS: images and PDFs; MADE: a dataset of clean pages, of which those engraved as by hand are worn
here as `flatbed-1bit` and `old-print`.
All crops are brought to one interline and cut to black and white, which the scans at hand are.
Writes OUT/00.png and so on, and beside OUT what each is: OUT-key.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.dataset_image import page_image
from deepscores_tools.degradation import PRESETS, degrade_page
from deepscores_tools.formats import read_selected
from deepscores_tools.ink import ink_of
from deepscores_tools.page_images import read_page
from deepscores_tools.page_sources import find_pages
from deepscores_tools.staves import find_staves

INTERLINE = 20.0
SIZE = 800, 520  # pixels: width, height
BLACK = 160  # gray levels below it, of the ink that the detector sees
FULL = 0.06, 0.3  # share of ink that makes a crop worth looking at
TRIES = 200

Gray = NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scans", type=Path)
    parser.add_argument("made")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=14, help="crops of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    crops = [*_real(options.scans, options.count, rng), *_made(options.made, options.count, rng)]
    options.out.mkdir(parents=True)
    key = {}
    for number, chosen in enumerate(rng.permutation(len(crops))):
        what, crop = crops[chosen]
        cv2.imwrite(str(options.out / f"{number:02}.png"), crop)
        key[f"{number:02}"] = what
    options.out.with_name(f"{options.out.name}-key.json").write_text(json.dumps(key, indent=1))


def _real(scans: Path, count: int, rng: np.random.Generator) -> list[tuple[str, Gray]]:
    pages, _ = find_pages([scans])
    crops = []
    for index in rng.permutation(len(pages)):
        gray = read_page(pages[index]).gray
        interline = find_staves(ink_of(gray)).interline
        if interline:
            crops.append((f"real {pages[index].name}", _crop(gray, interline, rng)))
        if len(crops) == count:
            break
    return crops


def _made(dataset: str, count: int, rng: np.random.Generator) -> list[tuple[str, Gray]]:
    pages = [page for page in read_selected(dataset) if page.attributes.get("hand")]
    if len(pages) < count:
        raise SystemExit(f"{dataset}: {len(pages)} pages by hand, {count} needed")
    crops = []
    for number, chosen in enumerate(rng.permutation(len(pages))[:count]):
        preset = PRESETS[("flatbed-1bit", "old-print")[number % 2]]
        page = pages[chosen]
        gray, worn = degrade_page(page_image(page), page, preset, int(rng.integers(2**31)))
        assert worn.interline
        crops.append((f"made {preset.name} {page.name}", _crop(gray, worn.interline, rng)))
    return crops


def _crop(gray: Gray, interline: float, rng: np.random.Generator) -> Gray:
    """Part of a page that is neither blank nor black, if chance finds one."""
    scale = INTERLINE / interline
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    shown = cv2.resize(~ink_of(gray, interline), None, fx=scale, fy=scale, interpolation=method)
    page = cv2.threshold(shown, BLACK, 255, 0)[1]
    room = np.maximum(np.array(page.shape[::-1]) - SIZE, 1)
    crop = page
    for _ in range(TRIES):
        x, y = rng.integers(0, room)
        crop = page[y : y + SIZE[1], x : x + SIZE[0]]
        if FULL[0] < (crop == 0).mean() < FULL[1]:
            break
    return np.asarray(crop, np.uint8)


if __name__ == "__main__":
    main()
