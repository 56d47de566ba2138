"""What each choice of decoding is worth: one at a time, the weights all the same.

    python -m benchmarks.decoding MODEL TRUTH [--sizes TRAIN] [--only NAME ...]

MODEL is evaluated by `coco-dense` on the pages of TRUTH as it is and with one change each of what
its `config.json` says of decoding or maps; processor seconds a page are the median's. --sizes: the
dataset whose mean sizes "cached boxes" takes, TRUTH by default.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Mapping
from typing import Any

from benchmarks.variants import changed, detected
from deepscores_tools.formats import read_selected
from deepscores_tools.learnable import learnable
from omr.detector import Detector
from omr.device import pick_device, set_threads
from omr.evaluation import evaluate
from omr.model_store import load_model
from omr.training.new_model import mean_sizes

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as released": {},
    "maps of floats": {"map_ranges": {}},
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
        model = changed(config, VARIANTS[name])
        found, seconds = detected(Detector(copy.deepcopy(net), model, pick_device("cpu")), pages)
        report = evaluate(pages, found)
        print(f"{name:28}{report.map:7.4f}{report.ap50:7.4f}{seconds:8.2f}", flush=True)


if __name__ == "__main__":
    main()
