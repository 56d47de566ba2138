"""YOLO and CSV line by line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from deepscores_tools.checking.defects import Examined
from deepscores_tools.errors import InputError
from deepscores_tools.formats import csv, yolo
from deepscores_tools.formats.pictures import picture_size
from deepscores_tools.formats.yolo_config import DATA, Config, read_config, read_sizes
from deepscores_tools.symbols import Page


def examine_yolo(path: Path) -> Iterator[Examined]:
    """Each page of a YOLO dataset, and the labels that are of none."""
    config = read_config(path / DATA if path.is_dir() else path)
    sizes = read_sizes(config.root)
    pictures = {yolo._name(p, config.root): p for p in yolo._pictures(config)}
    for name in sorted({**pictures, **sizes}):
        yield _yolo_page(name, pictures.get(name), sizes.get(name), config)
    with_page = {Path(name).with_suffix("") for name in (*pictures, *sizes)}
    labels = config.root / "labels"
    for file in sorted(labels.rglob("*.txt")):
        if file.relative_to(labels).with_suffix("") not in with_page:
            examined = Examined(file)
            examined.add("", "there is no picture of this page", "missing image")
            yield examined


def _yolo_page(
    name: str, picture: Path | None, size: tuple[int, int] | None, config: Config
) -> Examined:
    labels = config.root / "labels" / name if picture is None else yolo._labels(picture, config)
    labels = labels.with_suffix(".txt")
    examined = Examined(labels)
    with examined.noting(""):
        if picture is not None:
            size = picture_size(picture)
        assert size is not None  # a page without a picture has its size in sizes.csv
        symbols = []
        for number, line in enumerate(_lines(labels), 1):
            with examined.noting(f"line {number}"):
                if line.strip():
                    symbols.append(yolo._symbol(line.split(), config.names, size))
                    examined.places.append(f"line {number}")
        examined.page = Page(
            name=name, width=size[0], height=size[1], symbols=symbols, image=picture
        )
    return examined


def _lines(file: Path) -> list[str]:
    if not file.is_file():
        return []
    try:
        return file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError as error:
        raise InputError(file, f"cannot be read ({error.strerror})") from error


def examine_csv(path: Path) -> Iterator[Examined]:
    """Each page of a dataset in the CSV of Pacha et al."""
    for file in sorted(path.glob("*.csv")) if path.is_dir() else [path]:
        rest = Examined(file)
        with rest.noting(""):
            for name, rows in groupby(csv._rows(file), key=lambda row: row[1][0]):
                examined = Examined(file)
                good = []
                for line, cells in rows:
                    with examined.noting(f"line {line}"):
                        if any(cells[1:]):
                            csv._symbol(cells, file, line)
                            examined.places.append(f"line {line}")
                        good.append((line, cells))
                with examined.noting(""):
                    examined.page = csv._page(name, good, file)
                yield examined
        yield rest
