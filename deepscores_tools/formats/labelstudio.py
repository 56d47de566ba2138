"""Label Studio: JSON of tasks, to be corrected there and read back.

A task has `data`, where the picture is a URL, and regions of type `rectanglelabels`, whose x, y,
width and height are percent of the picture's. Detections are `predictions`, which Label Studio
shows as pre-annotations; truth, and what people have corrected, are `annotations`. Read back, a
task's last annotation that was not cancelled counts, or else its first prediction. Held: boxes,
classes, scores of predictions; all of a page but its attributes, in further keys of `data`.
https://labelstud.io/guide/predictions and https://labelstud.io/guide/task_format
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from lxml import etree

from deepscores_tools.errors import InputError
from deepscores_tools.formats.broken import BROKEN, said
from deepscores_tools.formats.folders import files_of
from deepscores_tools.formats.json_rows import Rows, read_top
from deepscores_tools.formats.limits import MAX_SIDE, checked_size
from deepscores_tools.formats.losses import Losses, count_page_losses, count_symbol_losses
from deepscores_tools.formats.pictures import first_file, picture_size, place_picture
from deepscores_tools.formats.snap import snapped
from deepscores_tools.formats.values import page_facts, plain
from deepscores_tools.formats.writing import write_row
from deepscores_tools.formats.xml_text import allowed
from deepscores_tools.page_names import KeyGuard, inside
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.vocabularies import ClassTable
from deepscores_tools.whole_file import whole_stream

TASKS = "tasks.json"
CONFIG = "labels.xml"  # the labelling interface, to be pasted into a project's settings
IMAGES = "images"
LOCAL_FILES = "/data/local-files/?d=images/"
"""Where Label Studio finds the pictures if its document root of local files is the folder OUT."""

_log = logging.getLogger("deepscores_tools.formats")
_OURS = re.compile(rb'"data"\s*:\s*\{|"(original_width|rectanglelabels)"\s*:')
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")  # what Label Studio puts before names
_PAGE_KEYS = ("interline", "dpi", "source", "source_page", "document", "licence")


def recognises(file: Path, head: bytes) -> bool:
    """Whether this is a JSON list whose first members are tasks."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text[:1] == b"[" and bool(_OURS.search(text))


def write(
    pages: Iterable[Page],
    out: Path,
    classes: ClassTable | Sequence[str] = (),
    image_url: str = LOCAL_FILES,
) -> None:
    """Write pages to the folder `out` or, if it ends in .json, to that file.

    A folder gets tasks.json, labels.xml, with `classes` and those met beyond them, and the
    pictures in images/. image_url: what a page's name is put after to make its picture's URL.
    A page with scores, or without symbols, is a prediction, any other an annotation. Warns
    once of what is lost. Raises InputError.
    """
    single = out.suffix.lower() == ".json"
    guard, losses = KeyGuard(out), Losses("labelstudio")
    names = dict.fromkeys(classes.names if isinstance(classes, ClassTable) else classes)
    with whole_stream(out if single else out / TASKS) as stream:
        stream.write("[")
        for number, page in enumerate(pages, 1):
            guard.check(page.name)
            name = inside(page.name, out)
            if not single:
                name = place_picture(page, name, out / IMAGES)
            task = _task(replace(page, name=name), number, image_url + quote(name))
            write_row(stream, number == 1, task)
            names.update(dict.fromkeys(s.name for s in page.symbols))
            count_page_losses(losses, page, {*_PAGE_KEYS, "image"})
            for symbol in page.symbols:
                count_symbol_losses(losses, symbol, {"score"})
        stream.write("\n]\n")
    if not single:
        with whole_stream(out / CONFIG) as stream:
            stream.write(labelling_interface(list(names)))
    losses.warn()


def labelling_interface(classes: Sequence[str]) -> str:
    """The XML that a project needs in its settings: one label a class, on rectangles."""
    view = etree.Element("View")
    etree.SubElement(view, "Image", name="image", value="$image", zoom="true", zoomControl="true")
    labels = etree.SubElement(view, "RectangleLabels", name="label", toName="image")
    for name in classes:
        etree.SubElement(labels, "Label", value=allowed(name))
    return str(etree.tostring(view, pretty_print=True, encoding="unicode"))


def _task(page: Page, number: int, url: str) -> dict[str, Any]:
    facts = {key: getattr(page, key) for key in _PAGE_KEYS}
    data = {"image": url, "page": page.name, "width": page.width, "height": page.height}
    data |= {key: value for key, value in facts.items() if value is not None}
    task: dict[str, Any] = {"id": number, "data": data}
    regions = [_region(symbol, n, page) for n, symbol in enumerate(page.symbols)]
    scores = [float(s.score) for s in page.symbols if s.score is not None]
    if scores or not regions:
        mean = sum(scores) / len(scores) if scores else 0.0
        task["predictions"] = [{"model_version": "omr", "score": mean, "result": regions}]
    else:
        task["annotations"] = [{"result": regions}]
    return task


def _region(symbol: Symbol, number: int, page: Page) -> dict[str, Any]:
    box = symbol.box
    region: dict[str, Any] = {
        "id": f"s{number}", "type": "rectanglelabels", "from_name": "label", "to_name": "image",
        "original_width": page.width, "original_height": page.height, "image_rotation": 0,
        "value": {
            "x": float(100 * box.x0 / page.width), "y": float(100 * box.y0 / page.height),
            "width": float(100 * box.width / page.width),
            "height": float(100 * box.height / page.height),
            "rotation": 0, "rectanglelabels": [symbol.name],
        },
    }  # fmt: skip
    if symbol.score is not None:
        region["score"] = float(symbol.score)
    return region


def read(path: Path) -> Iterator[Page]:
    """The pages of a file of tasks, ours or exported as JSON, or of a folder of these.

    In a folder with tasks.json that file alone is read. Regions other than upright rectangles
    with a label are refused; relations between them are left out, and counted in a warning. A
    picture is looked for in images/ and beside the file. Raises InputError.
    """
    own = path / TASKS
    guard = KeyGuard(path)
    for file in [own] if own.is_file() else files_of(path, ".json"):
        tasks = read_top(file, {}, of_list=lambda _: None)
        if not isinstance(tasks, Rows):
            raise InputError(file, "is no list of Label Studio's tasks; export as JSON")
        relations = 0
        for number, (_, task) in enumerate(tasks, 1):
            try:
                regions, scored = _regions(task)
                rectangles = [r for r in regions if r.get("type") != "relation"]
                page = _page(task["data"], rectangles, scored, file.parent)
            except BROKEN as error:
                raise InputError(file, f"task {number}: {said(error)}") from error
            relations += len(regions) - len(rectangles)
            guard.check(page.name)
            yield page
        if relations:
            _log.warning("%s: %d relations between regions left out", file, relations)


def _page(
    data: Mapping[str, Any], regions: Sequence[Mapping[str, Any]], scored: bool, folder: Path
) -> Page:
    name = inside(str(data.get("page") or _name(str(data["image"]))), folder)
    places = (folder / IMAGES / name, folder / name)
    stored = _local(str(data["image"]), folder)
    image = first_file((*places, *stored))
    width, height = checked_size(*_size(data, regions, image))
    return Page(
        name=name,
        width=width,
        height=height,
        symbols=[_symbol(region, width, height, scored) for region in regions],
        image=image,
        **page_facts(plain(data), source="source"),
    )


def _name(url: str) -> str:
    """The page's name in its picture's URL, without what Label Studio puts before it."""
    return _UPLOADED.sub("", _file_name(url))


def _local(url: str, folder: Path) -> list[Path]:
    """Where the picture lies beside the file: as the URL calls it."""
    name = inside(_file_name(url), folder)
    return [folder / IMAGES / name, folder / name]


def _file_name(url: str) -> str:
    parts = urlsplit(url)
    place = parse_qs(parts.query).get("d", [unquote(parts.path)])[0]
    return PurePosixPath(place).name


def _regions(task: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], bool]:
    """The regions that count, and whether they are predictions."""
    made = [a for a in task.get("annotations") or () if not a.get("was_cancelled")]
    if made:
        return list(made[-1]["result"]), False
    guesses = [p for p in task.get("predictions") or () if isinstance(p, dict)]
    return (list(guesses[0]["result"]), True) if guesses else ([], True)


def _size(
    data: Mapping[str, Any], regions: Sequence[Mapping[str, Any]], image: Path | None
) -> tuple[int, int]:
    for region in regions:
        if "original_width" in region:
            return int(region["original_width"]), int(region["original_height"])
    if "width" in data and "height" in data:
        return int(data["width"]), int(data["height"])
    if image is None:
        raise ValueError("the size of the page is told nowhere; put its picture beside the file")
    return picture_size(image)


def _symbol(region: Mapping[str, Any], width: int, height: int, scored: bool) -> Symbol:
    value = region["value"]
    labels = value.get("rectanglelabels")
    if not (isinstance(labels, list) and labels and labels[0]):
        raise ValueError(f"region {region.get('id')} is no rectangle with a label")
    if value.get("rotation"):
        raise ValueError(f"region {region.get('id')} is turned; boxes here are upright")
    x, y = float(value["x"]) * width / 100, float(value["y"]) * height / 100
    w, h = float(value["width"]) * width / 100, float(value["height"]) * height / 100
    if not all(math.isfinite(v) and abs(v) <= MAX_SIDE for v in (x, y, w, h)):
        raise ValueError(f"region {region.get('id')} is not finite or beyond any page")
    score = region.get("score") if scored else None
    return Symbol(
        name=str(labels[0]),
        box=snapped(Box(x, y, x + w, y + h)),
        score=None if score is None else float(score),
    )
