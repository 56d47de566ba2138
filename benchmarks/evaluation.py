"""What evaluation costs, beside pycocotools: `python -m benchmarks.evaluation TRUTH`.

Pages of TRUTH are repeated until there are 1,000, and detections made of them by noise: boxes
shifted and resized, symbols missed, doubled, taken for another class, and boxes of nothing.
Both are written as COCO files; each evaluator reads them and computes AP of every class at all
thresholds of IoU, for all sizes and for small, medium and large, in a process and on a thread of
its own. Libraries that are not installed are left out. Prints processor seconds for reading and
for computing, peak memory, and by how much AP differs from pycocotools.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from deepscores_tools.formats import coco, read_selected
from deepscores_tools.symbols import Box, Page, Symbol

Results = dict[str, float]  # AP of each class, and of each size
SIZES = ("small", "medium", "large")
UNCAPPED = 10**6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truth", help="readable dataset")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--only", nargs="*", choices=EVALUATORS, default=list(EVALUATORS))
    parser.add_argument("--run", choices=EVALUATORS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(_run(options.run, Path(options.truth))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        symbols, found = write_pages(options.truth, options.pages, folder)
        print(f"{options.pages} pages, {symbols:,} symbols, {found:,} detections")
        compare(folder, options.only)


def compare(folder: Path, evaluators: list[str]) -> None:
    """Run every evaluator that is installed, pycocotools first, and print a line for each."""
    print(f"{'':18}{'read':>9}{'compute':>9}{'GiB':>7}  largest difference of an AP")
    reference: Results | None = None
    for name in evaluators:
        module, _ = EVALUATORS[name]
        if find_spec(module) is None:
            print(f"{name:18}not installed")
            continue
        command = [sys.executable, "-m", "benchmarks.evaluation", str(folder), "--run", name]
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
        out = subprocess.run(command, check=True, capture_output=True, env=os.environ | one_thread)
        record = json.loads(out.stdout)
        reference = reference or record["results"]
        differences = [abs(v - reference[k]) for k, v in record["results"].items()]
        assert len(differences) == len(reference), f"{name} lacks classes"
        print(f"{name:18}{record['read']:8.1f}s{record['compute']:8.1f}s{record['memory']:7.2f}"
              f"  {max(differences):.1e}", flush=True)  # fmt: skip


def write_pages(truth: str, pages: int, folder: Path) -> tuple[int, int]:
    """Write truth.json and detections.json; how many symbols each of them has."""
    basis = [_bare(page) for page in read_selected(truth)]
    names = sorted({s.name for page in basis for s in page.symbols})
    repeated = [
        replace(basis[i % len(basis)], name=f"{i:05}-{basis[i % len(basis)].name}")
        for i in range(pages)
    ]
    found = [_noisy(page, names, np.random.default_rng((1, i))) for i, page in enumerate(repeated)]
    coco.write(repeated, folder / "truth.json", names)
    coco.write(found, folder / "detections.json", names)
    return sum(len(p.symbols) for p in repeated), sum(len(p.symbols) for p in found)


def _bare(page: Page) -> Page:
    symbols = [Symbol(name=s.name, box=s.box) for s in page.symbols]
    return Page(name=page.name, width=page.width, height=page.height, symbols=symbols)


def _noisy(page: Page, names: list[str], rng: np.random.Generator) -> Page:
    """Detections as a fair detector gives them: 5 % missed, 5 % misnamed, 20 % false alarms."""
    found = [found for s in page.symbols for found in _of_symbol(s, names, rng)]
    for _ in range(len(page.symbols) // 5):
        x, y = rng.uniform(0, (page.width - 60, page.height - 60))
        w, h = rng.uniform(3, 60, 2)
        score = round(float(rng.beta(1, 5)), 4)
        found.append(Symbol(name=rng.choice(names), box=Box(x, y, x + w, y + h), score=score))
    return replace(page, symbols=found)


def _of_symbol(symbol: Symbol, names: list[str], rng: np.random.Generator) -> Iterator[Symbol]:
    for score in rng.beta(5, 1, rng.choice([0, 1, 2], p=[0.05, 0.85, 0.1])):
        sides = np.array([symbol.box.width, symbol.box.height])
        middle = np.array(symbol.box.centre) + rng.normal(0, 0.06, 2) * sides
        sides = sides * np.exp(rng.normal(0, 0.1, 2))
        name = rng.choice(names) if rng.random() < 0.05 else symbol.name
        box = Box(*(middle - sides / 2), *(middle + sides / 2))
        yield Symbol(name=name, box=box, score=round(float(score), 4))


def _run(name: str, folder: Path) -> dict[str, Any]:
    """One evaluator, in this process."""
    results, read, compute = EVALUATORS[name][1](folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"results": results, "read": read, "compute": compute, "memory": peak}


def _ours(folder: Path) -> tuple[Results, float, float]:
    from omr.evaluation import evaluate

    start = time.process_time()
    truth = list(coco.read(folder / "truth.json"))
    found = list(coco.read(folder / "detections.json"))
    ready = time.process_time()
    report = evaluate(truth, found)
    done = time.process_time()
    results = {c.name: c.ap for c in report.classes}
    results |= {s.name: s.ap for s in report.sizes if s.ap is not None}
    return results, ready - start, done - ready


def _like_pycocotools(dataset: str, evaluator: str) -> Callable[[Path], Any]:
    """An evaluator of pycocotools' interface. dataset, evaluator: `module:class`."""

    def run(folder: Path) -> tuple[Results, float, float]:
        start = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            dataset_of, evaluator_of = (
                getattr(import_module(path), name)
                for path, name in (dataset.split(":"), evaluator.split(":"))
            )
            truth = dataset_of(str(folder / "truth.json"))
            rows = json.loads((folder / "detections.json").read_bytes())["annotations"]
            found = truth.loadRes(rows)
            ready = time.process_time()
            job = evaluator_of(truth, found, "bbox")
            job.params.maxDets = [UNCAPPED]
            job.evaluate()
            job.accumulate()
            precision = np.asarray(job.eval["precision"])[..., 0]  # threshold, recall, class, size
        done = time.process_time()
        names = [truth.cats[i]["name"] for i in job.params.catIds]
        curves = {name: precision[:, :, i, 0] for i, name in enumerate(names)}
        curves |= {size: precision[..., i] for i, size in enumerate(SIZES, 1)}
        results = {k: float(v[v > -1].mean()) for k, v in curves.items() if (v > -1).any()}
        return results, ready - start, done - ready

    return run


EVALUATORS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "pycocotools": (
        "pycocotools",
        _like_pycocotools("pycocotools.coco:COCO", "pycocotools.cocoeval:COCOeval"),
    ),
    "faster-coco-eval": (
        "faster_coco_eval",
        _like_pycocotools("faster_coco_eval:COCO", "faster_coco_eval:COCOeval_faster"),
    ),
    "hotcoco": ("hotcoco", _like_pycocotools("hotcoco:COCO", "hotcoco:COCOeval")),
    "ours": ("omr", _ours),
}
"""name -> the module that it needs, and what runs it."""


if __name__ == "__main__":
    main()
