"""What each choice of decoding is worth: one at a time, the weights all the same.

    python -m benchmarks.decoding MODEL TRUTH [--sizes TRAIN] [--only NAME ...]

MODEL is evaluated by `coco-dense` on the pages of TRUTH as it is and with one change each of what
its `config.json` says of decoding; processor seconds a page are the median's. --sizes: the dataset
whose mean sizes "cached boxes" takes, TRUTH by default.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Mapping
from dataclasses import replace
from statistics import median
from typing import Any

from deepscores_tools.dataset_image import page_image
from deepscores_tools.formats import read_selected
from deepscores_tools.learnable import learnable
from deepscores_tools.symbols import Page
from omr.config import ModelConfig
from omr.detector import Detector
from omr.device import pick_device, set_threads
from omr.evaluation import evaluate
from omr.model_store import load_model
from omr.training.new_model import mean_sizes

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as released": {},
    "no limits of size": {"decode.size_margin": 0.0},
    "seen once": {"refiner.rounds": 1},
    "seen twice": {"refiner.rounds": 2},
    "boxes of the first look": {"refiner": None},
    "first look, mean sizes": {"refiner": None, "decode.box": "centroid"},
    "first look, cached boxes": {"refiner": None, "decode.box": "cached"},
    "majority vote": {"decode.vote": "majority"},
    "two views": {"decode.views": (1.0, 0.85)},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("truth", help="dataset to evaluate on")
    parser.add_argument("--sizes", help="dataset for the mean sizes; TRUTH by default")
    parser.add_argument("--only", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    set_threads(options.threads)
    net, config = load_model(options.model)
    pages = [learnable(page) for page in read_selected(options.truth)]
    config = config.model_copy(
        update={"sizes": mean_sizes(list(read_selected(options.sizes)) if options.sizes else pages)}
    )
    print(f"{'':28}{'mAP':>7}{'AP50':>7}{'cpu s':>8}", flush=True)
    for name in options.only:
        detector = Detector(copy.deepcopy(net), changed(config, name), pick_device("cpu"))
        print(f"{name:28}{'{:7.4f}{:7.4f}{:8.2f}'.format(*figures(detector, pages))}", flush=True)


def changed(config: ModelConfig, name: str) -> ModelConfig:
    """The configuration with one variant's change."""
    data = config.model_dump()
    for path, value in VARIANTS[name].items():
        *parents, key = path.split(".")
        place = data
        for parent in parents:
            place = place[parent]
        place[key] = value
    return ModelConfig.model_validate(data)


def figures(detector: Detector, pages: list[Page]) -> tuple[float, float, float]:
    """mAP, AP50 and processor seconds a page."""
    found, seconds = [], []
    for page in pages:
        gray = page_image(page)
        begun = time.process_time()
        seen = detector.detect(gray, min_score=0.0, interline=page.interline)
        seconds.append(time.process_time() - begun)
        found.append(replace(seen, name=page.name))
    report = evaluate(pages, found)
    return report.map, report.ap50, median(seconds)


if __name__ == "__main__":
    main()
