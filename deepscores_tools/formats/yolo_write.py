"""The writing half of yolo.py."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml  # type: ignore[import-untyped, unused-ignore]

from deepscores_tools.formats.losses import Losses, count_page_losses, count_symbol_losses
from deepscores_tools.formats.pictures import place_picture
from deepscores_tools.formats.yolo_config import DATA, SIZES
from deepscores_tools.page_names import KeyGuard, inside
from deepscores_tools.symbols import Page, Symbol
from deepscores_tools.vocabularies import ClassTable
from deepscores_tools.whole_file import whole_stream


def write(pages: Iterable[Page], out: Path, classes: ClassTable | Sequence[str] = ()) -> None:
    """Write pages to the folder `out`; pictures are copied into images/.

    Classes are numbered in the order of `classes`, further ones as they are met. data.yaml
    comes last; it names one folder as train and val, splits are made by splitting the pages.
    Warns once of what is lost. Raises InputError.
    """
    guard, losses = KeyGuard(out), Losses("yolo")
    names = classes.names if isinstance(classes, ClassTable) else classes
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    with whole_stream(out / SIZES) as sizes:
        rows = csv.writer(sizes, lineterminator="\n")
        for page in pages:
            name = inside(page.name, out)
            guard.check(page.name)
            name = place_picture(page, name, out / "images")
            with whole_stream((out / "labels" / name).with_suffix(".txt")) as stream:
                for symbol in page.symbols:
                    number = numbers.setdefault(symbol.name, len(numbers))
                    stream.write(_line(number, symbol, page))
                    count_symbol_losses(losses, symbol, {"score"})
            rows.writerow((name, page.width, page.height))
            count_page_losses(losses, page, {"image"})
    data = {"path": ".", "train": "images", "val": "images",
            "names": {number: name for name, number in numbers.items()}}  # fmt: skip
    with whole_stream(out / DATA) as stream:
        yaml.safe_dump(data, stream, allow_unicode=True, sort_keys=False)
    losses.warn()


def _line(number: int, symbol: Symbol, page: Page) -> str:
    (x, y), box = symbol.box.centre, symbol.box
    values = [x / page.width, y / page.height, box.width / page.width, box.height / page.height]
    if symbol.score is not None:
        values.append(symbol.score)
    return f"{number} {' '.join(repr(float(value)) for value in values)}\n"
