"""What a viewer is made from: a run of `omr detect` or any dataset, its pictures, its truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.canvas import window
from deepscores_tools.dataset_reading import open_pages
from deepscores_tools.errors import InputError
from deepscores_tools.formats.coco_read import DETECTIONS
from deepscores_tools.page_choice import parse_spec, select
from deepscores_tools.picture_source import PictureSource
from deepscores_tools.symbols import Page

from .. import spool
from ..evaluation.class_pairs import ClassPairs
from ..model_store import model_folder, model_hash, model_thresholds
from ..run_folder import RUN, SPOOL, is_run, pictures_of
from .document import Written, write_document
from .page_record import PageRecords, ViewedPage


def write_view(
    spec: str,
    file: Path,
    *,
    truth: str | None = None,
    images: Path | None = None,
    model: str | None = None,
    class_pairs: ClassPairs | None = None,
    full: bool = False,
) -> Written:
    """Write the viewer of a dataset, or of the folder of a run, as one HTML file.

    truth: spec of the dataset that has the same pages' truth; pages are matched by key. images:
    where the pictures are, if the pages have none of their own; without it they are looked for
    where the run had them, and those of the truth will do as well. model: whose thresholds and
    classes are used, by default that of the run. Raises InputError.
    """
    pages, listed = read_pages(spec)
    thresholds = _thresholds(spec, model)
    known = dict.fromkeys([*listed, *(thresholds or ())])
    viewed = with_truth(pages, truth, pictures_of(spec, images))
    return write_document(
        viewed, file, PageRecords(list(known), _with_classes_of(truth, class_pairs)),
        title=title_of(spec), thresholds=thresholds, full=full,
    )  # fmt: skip


def read_pages(spec: str) -> tuple[Iterable[Page], Sequence[str]]:
    """The pages of a dataset or a run, and the classes that it lists. Raises InputError."""
    path, conditions = parse_spec(spec)
    if is_run(path):
        pages = select(spool.pages(path / SPOOL), conditions, spec)
        joint = path / DETECTIONS
        return pages, open_pages(str(joint)).listed_classes().names if joint.is_file() else ()
    dataset = open_pages(spec)
    return dataset, dataset.listed_classes().names


def title_of(spec: str) -> str:
    """What the viewer is called: the folder's or file's name, with the choice of its pages."""
    path, _ = parse_spec(spec)
    return path.resolve().name + spec[len(str(path)) :] if spec.startswith(str(path)) else spec


def with_truth(
    pages: Iterable[Page], truth: str | None, pictures: PictureSource
) -> Iterator[ViewedPage]:
    """Each page with its picture and its truth, in the order of the truth where there is one.

    Raises InputError where a truth has none of the pages.
    """
    if truth is None:
        for page in map(pictures.sized, pages):
            yield ViewedPage(_light(page), _gray(pictures, page))
        return
    # The truth comes with masks: one page of it at a time.
    detected = {page.key: _light(pictures.sized(page)) for page in pages}
    met = False
    for true_page in open_pages(truth):
        found = detected.pop(true_page.key, None)
        if found is None:
            continue
        met = True
        gray = _gray(pictures, found, true_page)
        yield ViewedPage(_light(found), gray, _light(true_page).symbols)
    if not met:
        named = ", ".join(list(detected)[:3])
        raise InputError(truth, f"has none of the pages to be shown ({named}); pages are matched "
                         "by name without extension")  # fmt: skip
    for page in detected.values():
        yield ViewedPage(page, _gray(pictures, page))


def _with_classes_of(truth: str | None, class_pairs: ClassPairs | None) -> ClassPairs | None:
    """The pairs, told of the truth's classes where these say what is left out: it is read twice."""
    if truth is None or class_pairs is None or not class_pairs.leaves_out_others:
        return class_pairs
    return class_pairs.among({s.name for page in open_pages(truth) for s in page.symbols})


def _gray(pictures: PictureSource, *candidates: Page) -> NDArray[np.uint8] | None:
    """The picture of the first of these that has one, cut or filled to the size of the first."""
    for page in candidates:
        if pictures.has(page):
            return _of_size(pictures.gray(page), candidates[0])
    return None


def _of_size(gray: NDArray[np.uint8], page: Page) -> NDArray[np.uint8]:
    """Pages known by their symbols alone end where those end: white is added, or paper cut."""
    if gray.shape == (page.height, page.width):
        return gray
    return window(gray, (0, 0), (page.width, page.height))


def _light(page: Page) -> Page:
    """The page without masks, which are not shown and take memory."""
    return replace(page, symbols=[replace(symbol, mask=None) for symbol in page.symbols])


def _thresholds(spec: str, model: str | None) -> Mapping[str, float] | None:
    """The thresholds of the model named, or of the run's if it is at hand; else None."""
    if model is not None:
        return model_thresholds(model)
    path, _ = parse_spec(spec)
    if not is_run(path):
        return None
    try:
        run = json.loads((path / RUN).read_bytes())
        same = model_hash(model_folder(run["model"])) == run["model_hash"]
        return model_thresholds(run["model"]) if same else None
    except (InputError, OSError, ValueError, TypeError, KeyError):
        return None  # a model of one's own, in another place
