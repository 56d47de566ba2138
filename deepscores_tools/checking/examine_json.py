"""COCO and DeepScoresV2 image by image, annotation by annotation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pycocotools import mask as pycocotools_mask

from deepscores_tools.checking.defects import Examined
from deepscores_tools.errors import InputError
from deepscores_tools.formats import coco_read, deepscores_v2, deepscores_v2_read
from deepscores_tools.symbols import Page, Symbol


def examine_coco(path: Path) -> Iterator[Examined]:
    """Each image of a COCO dataset, and what is wrong with its lists at the end."""
    data, file = coco_read.read_json(path)
    names = coco_read._categories(data, file)
    rows = data["annotations"]
    rest = Examined(file)
    for number in rows.unfit:
        rest.add(f"annotation {number}", "it has no image_id", "unreadable")
    ids: set[Any] = set()
    seen = set()
    for image in data["images"]:
        with rest.noting(f"image {image.get('id') if isinstance(image, dict) else image}"):
            if image["id"] in seen:
                raise ValueError("an image with this id occurs twice")
            seen.add(image["id"])
            own = list(rows.pop(image["id"]))
            examined = _coco_page(image, own, names, file)
            _check_ids(own, ids, examined)
            yield examined
    for number in rows.left():
        for row in rows.pop(number):
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
        width, height = int(image["width"]), int(image["height"])
        for row in rows:
            place = f"annotation {row.get('id')}"
            with examined.noting(place):
                symbol, _ = coco_read._symbol(row, names, width, height)
                symbols.append(symbol)
                examined.places.append(place)
                beyond = _ink_beyond(row.get("segmentation"), symbol)
                if beyond:
                    problem = f"{symbol.name}: {beyond} pixels of its mask are outside its box"
                    examined.add(place, problem, "mask and box")
                continue
            examined.broken_ids.add(row.get("symbol_id", row.get("id")))
        examined.page = coco_read._page(image, symbols, file.parent, {})
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
    for file in deepscores_v2._files(path):
        data = deepscores_v2._load(file)
        try:
            table = deepscores_v2_read.read_table(data, annotation_set)
        except deepscores_v2._WRONG as error:
            raise InputError(file, f"is not DeepScoresV2: {error!r}") from error
        rest = Examined(file)
        rows: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
        for number, row in data["annotations"].items():
            with rest.noting(f"annotation {number}"):
                rows[str(row["img_id"])].append((number, row))
        for image in data["images"]:
            place = f"image {image.get('id') if isinstance(image, dict) else image}"
            with rest.noting(place):
                for number in image.get("ann_ids") or ():
                    if str(number) not in data["annotations"]:
                        problem = f"it lists annotation {number}, which is not there"
                        rest.add(place, problem, "dangling link")
                yield _v2_page(image, rows.pop(str(image["id"]), []), table, file)
        for number, left in rows.items():
            for own, _ in left:
                problem = f"it is of image {number}, which is not there"
                rest.add(f"annotation {own}", problem, "dangling link")
        yield rest


def _v2_page(
    image: Mapping[str, Any],
    rows: list[tuple[str, Mapping[str, Any]]],
    table: deepscores_v2_read.Table,
    file: Path,
) -> Examined:
    examined = Examined(file)
    with examined.noting(f"image {image['id']}"):
        page: Page = deepscores_v2_read.page_of(image, [], table, file.parent, Counter())
        symbols: list[Symbol] = []
        for number, row in rows:
            place = f"annotation {number}"
            left_out: Counter[str] = Counter()
            with examined.noting(place):
                symbol = deepscores_v2_read._symbol(number, row, table, left_out)
                if symbol is not None:
                    symbols.append(symbol)
                    examined.places.append(place)
                elif "a box without extent" in left_out:
                    raise ValueError(f"a_bbox {row['a_bbox']} is empty")
        fields = {name: getattr(page, name) for name in Page.__dataclass_fields__}
        examined.page = Page(**fields | {"symbols": symbols})
    return examined
