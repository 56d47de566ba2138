"""Many pages through one detector: resumable, one failure stops no other.

Pages flow: one thread reads ahead, `jobs` threads detect, and the caller's writes, in order. So
few pages are in memory at a time, however many there are.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.errors import InputError, reason
from deepscores_tools.page_images import PageImage, read_page
from deepscores_tools.page_sources import PageSource
from deepscores_tools.pdf import DPI
from deepscores_tools.symbols import Attribute, Page

from .outputs import Outputs
from .spool import Origin


class PageDetector(Protocol):
    """What a batch needs of a Detector; several threads may call it at a time."""

    @property
    def classes(self) -> tuple[str, ...]:
        """All that it can find."""

    def detect(self, image: NDArray[np.uint8], *, min_score: float | None = None) -> Page:
        """The symbols of a gray page of shape (H, W)."""


@dataclass(frozen=True, slots=True)
class PageResult:
    """What became of one page. failure: why there is no result; the other fields are then empty.

    kept: it was done in an earlier run. interline in pixels, None where no staves were found.
    seconds: from its reading to its detection's end, while other pages were worked on as well.
    """

    source: PageSource
    failure: InputError | None = None
    symbols: int = 0
    staves: int | None = None
    interline: float | None = None
    notice: str = ""
    seconds: float = 0.0
    kept: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A page on its way: kept from an earlier run (page), or decoded (image)."""

    origin: Origin
    page: Page | None = None
    image: PageImage | None = None
    seconds: float = 0.0


def detect_batch(
    detector: PageDetector,
    sources: Sequence[PageSource],
    outputs: Outputs,
    report: Callable[[PageResult], None] = lambda _: None,
    jobs: int = 1,
) -> list[PageResult]:
    """Detect every page into the spool, then the formats. report: called after each page.

    jobs: pages detected at a time, each on a thread of its own. Pages that outputs hold already,
    found on the same picture, are kept. Pages that cannot be read are reported as failures;
    raises InputError only where the output cannot be written.
    """
    _sha256.cache_clear()  # files may have changed since the last batch
    results = []
    with closing(_flow(detector, sources, outputs, jobs)) as flow:
        for source, detecting in flow:
            results.append(_finish(source, detecting, outputs))
            del detecting  # and its image, before the next page is waited for
            report(results[-1])
    files = {str(source.path.resolve()) for source in sources}
    outputs.assemble(detector.classes, files, {source.key for source in sources})
    return results


def inputs_without_staves(results: Sequence[PageResult]) -> list[Path]:
    """The arguments with readable pages of which none has staves: no music, or not readable."""
    read = dict.fromkeys(r.source.argument for r in results if r.failure is None)
    musical = {r.source.argument for r in results if r.interline is not None}
    return [argument for argument in read if argument not in musical]


def _flow(
    detector: PageDetector, sources: Sequence[PageSource], outputs: Outputs, jobs: int
) -> Generator[tuple[PageSource, Future[_Read]], None, None]:
    """Each source with what comes of it, in order, not more than two pages ahead of the jobs."""
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(jobs) as workers:
        flowing: deque[tuple[PageSource, Future[_Read]]] = deque()
        try:
            for source in sources:
                reading = reader.submit(_read, source, outputs)
                detecting = workers.submit(_detect, detector, reading, outputs.options.min_score)
                flowing.append((source, detecting))
                del reading, detecting
                if len(flowing) > jobs + 1:
                    yield flowing.popleft()
            while flowing:
                yield flowing.popleft()
        finally:  # on an error or Ctrl-C, what has not begun is not begun
            reader.shutdown(wait=False, cancel_futures=True)
            workers.shutdown(wait=False, cancel_futures=True)


def _read(source: PageSource, outputs: Outputs) -> _Read:
    started = time.perf_counter()
    picture = f"{_sha256(source.path)}:{source.index}"
    origin = Origin(picture, str(source.path.resolve()))
    kept = outputs.finished(source.key, origin)
    image = None if kept is not None else read_page(source)
    return _Read(origin, kept, image, time.perf_counter() - started)


def _detect(detector: PageDetector, reading: Future[_Read], min_score: float | None) -> _Read:
    read = reading.result()
    if read.image is None:
        return read
    started = time.perf_counter()
    page = detector.detect(read.image.gray, min_score=min_score)
    return replace(read, page=page, seconds=read.seconds + time.perf_counter() - started)


def _finish(source: PageSource, detecting: Future[_Read], outputs: Outputs) -> PageResult:
    """Write one page, or say why there is none."""
    try:
        done = detecting.result()
    except InputError as failure:
        return PageResult(source, failure)
    except OSError as error:
        return PageResult(source, InputError(source.path, f"cannot be read ({reason(error)})"))
    except MemoryError:
        return PageResult(
            source, InputError(source.path, f"not enough memory for {source.name}; scale it down")
        )
    except (RuntimeError, cv2.error) as error:  # theirs, where memory is short
        problem = f"{source.name} cannot be computed ({reason(error)})"
        return PageResult(source, InputError(source.path, problem))
    page, image = done.page, done.image
    assert page is not None
    if image is not None:
        page = replace(
            page,
            name=source.name,
            dpi=image.dpi,
            source=source.source,
            source_page=source.source_page,
            attributes=_with_dpi_notice(page, image),
        )
        outputs.add(page, done.origin, image.gray)
    return PageResult(
        source,
        symbols=len(page.symbols),
        staves=_staves(page),
        interline=page.interline,
        notice=str(page.attributes.get("notice", "")),
        seconds=done.seconds,
        kept=image is None,
    )


def _with_dpi_notice(page: Page, image: PageImage) -> dict[str, Attribute]:
    """The page's attributes; a PDF page too large for the usual resolution says so."""
    attributes = dict(page.attributes)
    if image.source.kind == "PDF" and image.dpi is not None and image.dpi < DPI:
        smaller = f"large page, rendered at {image.dpi:.0f} dpi"
        attributes["notice"] = "; ".join(
            str(text) for text in (attributes.get("notice"), smaller) if text
        )
    return attributes


def _staves(page: Page) -> int | None:
    """How many staves the page has; None where the model does not say."""
    if page.interline is None:
        return 0
    stated = page.attributes.get("staves")
    if stated is not None:
        return int(stated)
    return sum(symbol.name == "staff" for symbol in page.symbols) or None


@lru_cache(maxsize=1)  # the pages of one file come one after another
def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
