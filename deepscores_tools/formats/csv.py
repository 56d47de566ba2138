"""The CSV of Pacha et al.: `path_to_image,top,left,bottom,right,class_name[,confidence]`.

A row a symbol, box ends exclusive, top before left. A page without symbols is `path,,,,,`.
Held: page names, boxes, classes, scores. Where the picture is not beside the file the page's
size is taken from the symbols.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TextIO

from deepscores_tools.errors import InputError, reason
from deepscores_tools.formats.folders import files_of
from deepscores_tools.formats.limits import checked_coordinates
from deepscores_tools.formats.losses import Losses, count_page_losses, count_symbol_losses
from deepscores_tools.formats.pictures import picture_size
from deepscores_tools.formats.writing import short
from deepscores_tools.page_names import KeyGuard, inside
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.whole_file import whole_stream

HEADER = ("path_to_image", "top", "left", "bottom", "right", "class_name")
SCORE = "confidence"

Row = tuple[int, list[str]]  # line number, cells


def recognises(file: Path, head: bytes) -> bool:
    """Whether the first line is one of this format, a header or a row."""
    cells = head.partition(b"\n")[0].decode("utf-8-sig", "replace").strip().split(",")
    return tuple(cells[:6]) == HEADER or (
        len(cells) in (6, 7) and all(_is_number(c) or not c for c in cells[1:5])
    )


def read(path: Path) -> Iterator[Page]:
    """The pages of one CSV file, or of a folder of them, in the order of the file.

    The rows of one page stand together. Raises InputError.
    """
    guard = KeyGuard(path)
    for file in files_of(path, ".csv"):
        for name, rows in groupby(rows_of(file), key=lambda row: row[1][0]):
            page = page_of(name, list(rows), file)
            guard.check(page.name)
            yield page


def write(pages: Iterable[Page], out: Path) -> None:
    """Write pages to one file, if `out` ends in .csv, or to a file a page in the folder `out`.

    Warns once of what the format cannot hold. Raises InputError.
    """
    guard, losses = KeyGuard(out), Losses("csv")
    if out.suffix.lower() == ".csv":
        with whole_stream(out) as stream:
            for number, page in enumerate(pages):
                guard.check(page.name)
                _write_page(stream, page, losses, header=number == 0)
    else:
        for page in pages:
            guard.check(page.name)
            with whole_stream(out / f"{page.key}.csv") as stream:
                _write_page(stream, page, losses, header=True)
    losses.warn()


def write_page(page: Page, file: Path) -> None:
    """Write one page to a file, without a word on what the format cannot hold. InputError."""
    with whole_stream(file) as stream:
        _write_page(stream, page, Losses("csv"), header=True)


def _write_page(stream: TextIO, page: Page, losses: Losses, header: bool) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    if header:
        writer.writerow((*HEADER, SCORE))
    losses.add("pages' sizes", int(page.size_known))
    count_page_losses(losses, page)
    if not page.symbols:
        writer.writerow((inside(page.name, page.name), "", "", "", "", ""))
    for s in page.symbols:
        x0, y0, x1, y1 = (short(v) for v in s.box)
        score = () if s.score is None else (float(s.score),)
        writer.writerow((inside(page.name, page.name), y0, x0, y1, x1, s.name, *score))
        count_symbol_losses(losses, s, {"score"})


def rows_of(file: Path) -> Iterator[Row]:
    """The rows of a file, one at a time, without its header. Raises InputError."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            for cells in reader:
                if not cells or tuple(cells[:6]) == HEADER:
                    continue
                if len(cells) not in (6, 7) or not cells[0]:
                    raise InputError(file, f"line {reader.line_num}: expected {','.join(HEADER)}")
                yield reader.line_num, cells
    except OSError as error:
        raise InputError(file, f"cannot be read ({reason(error)})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(file, f"is not CSV: {error}") from error


def page_of(name: str, rows: Sequence[Row], file: Path) -> Page:
    """The page that these rows of a file are of. Raises InputError."""
    symbols = [symbol_of(cells, file, line) for line, cells in rows if any(cells[1:])]
    image = file.parent / inside(name, file)
    found = image if image.is_file() else None
    if found is not None:
        size = picture_size(found)
    else:
        right = max((s.box.x1 for s in symbols), default=1.0)
        bottom = max((s.box.y1 for s in symbols), default=1.0)
        size = (max(int(-(-right // 1)), 1), max(int(-(-bottom // 1)), 1))
    return Page(
        name=name, width=size[0], height=size[1], size_known=found is not None,
        symbols=symbols, image=found,
    )  # fmt: skip


def symbol_of(cells: Sequence[str], file: Path, line: int) -> Symbol:
    """The symbol in a row. Raises InputError."""
    try:
        top, left, bottom, right = checked_coordinates(cells[1:5])
        score = float(cells[6]) if len(cells) == 7 and cells[6] else None
        if not cells[5]:
            raise ValueError("no class_name")
        return Symbol(name=cells[5], box=Box(left, top, right, bottom), score=score)
    except ValueError as error:
        raise InputError(file, f"line {line}: {error}") from error


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
