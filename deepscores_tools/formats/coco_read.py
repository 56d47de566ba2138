"""The reading half of coco.py."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from deepscores_tools.errors import InputError
from deepscores_tools.formats import coco_mask
from deepscores_tools.formats.broken import BROKEN, said
from deepscores_tools.formats.json_rows import Rows, read_top
from deepscores_tools.formats.limits import checked_coordinates, checked_size
from deepscores_tools.formats.pictures import first_file
from deepscores_tools.formats.values import corners, optional, page_facts, plain, text, whole
from deepscores_tools.page_names import inside
from deepscores_tools.symbols import Attribute, Box, Page, Symbol

ANNOTATIONS = "annotations.json"
DETECTIONS = "detections.json"  # what `omr detect` calls it
IMAGES = "images"

_log = logging.getLogger("deepscores_tools.formats")
_IMAGE_KEYS = frozenset(
    ("id", "file_name", "width", "height", "interline", "dpi", "source_file", "source_page",
     "document", "licence", "license", "attributes")
)  # fmt: skip
_SYMBOL_KEYS = frozenset(
    ("id", "image_id", "category_id", "bbox", "area", "segmentation", "score", "symbol_id",
     "outlinks", "oriented_box", "ink_area", "second_name", "attributes")
)  # fmt: skip


def coco_file(path: Path) -> Path:
    """The JSON file of a dataset given as folder or file. Raises InputError if there is none."""
    file = path
    if path.is_dir():
        file = path / (DETECTIONS if (path / DETECTIONS).is_file() else ANNOTATIONS)
    if not file.is_file():
        raise InputError(
            path, f"has no {file.name}; where its JSON file is called otherwise, name that file"
        )
    return file


def read_json(path: Path, truth: Path | None = None) -> tuple[dict[str, Any], Path]:
    """The content of a COCO dataset and the file it is in; see `coco.read`. InputError.

    Images, by id, and annotations, by image, are Rows (see json_rows.py).
    """
    file = coco_file(path)
    of_image = itemgetter("image_id")
    data = read_top(file, {"images": itemgetter("id"), "annotations": of_image}, of_image)
    if isinstance(data, Rows):
        if truth is None:
            raise InputError(
                file, "is a list of results, without images and categories; read it together "
                "with the COCO dataset that has them")  # fmt: skip
        data = {**read_json(truth)[0], "annotations": data}
    if not isinstance(data, dict):
        raise InputError(file, "is not a COCO dataset: neither an object nor a list")
    for key in ("images", "annotations", "categories"):
        found = data.get(key)
        if not (found.is_list if isinstance(found, Rows) else isinstance(found, list)):
            raise InputError(file, f"is not a COCO dataset: no list of {key}")
    return data, file


def category_names(path: Path, truth: Path | None = None) -> list[str]:
    """The names of all categories of a COCO dataset, in its order; see `coco.read`. InputError."""
    data, file = read_json(path, truth)
    return list(class_names(data, file).values())


def categories(path: Path) -> dict[int, str]:
    """The categories of a COCO dataset: id -> name, in its order. InputError."""
    return class_names(*read_json(path))


def pages_of(data: Mapping[str, Any], file: Path) -> Iterator[Page]:
    """The pages in the content of a COCO file."""
    names = class_names(data, file)
    images, rows = data["images"], data["annotations"]
    if rows.unfit:
        raise InputError(file, f"annotation {rows.unfit[0]} has no image_id")
    try:
        if images.unfit:
            raise ValueError(f"image {images.unfit[0]} has no id")
        numbers = sorted(images.groups())
    except BROKEN as error:
        raise InputError(file, f"images without comparable ids: {error}") from error
    licences = _licences(data)
    unfit = 0
    for number in numbers:
        (_, image), *others = images.pop(number)
        if others:
            raise InputError(file, f"image {number} occurs twice")
        symbols: list[Symbol] = []
        for _, row in rows.pop(number):
            try:
                symbol, fits = symbol_of(row, names, image)
            except BROKEN as error:
                raise InputError(file, f"annotation {row.get('id')}: {said(error)}") from error
            symbols.append(symbol)
            unfit += not fits
        try:
            page = page_of(image, symbols, file.parent, licences)
        except BROKEN as error:
            raise InputError(file, f"image {number}: {said(error)}") from error
        yield page
    if rows.groups():
        raise InputError(file, f"annotations of images that are not there: {rows.groups()[:5]}")
    if unfit:
        _log.warning("%s: %d masks left out: their boxes are not in whole pixels", file, unfit)


def class_names(data: Mapping[str, Any], file: Path) -> dict[int, str]:
    """The categories in the content of a COCO file: id -> name. InputError."""
    names: dict[int, str] = {}
    for row in data["categories"]:
        try:
            number, name = whole(row["id"]), str(row["name"])
        except BROKEN as error:
            raise InputError(file, f"a category without a number or name: {row}") from error
        if number in names or name in names.values():
            raise InputError(file, f"category {number} {name} occurs twice")
        names[number] = name
    return names


def _licences(data: Mapping[str, Any]) -> dict[str, str]:
    rows = data.get("licenses")
    rows = rows if isinstance(rows, list) else []
    return {str(r.get("id")): str(r.get("name")) for r in rows if isinstance(r, dict)}


def page_of(
    image: Mapping[str, Any], symbols: list[Symbol], folder: Path, licences: Mapping[str, str]
) -> Page:
    """An image's entry as a page with these symbols. Raises what broken data raises."""
    name = inside(text(image["file_name"]), folder)
    licence = licences.get(str(image.get("license")))
    width, height = checked_size(image["width"], image["height"])
    return Page(
        name=name,
        width=width,
        height=height,
        symbols=symbols,
        image=first_file((folder / IMAGES / name, folder / name)),
        attributes=_attributes(image, _IMAGE_KEYS),
        **page_facts({"licence": licence, **image}),
    )


def symbol_of(
    row: Mapping[str, Any], names: Mapping[int, str], image: Mapping[str, Any]
) -> tuple[Symbol, bool]:
    """An annotation as a symbol, and whether its mask, if it has one, fits its box.

    Raises what broken data raises.
    """
    page_width, page_height = int(image["width"]), int(image["height"])
    category = whole(row["category_id"])
    if category not in names:
        raise ValueError(f"unknown category {category}")
    x, y, width, height = checked_coordinates(row["bbox"])
    box = Box(x, y, x + width, y + height)
    segmentation = row.get("segmentation")
    if isinstance(segmentation, list):
        segmentation = [p for p in segmentation if p != []]  # [[]] is written for no mask, too
    is_whole = all(v.is_integer() for v in box)
    mask = None
    if segmentation and is_whole:
        mask = coco_mask.decode(segmentation, box, page_width, page_height)
    oriented = row.get("oriented_box")
    symbol = Symbol(
        name=names[category],
        box=box,
        id=optional(int, row.get("symbol_id", row.get("id"))),
        score=optional(float, row.get("score")),
        mask=mask,
        oriented_box=corners(v for corner in oriented for v in corner) if oriented else None,
        outlinks=tuple(int(i) for i in row.get("outlinks") or ()),
        ink_area=optional(int, row.get("ink_area")),
        second_name=optional(str, row.get("second_name")),
        attributes=_attributes(row, _SYMBOL_KEYS),
    )
    return symbol, is_whole or not segmentation


def _attributes(row: Mapping[str, Any], known: frozenset[str]) -> Mapping[str, Attribute]:
    """The entry's attributes, and whatever else of plain type a foreign writer put beside."""
    further = {k: v for k, v in row.items() if k not in known and (k, v) != ("iscrowd", 0)}
    return plain(further) | plain(row.get("attributes"))
