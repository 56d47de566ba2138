"""YOLO and CSV line by line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from deepscores_tools.checking.defects import Examined
from deepscores_tools.errors import InputError, reason
from deepscores_tools.formats import csv, yolo
from deepscores_tools.formats.folders import files_of
from deepscores_tools.formats.yolo_config import DATA, Config, read_config
from deepscores_tools.symbols import Page


def examine_yolo(path: Path) -> Iterator[Examined]:
    """Each page of a YOLO dataset, and the labels that are of none."""
    config = read_config(path / DATA if path.is_dir() else path)
    for sheet in yolo.sheets(config):
        yield _yolo_page(sheet, config)
    for file in yolo.strays(config):
        examined = Examined(file)
        examined.add("", "there is no picture of this page", "missing image")
        yield examined


def _yolo_page(sheet: yolo.Sheet, config: Config) -> Examined:
    examined = Examined(sheet.labels)
    with examined.noting(""):
        width, height = size = sheet.size()
        symbols = []
        for number, line in enumerate(_lines(sheet.labels), 1):
            with examined.noting(f"line {number}"):
                if line.strip():
                    symbols.append(yolo.symbol_of(line.split(), config.names, size))
                    examined.places.append(f"line {number}")
        examined.page = Page(
            name=sheet.name, width=width, height=height, symbols=symbols, image=sheet.picture
        )
    return examined


def _lines(file: Path) -> list[str]:
    if not file.is_file():
        return []
    try:
        return file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError as error:
        raise InputError(file, f"cannot be read ({reason(error)})") from error


def examine_csv(path: Path) -> Iterator[Examined]:
    """Each page of a dataset in the CSV of Pacha et al."""
    for file in files_of(path, ".csv"):
        rest = Examined(file)
        with rest.noting(""):
            for name, rows in groupby(csv.rows_of(file), key=lambda row: row[1][0]):
                examined = Examined(file)
                good = []
                for line, cells in rows:
                    with examined.noting(f"line {line}"):
                        if any(cells[1:]):
                            csv.symbol_of(cells, file, line)
                            examined.places.append(f"line {line}")
                        good.append((line, cells))
                with examined.noting(""):
                    examined.page = csv.page_of(name, good, file)
                yield examined
        yield rest
