"""Scores to a stream of labelled pages: which score, which style, which pages, by seed.

The same seed and scores give the same pages, whatever the number of workers.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import cv2

from deepscores_tools.degradation import PRESETS, degrade_page, warp_page
from deepscores_tools.engraving.compose import compose_score
from deepscores_tools.engraving.engrave import RenderedPage, Score
from deepscores_tools.engraving.sources import find_scores
from deepscores_tools.engraving.style import FONTS, RESERVED_FONTS, draw_style, generator
from deepscores_tools.engraving.workers import supervised
from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Page

_log = logging.getLogger("deepscores_tools.engraving")

TIME_LIMIT = 60.0
"""Seconds for one score before its worker is replaced."""

HOPELESS = 25
"""So many failures in a row are no accident: give up rather than try for ever."""

UNFINISHED = ".part"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class RenderPlan:
    """What to render.

    pages: how many (scores come round again in other styles); None: every score once.
    composed_fraction: part of the tasks that show composed music, dense in rare symbols.
    skewed_fraction: part of the pages that are warped as a scanner or camera would.
    preset: the kind of scan that every page is made to look like (degradation.PRESETS).
    """

    pages: int | None = None
    seed: int = 0
    workers: int = 1
    fonts: tuple[str, ...] = FONTS
    max_pages_per_score: int = 2
    composed_fraction: float = 0.15
    skewed_fraction: float = 0.0
    preset: str = "clean"

    def __post_init__(self) -> None:
        unknown = set(self.fonts) - {*FONTS, *RESERVED_FONTS}
        if unknown or not self.fonts:
            known = ", ".join((*FONTS, *RESERVED_FONTS))
            raise InputError(", ".join(sorted(unknown)) or "no font", f"choose among {known}")
        if self.preset not in PRESETS:
            raise InputError(self.preset, f"no such preset; choose among {', '.join(PRESETS)}")
        for value in (self.composed_fraction, self.skewed_fraction):
            if not 0.0 <= value <= 1.0:
                raise InputError(str(value), "a fraction lies between 0 and 1")


@dataclass(frozen=True, slots=True)
class _Task:
    """One score in one style. source None: music is composed for it."""

    number: int
    source: Path | None
    plan: RenderPlan


def render_scores(
    sources: Sequence[Path], plan: RenderPlan | None = None, **options: Any
) -> Iterator[RenderedPage]:
    """Pages of the scores with their pictures, in an order drawn by seed.

    options: fields of `RenderPlan` by name, in place of a plan. A score that cannot be
    rendered is skipped with a warning.
    """
    yield from _run(_render, sources, plan or RenderPlan(**options))


def render_pages_to(
    folder: Path, sources: Sequence[Path], plan: RenderPlan | None = None, **options: Any
) -> Iterator[Page]:
    """Like `render_scores`, but the workers write the pictures into a folder, as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = _run(partial(_render_to, folder), sources, plan or RenderPlan(**options))
    try:
        with closing(pages):
            for page in pages:
                file = folder / page.name
                _unfinished(file).replace(file)
                yield replace(page, image=file)
    finally:  # pages begun in advance that were not wanted any more
        for rest in folder.glob(f"*{UNFINISHED}"):
            rest.unlink()


def _unfinished(file: Path) -> Path:
    return file.with_name(f".{file.name}{UNFINISHED}")


def _run(
    work: Callable[[_Task], list[Item]], sources: Sequence[Path], plan: RenderPlan
) -> Generator[Item, None, None]:
    tasks = _tasks(find_scores(sources), plan)
    left = plan.pages
    fruitless = 0
    outcomes = supervised(work, tasks, workers=plan.workers, time_limit=TIME_LIMIT)
    with closing(outcomes):
        for outcome in outcomes:
            if outcome.result is None:
                where = outcome.task.source or "composed music"
                _log.warning("%s: skipped, %s", where, outcome.failure)
                fruitless += 1
                if fruitless >= HOPELESS:
                    raise InputError(where, f"{HOPELESS} scores failed on end: {outcome.failure}")
                continue
            fruitless = 0
            yield from outcome.result[:left]
            if left is not None:
                left -= len(outcome.result)
                if left <= 0:
                    return


def _tasks(scores: Sequence[Path], plan: RenderPlan) -> Iterator[_Task]:
    """The endless sequence of tasks (or one round), composed music strewn in."""
    number = 0
    for turn in itertools.count():
        order = generator(plan.seed, "order", str(turn)).permutation(len(scores))
        for k in order:
            chance = generator(plan.seed, "composed", str(number))
            while chance.random() < plan.composed_fraction:
                yield _Task(number, None, plan)
                number += 1
            yield _Task(number, scores[int(k)], plan)
            number += 1
        if plan.pages is None:
            return


def _render(task: _Task) -> list[RenderedPage]:
    """Work of one task, in a worker."""
    plan = task.plan
    name = task.source.name if task.source is not None else "composed"
    rng = generator(plan.seed, name, str(task.number))
    style = draw_style(rng, plan.fonts)
    data = task.source if task.source is not None else compose_score(rng)
    score = Score(data, style, int(rng.integers(1, 2**31)))
    count = min(plan.max_pages_per_score, score.pages)
    chosen = sorted(int(n) + 1 for n in rng.choice(score.pages, count, replace=False))
    stem = Path(name).stem
    rendered = []
    for number in chosen:
        item = score.render(number, f"{task.number:05d}-{stem}-p{number:03d}.png")
        page = replace(
            item.page,
            source=name,
            document=stem,
            attributes={**item.page.attributes, "score": stem},
        )
        gray = item.gray
        if rng.random() < plan.skewed_fraction:
            gray, page = warp_page(gray, page, rng)
        if plan.preset != "clean":
            gray, page = degrade_page(gray, page, PRESETS[plan.preset], plan.seed)
        rendered.append(RenderedPage(page, gray))
    return rendered


def _render_to(folder: Path, task: _Task) -> list[Page]:
    """Work of one task; its pictures wait under unfinished names until they are asked for."""
    pages = []
    for item in _render(task):
        done, data = cv2.imencode(".png", item.gray, [cv2.IMWRITE_PNG_COMPRESSION, 4])
        assert done
        _unfinished(folder / item.page.name).write_bytes(data.tobytes())
        pages.append(item.page)
    return pages
