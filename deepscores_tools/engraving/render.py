"""Scores to a stream of labelled pages: which score, which style, which pages, by seed.

The same seed and scores give the same pages, whatever the number of workers.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2

from deepscores_tools.engraving.compose import compose_score
from deepscores_tools.engraving.engrave import SUFFIXES, RenderedPage, Score
from deepscores_tools.engraving.style import FONTS, draw_style, generator
from deepscores_tools.engraving.workers import supervised
from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Page

TIME_LIMIT = 60.0
"""Seconds for one score before its worker is replaced."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One score in one style. source None: music is composed for it."""

    number: int
    source: Path | None
    seed: int
    fonts: tuple[str, ...]
    max_pages: int


def find_scores(sources: Sequence[Path]) -> list[Path]:
    """The scores among files and folders, sorted."""
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            found += sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES)
        elif source.suffix.lower() in SUFFIXES and source.is_file():
            found.append(source)
        else:
            raise InputError(source, f"no score here; give {', '.join(SUFFIXES)} or a folder")
    if not found:
        raise InputError(", ".join(map(str, sources)), "holds no score")
    return found


def render_scores(
    sources: Sequence[Path],
    *,
    pages: int | None = None,
    seed: int = 0,
    workers: int = 1,
    fonts: Sequence[str] = FONTS,
    max_pages_per_score: int = 2,
    composed_fraction: float = 0.15,
) -> Iterator[RenderedPage]:
    """Pages of the scores in an order drawn by seed.

    pages: how many (scores come round again in other styles); None: every score once.
    composed_fraction: part of the pages that show composed music, dense in rare symbols.
    """
    for group in _run(_render, sources, pages, seed, workers, fonts, max_pages_per_score,
                      composed_fraction):
        yield from group


def render_pages_to(
    folder: Path,
    sources: Sequence[Path],
    *,
    pages: int | None = None,
    seed: int = 0,
    workers: int = 1,
    fonts: Sequence[str] = FONTS,
    max_pages_per_score: int = 2,
    composed_fraction: float = 0.15,
) -> Iterator[Page]:
    """Like `render_scores`, but the workers write the pictures (PNG) into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for group in _run(partial(_render_to, folder), sources, pages, seed, workers, fonts,
                      max_pages_per_score, composed_fraction):
        yield from group


def _run(work, sources, pages, seed, workers, fonts, max_pages, composed):  # type: ignore[no-untyped-def]
    tasks = _tasks(find_scores(sources), pages is None, seed, tuple(fonts), max_pages, composed)
    left = pages
    for outcome in supervised(work, tasks, workers=workers, time_limit=TIME_LIMIT):
        if outcome.failure is not None:
            where = outcome.task.source or "composed music"
            warnings.warn(f"{where}: skipped, {outcome.failure}", stacklevel=3)
            continue
        group = outcome.result if left is None else outcome.result[:left]
        yield group
        if left is not None:
            left -= len(group)
            if left <= 0:
                return


def _tasks(
    scores: Sequence[Path],
    once: bool,
    seed: int,
    fonts: tuple[str, ...],
    max_pages: int,
    composed: float,
) -> Iterator[_Task]:
    """The endless sequence of tasks (or one round), composed music strewn in."""
    number = 0
    for turn in itertools.count():
        order = generator(seed, "order", str(turn)).permutation(len(scores))
        for k in order:
            while generator(seed, "composed", str(number)).random() < composed:
                yield _Task(number, None, seed, fonts, max_pages)
                number += 1
            yield _Task(number, scores[int(k)], seed, fonts, max_pages)
            number += 1
        if once:
            return


def _render(task: _Task) -> list[RenderedPage]:
    """Work of one task, in a worker."""
    name = task.source.name if task.source is not None else "composed"
    rng = generator(task.seed, name, str(task.number))
    style = draw_style(rng, task.fonts)
    data = task.source if task.source is not None else compose_score(rng)
    score = Score(data, style, int(rng.integers(1, 2**31)))
    count = min(task.max_pages, score.pages)
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
        rendered.append(RenderedPage(page, item.gray))
    return rendered


def _render_to(folder: Path, task: _Task) -> list[Page]:
    pages = []
    for item in _render(task):
        file = folder / item.page.name
        cv2.imwrite(str(file), item.gray, [cv2.IMWRITE_PNG_COMPRESSION, 4])
        pages.append(replace(item.page, image=file))
    return pages
