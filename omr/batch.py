"""Many pages through one detector: resumable, one page in memory, one failure stops no other."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.errors import InputError
from deepscores_tools.page_images import read_page
from deepscores_tools.page_sources import PageSource
from deepscores_tools.symbols import Page

from .outputs import Outputs


class PageDetector(Protocol):
    """What a batch needs of a Detector."""

    @property
    def classes(self) -> tuple[str, ...]:
        """All that it can find."""

    def detect(self, image: NDArray[np.uint8], *, min_score: float | None = None) -> Page:
        """The symbols of a gray page of shape (H, W)."""


@dataclass(frozen=True, slots=True)
class PageResult:
    """What became of one page. failure: why there is no result; the other fields are then empty.

    kept: it was done in an earlier run. interline in pixels, None where no staves were found.
    """

    source: PageSource
    failure: InputError | None = None
    symbols: int = 0
    staves: int | None = None
    interline: float | None = None
    notice: str = ""
    seconds: float = 0.0
    kept: bool = False


def detect_batch(
    detector: PageDetector,
    sources: Sequence[PageSource],
    outputs: Outputs,
    report: Callable[[PageResult], None] = lambda _: None,
) -> list[PageResult]:
    """Detect every page into the spool, then the formats. report: called after each page.

    Pages that outputs hold already, found on the same picture, are kept. Pages that cannot be
    read are reported as failures; raises InputError only where the output cannot be written.
    """
    _sha256.cache_clear()  # files may have changed since the last batch
    results = []
    for source in sources:
        results.append(_one_page(detector, source, outputs))
        report(results[-1])
    if any(result.failure is None for result in results):
        outputs.assemble(detector.classes)
    return results


def inputs_without_staves(results: Sequence[PageResult]) -> list[Path]:
    """The arguments with readable pages of which none has staves: no music, or not readable."""
    read = dict.fromkeys(r.source.argument for r in results if r.failure is None)
    musical = {r.source.argument for r in results if r.interline is not None}
    return [argument for argument in read if argument not in musical]


def _one_page(detector: PageDetector, source: PageSource, outputs: Outputs) -> PageResult:
    started = time.perf_counter()
    try:
        origin = f"{_sha256(source.path)}:{source.index}"
        page = outputs.finished(source.key, origin)
        if page is not None:
            return _result(source, page, started, kept=True)
        image = read_page(source)
    except InputError as failure:
        return PageResult(source, failure)
    except OSError as error:
        return PageResult(source, InputError(source.path, f"cannot be read ({error.strerror})"))
    try:
        found = detector.detect(image.gray, min_score=outputs.options.min_score)
    except InputError as failure:
        return PageResult(source, failure)
    except MemoryError:
        return PageResult(
            source, InputError(source.path, f"not enough memory for {source.name}; scale it down")
        )
    page = replace(
        found,
        name=source.name,
        dpi=image.dpi,
        source=source.source,
        source_page=source.source_page,
    )
    outputs.add(page, origin, image.gray)
    return _result(source, page, started)


def _result(source: PageSource, page: Page, started: float, *, kept: bool = False) -> PageResult:
    return PageResult(
        source,
        symbols=len(page.symbols),
        staves=_staves(page),
        interline=page.interline,
        notice=str(page.attributes.get("notice", "")),
        seconds=time.perf_counter() - started,
        kept=kept,
    )


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
