"""COCO and DeepScoresV2 image by image, annotation by annotation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pycocotools import mask as pycocotools_mask

from deepscores_tools.checking.defects import Examined
from deepscores_tools.formats import coco_read, deepscores_v2_read
from deepscores_tools.formats.folders import files_of
from deepscores_tools.symbols import Symbol


def examine_coco(path: Path) -> Iterator[Examined]:
    """Each image of a COCO dataset, and what is wrong with its lists at the end."""
    data, file = coco_read.read_json(path)
    names = coco_read.class_names(data, file)
    images, rows = data["images"], data["annotations"]
    rest = Examined(file)
    for number in images.unfit:
        rest.add(f"image {number}", "it has no id", "unreadable")
    for number in rows.unfit:
        rest.add(f"annotation {number}", "it has no image_id", "unreadable")
    ids: set[Any] = set()
    for number in images.groups():
        with rest.noting(f"image {number}"):
            (_, image), *others = images.pop(number)
            own = [row for _, row in rows.pop(number)]
            examined = _coco_page(image, own, names, file)
            _check_ids(own, ids, examined)
            yield examined
            if others:
                raise ValueError("an image with this id occurs twice")
    for number in rows.groups():
        for _, row in rows.pop(number):
            problem = f"it is of image {number}, which is not there"
            rest.add(f"annotation {row.get('id')}", problem, "dangling link")
    yield rest


def _check_ids(rows: list[Mapping[str, Any]], ids: set[Any], examined: Examined) -> None:
    for row in rows:
        number = row.get("id")
        place = f"annotation {number}"
        with examined.noting(place):
            if number in ids:
                examined.add(place, "another annotation has this id", "duplicate")
            if number == 0:
                problem = "the id 0 counts as not matched in pycocotools"
                examined.add(place, problem, "duplicate")
            ids.add(number)


def _coco_page(
    image: Mapping[str, Any], rows: list[Mapping[str, Any]], names: Mapping[int, str], file: Path
) -> Examined:
    examined = Examined(file)
    symbols: list[Symbol] = []
    with examined.noting(f"image {image['id']}"):
        for row in rows:
            place = f"annotation {row.get('id')}"
            with examined.noting(place):
                symbol, _ = coco_read.symbol_of(row, names, image)
                symbols.append(symbol)
                examined.places.append(place)
                beyond = _ink_beyond(row.get("segmentation"), symbol)
                if beyond:
                    problem = f"{symbol.name}: {beyond} pixels of its mask are outside its box"
                    examined.add(place, problem, "mask and box")
                continue
            examined.broken_ids.add(row.get("symbol_id", row.get("id")))
        examined.page = coco_read.page_of(image, symbols, file.parent, {})
    return examined


def _ink_beyond(segmentation: object, symbol: Symbol) -> int:
    """Pixels of ink that the mask of a box leaves out, since they lie beyond the box."""
    if symbol.mask is None or not isinstance(segmentation, dict):
        return 0
    counts = segmentation["counts"]
    if isinstance(counts, list):
        return int(sum(counts[1::2])) - int(symbol.mask.sum())
    return int(pycocotools_mask.area(segmentation)) - int(symbol.mask.sum())


def examine_v2(path: Path, annotation_set: str) -> Iterator[Examined]:
    """Each image of a DeepScoresV2 dataset, and what is wrong with its lists at the end."""
    for file in files_of(path, ".json"):
        content = deepscores_v2_read.read_content(file, annotation_set)
        images, annotations = content.images, content.annotations
        rest = Examined(file)
        for number in images.unfit:
            rest.add(f"image {number}", "it has no id", "unreadable")
        for number in annotations.unfit:
            rest.add(f"annotation {number}", "it has no img_id", "unreadable")
        for number in images.groups():
            place = f"image {number}"
            with rest.noting(place):
                (_, image), *others = images.pop(number)
                rows = annotations.pop(number)
                for missing in deepscores_v2_read.unlisted(image, rows):
                    problem = f"it lists annotation {missing}, which is none of its own"
                    rest.add(place, problem, "dangling link")
                yield _v2_page(image, rows, content.table, file)
                if others:
                    raise ValueError("an image with this id occurs twice")
        for number in annotations.groups():
            for own, _ in annotations.pop(number):
                problem = f"it is of image {number}, which is not there"
                rest.add(f"annotation {own}", problem, "dangling link")
        yield rest


def _v2_page(
    image: Mapping[str, Any],
    rows: Sequence[tuple[str, Mapping[str, Any]]],
    table: deepscores_v2_read.Table,
    file: Path,
) -> Examined:
    examined = Examined(file)
    numbers: set[str] = set()
    with examined.noting(f"image {image['id']}"):
        symbols: list[Symbol] = []
        for number, row in rows:
            place = f"annotation {number}"
            if number in numbers:
                examined.add(place, "another annotation has this id", "duplicate")
            numbers.add(number)
            left_out: Counter[str] = Counter()
            with examined.noting(place):
                symbol = deepscores_v2_read.symbol_of(number, row, table, left_out)
                if symbol is not None:
                    symbols.append(symbol)
                    examined.places.append(place)
                elif "a box without extent" in left_out:
                    raise ValueError(f"a_bbox {row['a_bbox']} is empty")
        examined.page = deepscores_v2_read.page_of(image, symbols, file.parent)
    return examined
