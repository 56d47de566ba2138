"""What each part of the detector is worth: one change to a recipe at a time, all else the same.

    python -m benchmarks.ablations RECIPE --steps 600 --out runs/ablations [--only NAME ...]

Every variant is trained from random weights for the same number of steps on the same crops, and
evaluated by `coco-dense` on the recipe's validation pages, staff symbols apart, which no network
is asked for; processor seconds a page are the median's. GFLOP: of the network on a page of A4. A
variant that is done is kept: the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.peers import without_staves
from benchmarks.variants import changed, detected
from deepscores_tools.whole_file import write_whole
from omr.config import MULTIPLE
from omr.detector import Detector
from omr.device import pick_device, set_threads
from omr.evaluation import evaluate
from omr.model_store import load_model
from omr.network import WatershedNet
from omr.training import train
from omr.training.pages import validation_pages
from omr.training.recipe import Recipe, read_recipe

A4 = (170, 120)  # interlines high and wide, at staves of 7 mm
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as in the recipe": {},
    "one energy plane": {"model.families": {"all": ["*"]}, "model.energy.ridges": []},
    "cones for long lines": {"model.energy.ridges": []},
    "discs of one size": {"model.energy.radius": [0.45, 0.45]},
    "components by cut": {"model.decode.components": "cut"},
    "energy in 20 levels": {"model.energy.levels": 20},
    "heads of one layer": {"model.network.hidden": 0},
    "half the channels": {
        "model.network.widths": [16, 32, 48, 96, 128],
        "model.network.neck": 32,
        "model.network.features": 24,
    },
    "context of half the depth": {"model.network.blocks": [1, 1, 1, 1, 1]},
    "interline 10": {"model.interline": 10.0},
    "squared box loss": {"training.box_loss": "squared"},
    "crops by page, not by class": {"augment.balanced": 0.0},
    "crops of one scale": {"augment.scale": [1.0, 1.0], "augment.squeeze": [1.0, 1.0]},
    "no averaging of weights": {"training.ema": 0.0},
    "no degradation": {"augment.degrade": 0},
    "another seed": {"training.seed": 2},
    "without refiner": {"model.refiner": None},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path, help="as for omr train; must hold [model]")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--only", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/ablations"))
    options = parser.parse_args()
    set_threads(options.threads)
    print(f"{options.steps} steps, {options.threads} threads")
    print(f"{'':28}{'million':>8}{'GFLOP':>8}{'mAP':>7}{'AP50':>7}{'cpu s':>8}", flush=True)
    for name in options.only:
        facts = measured(name, variant(read_recipe(options.recipe), name, options.steps), options)
        print(
            f"{name:28}{facts['parameters'] / 1e6:8.1f}{facts['gflop']:8.0f}{facts['map']:7.3f}"
            f"{facts['ap50']:7.3f}{facts['page']:8.2f}",
            flush=True,
        )


def variant(recipe: Recipe, name: str, steps: int) -> Recipe:
    """The recipe with one variant's change, from random weights, for so many steps."""
    common = {"training.steps": steps, "training.validate_every": steps}
    fresh = {"training.start_from": None, "training.frozen": ()}
    return changed(recipe, common | VARIANTS[name] | fresh)


def measured(name: str, recipe: Recipe, options: argparse.Namespace) -> dict[str, float]:
    """Train and evaluate one variant, in a folder of its own but for the page cache."""
    out = options.out / f"{name.replace(' ', '-')}-{options.steps}"  # steps may grow in a run
    file = out / "figures.json"
    facts: dict[str, float]
    if file.exists():
        kept = json.loads(file.read_text())
        if kept["recipe"] == recipe.model_dump(mode="json"):  # train() refuses any other
            facts = kept["figures"]
            return facts
    cache = options.out / "cache"
    for folder in (out, cache):
        folder.mkdir(parents=True, exist_ok=True)
    if not (out / "cache").exists():
        (out / "cache").symlink_to(cache.resolve(), target_is_directory=True)
    net, config = load_model(train(recipe, out, "cpu"))
    # Before the detector changes it: what computes in bytes has no parameters, and no FLOP.
    facts = {
        "parameters": sum(p.numel() for p in net.parameters()),
        "gflop": gigaflops(net, config.interline),
    }
    facts |= figures(recipe, Detector(net, config, pick_device("cpu")))
    write_whole(file, json.dumps({"recipe": recipe.model_dump(mode="json"), "figures": facts}))
    return facts


def figures(recipe: Recipe, detector: Detector) -> dict[str, float]:
    """mAP, AP50 and processor seconds a page on the recipe's validation pages."""
    pages = [  # several may have one name
        replace(page, name=str(number)) for number, page in enumerate(validation_pages(recipe.data))
    ]
    found, seconds = detected(detector, pages)
    truth, found = (
        [without_staves(page, detector.config) for page in side] for side in (pages, found)
    )
    report = evaluate(truth, found)
    return {"map": report.map, "ap50": report.ap50, "page": seconds}


def gigaflops(net: WatershedNet, interline: float) -> float:
    """Of the network, heads and refiner apart, on a page of A4."""
    sides = [-(-round(side * interline) // MULTIPLE) * MULTIPLE for side in A4]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(torch.zeros(1, 1, *sides))
    return counter.get_total_flops() / 1e9


if __name__ == "__main__":
    main()
