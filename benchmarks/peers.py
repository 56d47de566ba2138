"""Our detector beside others, trained on the same crops for the same processor time.

    python -m benchmarks.peers RECIPE TRUTH --seconds 3600      mAP, AP50, seconds, memory
    python -m benchmarks.peers RECIPE TRUTH --seconds 0 --size 1440x2035      speed alone

Every detector starts from random weights and learns, without averaging of weights, from the
recipe's crops until it has used up its seconds of processor time, reading of crops included;
then it is run on the pages of TRUTH, and evaluated by `coco-dense`. Staff lines apart, which no
network is asked for. Training and detection have a process each: the peak memory is that of
detection. All see the ink without the paper around it; no page is resized but to the model's
interline, unless --rescale; with --size the ink of the first page is repeated to fill an image of
that size. Seconds a page are the median's, and processor seconds those of all threads: on a busy
machine only they can be compared. --out keeps page cache, classes and weights; it belongs to one
recipe.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_model, save_model
from torch import nn
from tqdm import tqdm

from benchmarks.peer_models import CPU, PEERS, Peer, make_peer
from deepscores_tools.dataset_image import page_image
from deepscores_tools.formats import read_selected
from deepscores_tools.ink import ink_of
from deepscores_tools.learnable import learnable
from deepscores_tools.symbols import Box, Page, Symbol
from omr.config import ModelConfig
from omr.device import fast_dtype, set_threads
from omr.evaluation import evaluate
from omr.found import Found
from omr.scaling import View, view_of
from omr.training.crops import CropDataset
from omr.training.new_model import model_of
from omr.training.page_cache import cache_pages
from omr.training.pages import evenly, training_pages
from omr.training.recipe import Recipe, read_recipe

WARM_UP, DECAY = 0.05, 0.35  # shares of the time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path, help="as for omr train; must hold [model]")
    parser.add_argument("truth", help="dataset to evaluate on")
    parser.add_argument("--seconds", type=float, default=60, help="processor time of training")
    parser.add_argument("--only", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--pages", type=int, help="pages of TRUTH, evenly chosen; all by default")
    parser.add_argument("--size", help="WIDTHxHEIGHT of an image to measure speed on")
    parser.add_argument("--rescale", action="store_true", help="torchvision's default resizing")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/peers"))
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    set_threads(options.threads)
    if options.part:
        part, name = options.part
        print(json.dumps({"train": train, "detect": detect}[part](options, name)))
        return
    load = os.getloadavg()[0]
    print(f"{options.seconds:g} s of training, {options.threads} threads, load {load:.1f}")
    print(f"{'':12}{'million':>8}{'steps':>7}{'mAP':>7}{'AP50':>7}"
          f"{'s/page':>8}{'cpu s':>7}{'GiB':>6}", flush=True)  # fmt: skip
    for name in options.only:
        facts = {"steps": 0} | (_part("train", name) if options.seconds else {})
        facts |= _part("detect", name)
        print(
            f"{name:12}{facts['parameters'] / 1e6:8.1f}{facts['steps']:7}{facts['map']:7.3f}"
            f"{facts['ap50']:7.3f}{facts['seconds']:8.2f}{facts['cpu']:7.2f}{facts['memory']:6.2f}",
            flush=True,
        )


def _part(part: str, name: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.peers", *sys.argv[1:], "--part", part, name]
    out = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    if out.returncode:
        raise SystemExit(out.returncode)  # it has said why
    facts: dict[str, Any] = json.loads(out.stdout.splitlines()[-1])
    return facts


def train(options: argparse.Namespace, name: str) -> dict[str, Any]:
    """Train one peer for its time; its weights are kept in the folder."""
    recipe, model = _model(options)
    cached = cache_pages(training_pages(recipe.data), options.out / "cache", model.classes)
    crops = CropDataset(cached, model, recipe.augment, recipe.training)
    torch.manual_seed(recipe.training.seed)
    peer = make_peer(name, model, recipe.training.box_loss, rescale=options.rescale)
    steps = fit(peer, crops, recipe.training.batch, options.seconds)
    save_model(peer.net, str(_weights(options, name)))
    return {"steps": steps}


def fit(peer: Peer, crops: CropDataset, batch: int, seconds: float) -> int:
    """Train for seconds of processor time; the number of steps. The rate follows the time."""
    optimiser = torch.optim.AdamW(peer.net.parameters(), peer.rate, weight_decay=0.02)
    peer.net.train()
    dtype = fast_dtype(CPU)
    bar = tqdm(total=round(seconds), unit="s", disable=None)
    start, step, spent = time.process_time(), 0, 0.0
    while spent < seconds:
        share = spent / seconds
        rate = peer.rate * min((share + 0.001) / WARM_UP, 1.0, max((1 - share) / DECAY, 0.01))
        for group in optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            loss = peer.loss(crops, range(step * batch, (step + 1) * batch))
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(peer.net.parameters(), 5.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step, spent = step + 1, time.process_time() - start
        bar.update(min(round(spent), bar.total) - bar.n)
        bar.set_postfix_str(f"loss {float(loss.detach()):.2f}", refresh=False)
    return step


def detect(options: argparse.Namespace, name: str) -> dict[str, Any]:
    """Run one peer over the pages; figures, seconds and memory."""
    recipe, model = _model(options)
    torch.manual_seed(recipe.training.seed)  # of random weights
    peer = make_peer(name, model, recipe.training.box_loss, rescale=options.rescale)
    if options.seconds:
        load_model(peer.net, str(_weights(options, name)))
    peer.net.eval()
    facts: dict[str, Any] = {
        "parameters": sum(p.numel() for p in peer.net.parameters()), "map": 0.0, "ap50": 0.0,
    }  # fmt: skip
    pages = _pages(options)
    times: list[tuple[float, float]] = []
    if options.size:
        width, height = map(int, options.size.split("x"))
        ink = _view(pages[0], model).ink
        rows, columns = np.arange(height) % ink.shape[0], np.arange(width) % ink.shape[1]
        image = ink[np.ix_(rows, columns)]
        for _ in range(3):
            _timed(peer, image, times)
    else:
        found = []
        for page in pages:
            view = _view(page, model)
            on_page = view.on_page(_timed(peer, view.ink, times))
            found.append(_as_page(page, model, on_page))
        report = evaluate([without_staves(page, model) for page in pages], found)
        facts |= {"map": report.map, "ap50": report.ap50}
    counted = times[1:] or times  # the first run also sets the network up
    facts["seconds"], facts["cpu"] = (median(column) for column in zip(*counted, strict=True))
    facts["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return facts


def _timed(peer: Peer, ink: NDArray[np.uint8], times: list[tuple[float, float]]) -> Found:
    wall, cpu = time.perf_counter(), time.process_time()
    found = peer.find(ink)
    times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return found


def _model(options: argparse.Namespace) -> tuple[Recipe, ModelConfig]:
    """The recipe, and its model with the classes of the training pages written out."""
    recipe = read_recipe(options.recipe)
    if recipe.model is None:
        raise SystemExit(f"{options.recipe}: has no [model]")
    file = options.out / "model.json"
    if not file.exists():
        model = model_of(recipe, training_pages(recipe.data))
        file.parent.mkdir(parents=True, exist_ok=True)
        facts = {"recipe": recipe.model_dump(mode="json"), "model": model.model_dump(mode="json")}
        file.write_text(json.dumps(facts))
    kept = json.loads(file.read_text())
    if kept["recipe"] != recipe.model_dump(mode="json"):
        raise SystemExit(f"{options.out}: belongs to another recipe; name another with --out")
    return recipe, ModelConfig.model_validate(kept["model"])


def _weights(options: argparse.Namespace, name: str) -> Path:
    out: Path = options.out
    return out / f"{name}{'-rescaled' if options.rescale else ''}.safetensors"


def _pages(options: argparse.Namespace) -> list[Page]:
    pages = list(read_selected(options.truth))
    return [learnable(page) for page in evenly(pages, options.pages or len(pages))]


def without_staves(page: Page, model: ModelConfig) -> Page:
    """The page less what no network is asked for."""
    return replace(page, symbols=[s for s in page.symbols if s.name not in model.staff_classes])


def _view(page: Page, model: ModelConfig) -> View:
    """What every peer is shown of the page."""
    interline = page.interline or model.interline
    return view_of(ink_of(page_image(page), interline), interline, model.interline)


def _as_page(page: Page, model: ModelConfig, found: Found) -> Page:
    """What was found, in the page's own pixels."""
    rows = zip(found.boxes, found.labels, found.scores, strict=True)
    symbols = [
        Symbol(name=model.classes[label], box=Box(*box), score=min(float(score), 1.0))
        for box, label, score in rows
        if (box[2:] > box[:2]).all()
    ]
    return Page(name=page.name, width=page.width, height=page.height, symbols=symbols)


if __name__ == "__main__":
    main()
