"""Pages a second on one core, 2100 x 2970 pixels with masks and labels: processor time, clock.

    python -m benchmarks.rendering SCORES... [--pages 24]

In memory, clean and as each kind of scan; and as whole datasets on disk, in each format. Reading
the score and setting it are counted, two pages a score as `omr dataset render` takes them.
Wanted: 4 in memory, 2.5 on disk, degraded at most twice as long as clean.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np

from deepscores_tools.degradation import PRESETS
from deepscores_tools.engraving import (
    RenderPlan,
    Style,
    find_scores,
    render,
    render_dataset,
    render_scores,
)
from deepscores_tools.engraving.style import draw_style
from deepscores_tools.engraving.workers import Outcome

WIDTH, HEIGHT, INTERLINE = 2100, 2970, 18.0
FORMATS = ("coco", "deepscores-v2", "deepscores-v1", "mung")


def sized(rng: np.random.Generator, fonts: Sequence[str]) -> Style:
    """A style as drawn, on a page of the size that is measured."""
    style = draw_style(rng, fonts)
    options = {**style.options, "pageWidth": WIDTH, "pageHeight": HEIGHT}
    return replace(style, width=WIDTH, height=HEIGHT, interline=INTERLINE, options=options)


def in_this_process(
    work: Callable[[Any], Any], items: Iterable[Any], **_: object
) -> Iterator[Outcome[Any, Any]]:
    """In place of the supervised workers: all work counts as this process's time."""
    for item in items:
        yield Outcome(item, work(item))


def report(what: str, run: Callable[[], int]) -> None:
    clock, start = time.perf_counter(), time.process_time()
    pages = run()
    spent, clock = time.process_time() - start, time.perf_counter() - clock
    print(f"{what:28} {pages / spent:6.2f} pages/s of processor time, {pages / clock:6.2f} by the"
          f" clock, {1000 * spent / pages:4.0f} ms a page", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scores", nargs="+", type=Path)
    parser.add_argument("--pages", type=int, default=24)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    scores = find_scores(options.scores)

    def in_memory(preset: str) -> int:
        plan = RenderPlan(pages=options.pages, preset=preset)
        return sum(1 for _ in render_scores(scores, plan))

    def on_disk(name: str) -> int:
        with tempfile.TemporaryDirectory() as folder:
            plan = RenderPlan(pages=options.pages)
            return render_dataset(scores, Path(folder) / "out", name, plan).pages

    with ExitStack() as changes:
        changes.enter_context(patch.object(render, "draw_style", sized))
        changes.enter_context(patch.object(render, "supervised", in_this_process))
        in_memory("clean")  # fills the caches of glyphs
        for preset in PRESETS:
            report(f"in memory, {preset}", lambda p=preset: in_memory(p))
        for name in FORMATS:
            report(f"on disk, {name}", lambda n=name: on_disk(n))


if __name__ == "__main__":
    main()
