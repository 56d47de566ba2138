"""Check a dataset of any format, one page in memory at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from deepscores_tools.checking.defects import Defect, Examined, Kind
from deepscores_tools.checking.examine_json import examine_coco, examine_v2
from deepscores_tools.checking.examine_text import examine_csv, examine_yolo
from deepscores_tools.checking.examine_xml import (
    examine_cropobject,
    examine_mung,
    examine_v1,
    examine_voc,
)
from deepscores_tools.checking.page_checks import page_defects
from deepscores_tools.class_maps import VOCABULARIES, vocabulary
from deepscores_tools.dataset_image import is_drawing
from deepscores_tools.errors import InputError, reason
from deepscores_tools.formats import FORMATS, format_of
from deepscores_tools.formats.pictures import picture_size, require_size
from deepscores_tools.page_choice import fits, parse_spec
from deepscores_tools.symbols import Page

_EXAMINERS: Mapping[str, Callable[[Path], Iterator[Examined]]] = {
    "mung": examine_mung, "cropobject": examine_cropobject, "voc": examine_voc,
    "deepscores-v1": examine_v1, "coco": examine_coco, "yolo": examine_yolo, "csv": examine_csv,
}  # fmt: skip


@dataclass
class CheckReport:
    """What was looked at; complete when the last defect has been taken. notes: what is no
    defect, and may yet surprise."""

    format: str = ""
    pages: int = 0
    symbols: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def check_dataset(
    spec: str, report: CheckReport | None = None, vocabulary_name: str | None = None
) -> Iterator[Defect]:
    """Every defect of a dataset, page by page; unknown classes and missing images at the end.

    A class is unknown if it is not of `vocabulary_name`, by default of none of the vocabularies
    known here; each is one defect, at its first symbol. Images are missing where others of the
    dataset are there: a dataset without any (masks, detections) is only noted. Raises
    InputError where nothing can be read, or no page fits.
    """
    report = CheckReport() if report is None else report
    for defect in _found(spec, report, _known(vocabulary_name)):
        report.kinds[defect.kind] += 1
        yield defect


def _found(spec: str, report: CheckReport, known: frozenset[str]) -> Iterator[Defect]:
    path, conditions = parse_spec(spec)
    report.format = format_of(path)
    keys: dict[str, str] = {}
    unknown: dict[str, tuple[str, int]] = {}
    without_image: list[str] = []
    failures: list[Defect] = []
    for examined in _examine(path, report.format):
        page = examined.page
        if page is not None and not fits(page.attributes, conditions):
            continue
        if page is None and not report.pages:
            failures += examined.defects  # it may be that nothing can be read at all
        else:
            yield from examined.defects
        if page is None:
            continue
        yield from failures
        failures = []
        report.pages += 1
        report.symbols += len(page.symbols)
        other = keys.setdefault(page.key, page.name)
        if other is not page.name:
            yield Defect(str(examined.file), "duplicate", f"{other} and {page.name} have one key")
        yield from page_defects(examined)
        _count_unknown(examined, page, known, unknown)
        if page.image is None:
            without_image.append(f"{examined.file}, page {page.name}")
        else:
            yield from _picture_defects(page)
    if failures and not report.pages:
        raise InputError(failures[0].where, failures[0].problem)
    if conditions and not report.pages:
        raise InputError(spec, "no page fits; omr dataset info tells what attributes there are")
    for name, (where, count) in unknown.items():
        yield Defect(where, "unknown class", f"{name}, of {count} symbols; the first is here")
    if without_image and len(without_image) == report.pages:
        report.notes.append("no page has an image")
    else:
        yield from (Defect(w, "missing image", "there is no image of it") for w in without_image)


def _picture_defects(page: Page) -> Iterator[Defect]:
    assert page.image is not None
    if is_drawing(page.image):
        return
    try:
        require_size(page, picture_size(page.image))
        with Image.open(page.image) as opened:
            opened.verify()  # whether it is all there, as far as that shows without decoding
    except InputError as error:
        yield Defect(error.where, "image", error.problem)
    except Exception as error:
        yield Defect(str(page.image), "image", f"is damaged: {reason(error)}")


def _examine(path: Path, format_name: str) -> Iterator[Examined]:
    if format_name == "deepscores-v2":
        return examine_v2(path, "deepscores")
    if format_name in _EXAMINERS:
        return _EXAMINERS[format_name](path)
    return _examine_as_read(path, format_name)


def _examine_as_read(path: Path, format_name: str) -> Iterator[Examined]:
    """For formats whose reader ends at the first entry that is broken."""
    rest = Examined(path)
    with rest.noting(""):
        for page in FORMATS[format_name].read(path):
            places = [f"page {page.name}, symbol {n}" for n in range(1, len(page.symbols) + 1)]
            yield Examined(path, page, places)
    if rest.defects:
        yield rest


def _known(vocabulary_name: str | None) -> frozenset[str]:
    if vocabulary_name is not None:
        return frozenset(vocabulary(vocabulary_name).names)
    return frozenset(name for table in VOCABULARIES.values() for name in table.names)


def _count_unknown(
    examined: Examined, page: Page, known: frozenset[str], unknown: dict[str, tuple[str, int]]
) -> None:
    for symbol, place in zip(page.symbols, examined.places, strict=True):
        if symbol.name not in known:
            where, count = unknown.get(symbol.name, (examined.where(place), 0))
            unknown[symbol.name] = where, count + 1
