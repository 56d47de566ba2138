"""Scores to a dataset on disk; a run that was killed goes on where it was.

While a run is not finished, its folder `.OUT.unfinished` lies beside OUT:

    run.json                   what is rendered
    000012/annotations.json    pages of the task 12 and, in images/, their pictures: COCO
    000013.failed              why task 13 has none
    dataset/                   what becomes OUT
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.class_maps import class_map
from deepscores_tools.conversion import write_dataset
from deepscores_tools.engraving.balance import Balance
from deepscores_tools.engraving.plan import RenderPlan, Task
from deepscores_tools.engraving.render import outcomes, render_task
from deepscores_tools.engraving.sources import find_scores
from deepscores_tools.engraving.workers import CRASHED
from deepscores_tools.errors import InputError, reason
from deepscores_tools.failures import write_failures
from deepscores_tools.folder_lock import only_writer
from deepscores_tools.formats import coco
from deepscores_tools.package_version import package_version
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import PRINTED_CLASSES
from deepscores_tools.whole_file import write_whole

_RUN, _DATASET, _ANNOTATIONS, _IMAGES = "run.json", "dataset", "annotations.json", "images"
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
"""As small as the usual setting for pages of lines, in half the time."""


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What was rendered, which scores were not, and of which classes there are too few."""

    pages: int
    symbols: int
    failures: Sequence[InputError] = field(default_factory=tuple)
    shortfall: Mapping[str, int] = field(default_factory=dict)


def render_dataset(
    sources: Sequence[Path],
    out: Path,
    format_name: str = "coco",
    plan: RenderPlan | None = None,
    watch: Callable[[Iterator[Page]], Iterable[Page]] = iter,
) -> RenderReport:
    """Render scores into the dataset `out`, a new folder, which appears when it is whole.

    Called again after it was killed, with the same arguments, it goes on; the result is the
    same to the byte. watch: sees the pages go by, as a progress bar does. Scores that cannot
    be rendered are skipped with a warning, and listed in failures.csv. DeepScores v1 gets its
    own class names. Raises InputError.
    """
    plan = plan or RenderPlan()
    scores = find_scores(sources)
    work = out.resolve().with_name(f".{out.resolve().name}.unfinished")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(out, "is there already; name a new folder")
    with only_writer(work):
        _claim(work, out, _record(scores, format_name, plan))
        failures: list[InputError] = []
        balance = Balance(plan.at_least)
        pages = _pages(work, scores, plan, balance, failures)
        named = map(_in_names_of_v1, pages) if format_name == "deepscores-v1" else pages
        counts = write_dataset(watch(named), work / _DATASET, format_name, PRINTED_CLASSES)
        if not counts["pages"]:
            shutil.rmtree(work)
            raise InputError(out, "is not written: not one score could be rendered")
        write_failures(failures, work / _DATASET)
        try:
            (work / _DATASET).replace(out)
        except OSError as error:
            raise InputError(out, f"cannot be written ({reason(error)})") from error
        shutil.rmtree(work, ignore_errors=True)
    return RenderReport(counts["pages"], counts["symbols"], failures, balance.shortfall())


def _record(scores: Sequence[Path], format_name: str, plan: RenderPlan) -> dict[str, object]:
    """What decides the content of the dataset."""
    listed = hashlib.sha256()
    for score in scores:
        stat = score.stat()
        line = f"{score.resolve()} {stat.st_size} {stat.st_mtime_ns}\n"
        listed.update(line.encode("utf-8", "replace"))
    options = {key: value for key, value in asdict(plan).items() if key != "workers"}
    return {
        **options,
        "fonts": list(plan.fonts),
        "format": format_name,
        "scores": listed.hexdigest(),
        "version": package_version(),
        "version of verovio": version("verovio"),
    }


def _claim(work: Path, out: Path, record: dict[str, object]) -> None:
    """Take the folder of a run, new or with the same record. Raises InputError."""
    file = work / _RUN
    if file.is_file():
        try:
            earlier = dict(json.loads(file.read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise InputError(file, f"cannot be read ({reason(error)}); remove {work}") from None
        differing = sorted(k for k in {*earlier, *record} if earlier.get(k) != record.get(k))
        if differing:
            what = ", ".join(differing).replace("_", " ")
            raise InputError(
                out,
                f"an unfinished run with another {what} lies beside it; finish that one, "
                f"remove {work}, or name another folder",
            )
    else:
        write_whole(file, json.dumps(record, indent=1) + "\n")
    for rest in work.glob(f"*{_DATASET}*"):  # of a writer that was killed
        shutil.rmtree(rest)


def _pages(
    work: Path,
    scores: Sequence[Path],
    plan: RenderPlan,
    balance: Balance,
    failures: list[InputError],
) -> Iterator[Page]:
    """The pages in order, rendered now or before; notes failures on the way."""
    left = plan.pages
    with closing(outcomes(partial(_render_into, work), scores, plan, balance)) as done:
        for outcome in done:
            place = _place(work, outcome.task)
            if isinstance(outcome.result, InputError):
                raise outcome.result
            if outcome.result is None:
                why = str(outcome.failure)
                failures.append(InputError(outcome.task.source or outcome.task.name, why))
                if why != CRASHED:  # which memory that ran out does, too: tried again
                    write_whole(_failed(place), why)
                balance.add(())
                continue
            drawn = list(coco.read(place))
            balance.add(drawn)
            yield from drawn[:left]
            if left is not None:
                left -= outcome.result
                if left <= 0:
                    return


def _render_into(work: Path, task: Task) -> int | InputError:
    """Work of one task, unless it is done already: how many pages it has.

    Raises InputError for a score that cannot be rendered; returns it where pages cannot be
    written, which is no fault of the score.
    """
    place = _place(work, task)
    if _failed(place).is_file():
        raise InputError(task.source or task.name, _failed(place).read_text(encoding="utf-8"))
    if not (place / _ANNOTATIONS).is_file():
        items = render_task(task)
        try:
            pages = []
            for item in items:
                image = place / _IMAGES / item.page.name
                write_whole(image, png(item.gray))
                pages.append(replace(item.page, image=image))
            coco.write(pages, place)
        except InputError as error:
            return error
    return sum(1 for _ in (place / _IMAGES).glob("*.png"))


def png(gray: NDArray[np.uint8]) -> bytes:
    """A page's picture as the bytes of a PNG file."""
    done, data = cv2.imencode(".png", gray, _PNG)
    assert done
    return bytes(data.tobytes())


def _in_names_of_v1(page: Page) -> Page:
    """The page with the names that DeepScores v1 has for classes; others keep theirs."""
    targets = class_map("printed", "deepscores-v1").by_source
    symbols = [replace(s, name=targets[s.name].target or s.name) for s in page.symbols]
    return replace(page, symbols=symbols)


def _place(work: Path, task: Task) -> Path:
    return work / f"{task.number:06d}"


def _failed(place: Path) -> Path:
    return place.with_suffix(".failed")
