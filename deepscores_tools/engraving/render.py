"""Scores to a stream of labelled pages: which style, which pages, by seed.

The same seed and scores give the same pages, whatever the number of workers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from deepscores_tools.degradation import PRESETS, WarpRanges, degrade_page, draw_warp, warp_page
from deepscores_tools.engraving.balance import LAG, Balance
from deepscores_tools.engraving.compose import compose_score
from deepscores_tools.engraving.engrave import RenderedPage, Score
from deepscores_tools.engraving.plan import RenderPlan, Task, tasks
from deepscores_tools.engraving.replace import replace_common
from deepscores_tools.engraving.sources import find_scores
from deepscores_tools.engraving.style import draw_style, generator
from deepscores_tools.engraving.workers import Outcome, supervised
from deepscores_tools.errors import InputError

_log = logging.getLogger("deepscores_tools.engraving")

TIME_LIMIT = 60.0
"""Seconds of processor time for one score before its worker is replaced."""

PATIENCE = 20.0
"""How many times as long a score may take by the clock, on a busy machine."""

HOPELESS = 25
"""So many failures in a row, and a whole round of them, are no accident: give up."""

SKEWED = WarpRanges(rotation=0.8, perspective_chance=0.3, curl_chance=0.4, wave_chance=0.3)

Result = TypeVar("Result")


def render_scores(sources: Sequence[Path], plan: RenderPlan) -> Iterator[RenderedPage]:
    """Pages of the scores with their pictures, in an order drawn by seed.

    A score that cannot be rendered is skipped with a warning. Raises InputError.
    """
    left = plan.pages
    balance = Balance(plan.at_least)
    with closing(outcomes(render_task, find_scores(sources), plan, balance)) as done:
        for outcome in done:
            drawn = outcome.result or []
            balance.add(item.page for item in drawn)
            pages = drawn[:left]
            yield from pages
            if left is not None:
                left -= len(pages)
                if left <= 0:
                    return


def outcomes(
    work: Callable[[Task], Result], scores: Sequence[Path], plan: RenderPlan, balance: Balance
) -> Generator[Outcome[Task, Result], None, None]:
    """What comes of the tasks, in their order, with a warning for each that fails.

    The caller adds the pages of each outcome to the balance before it asks for the next one.
    Raises InputError where it is no use to go on.
    """
    fruitless = 0
    run = supervised(
        work,
        tasks(scores, plan, balance),
        workers=plan.workers,
        ahead=LAG,
        time_limit=PATIENCE * TIME_LIMIT,
        processor_limit=TIME_LIMIT,
    )
    with closing(run):
        for outcome in run:
            fruitless = 0 if outcome.failure is None else fruitless + 1
            if outcome.failure is not None:
                where = outcome.task.source or outcome.task.name
                _log.warning("%s: skipped, %s", where, outcome.failure)
                if plan.pages is not None and fruitless >= max(HOPELESS, len(scores)):
                    raise InputError(where, f"{fruitless} scores failed on end: {outcome.failure}")
            yield outcome


def render_task(task: Task) -> list[RenderedPage]:
    """Work of one task, in a worker. Raises InputError."""
    plan = task.plan
    rng = generator(plan.seed, task.name, str(task.number))
    style = draw_style(rng, plan.fonts)
    data = task.source if task.source is not None else compose_score(rng, task.wanted)
    score = Score(data, style, int(rng.integers(1, 2**31)))
    if task.source is not None and rng.random() < plan.replaced_fraction:
        score.change(partial(replace_common, rng=rng))
    count = min(plan.max_pages_per_score, score.pages)
    chosen = sorted(int(n) + 1 for n in rng.choice(score.pages, count, replace=False))
    stem = Path(task.name).stem
    rendered: list[RenderedPage] = []
    blank: InputError | None = None
    for number in chosen:
        try:
            item = score.render(number, f"{task.number:05d}-{_plain(stem)}-p{number:03d}.png")
        except InputError as error:  # a title, say: the others are none the worse
            blank = error
            continue
        page = replace(
            item.page,
            source=task.name,
            document=stem,
            attributes={**item.page.attributes, "score": stem},
        )
        gray = item.gray
        if rng.random() < plan.skewed_fraction:
            gray, page = warp_page(gray, page, draw_warp(rng, SKEWED))
        if plan.preset != "clean":
            gray, page = degrade_page(gray, page, PRESETS[plan.preset], plan.seed)
        rendered.append(RenderedPage(page, gray))
    if blank and not rendered:
        raise blank
    return rendered


def _plain(name: str) -> str:
    """A name that any file system takes, as part of a file's name."""
    return re.sub(r"[^\w.-]+", "_", name)[:40]
