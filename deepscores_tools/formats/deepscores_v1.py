"""DeepScores v1: xml_annotations/, images_png/, pix_annotations_png/, files of the same stem.

The XML looks like Pascal VOC, but coordinates are fractions of the page's width and height, in
the order xmin, xmax, ymin, ymax, and <filename> ends in .svg where the picture is a .png.
Segmentation images have a gray value a class; which, says class_names.csv (`number,name`)
where a dataset has one. Held: page names (as .png) and sizes, boxes, classes, masks as far as
a segmentation image shows them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from deepscores_tools.errors import InputError
from deepscores_tools.formats.deepscores_v1_write import (
    CLASS_NAMES,
    IMAGES,
    ORDER,
    SEGMENTATION,
    XML,
    write,
)
from deepscores_tools.formats.pictures import first_file
from deepscores_tools.formats.segmentation import GRAYS, cut_masks, read_gray
from deepscores_tools.formats.snap import snapped
from deepscores_tools.formats.voc_xml import ROOT, VocFile, VocObject, files_in, read_voc
from deepscores_tools.page_names import KeyGuard, inside, page_key
from deepscores_tools.symbols import Box, Page, Symbol

__all__ = ["is_v1", "read", "recognises", "write"]

FAR = 2.0
"""Fractions of the page: symbols may stick out of it, but not by another page."""

_SVG = re.compile(rb"<filename>[^<]*\.svg\s*</filename>")
_FRACTIONS = re.compile(rb"<xmin>\s*-?[01]?\.\d+[^<]*</xmin>\s*<xmax>\s*-?[01]?\.\d")


def is_v1(head: bytes) -> bool:
    """Whether a file that begins so and has the root of Pascal VOC is one of DeepScores v1."""
    return bool(_SVG.search(head) or _FRACTIONS.search(head))


def recognises(file: Path, head: bytes) -> bool:
    """Whether the first element is <annotation>, and names an .svg or counts in fractions."""
    return bool(ROOT.search(head)) and is_v1(head)


def read(path: Path, masks: bool = False) -> Iterator[Page]:
    """The pages of one XML file, or of a folder with xml_annotations/, in order of file names.

    A picture is looked for in images_png/ and beside the file. With `masks`, boxes grow to
    whole pixels and masks are cut from pix_annotations_png/ where class_names.csv tells its
    gray values (see segmentation.py). Raises InputError.
    """
    guard = KeyGuard(path)
    for file in xml_files(path):
        page = _page(file)
        guard.check(page.name)
        yield _with_masks(page, file) if masks else page


def xml_files(path: Path) -> list[Path]:
    """The XML files of a dataset, which may be one file. Raises InputError if there is none."""
    return files_in(path, XML)


def _page(file: Path) -> Page:
    voc = read_voc(file)
    symbols = []
    for item in voc.objects:
        try:
            symbols.append(symbol_of(item, *voc.size))
        except ValueError as error:
            raise InputError(file, f"line {item.line}: {error}") from error
    return page_of(file, voc, symbols)


def page_of(file: Path, voc: VocFile, symbols: Sequence[Symbol]) -> Page:
    """The page of a file with these symbols. Raises InputError."""
    said = inside(voc.filename, file) if voc.filename else ""
    name = f"{file.stem}.png"
    # The one that is told keeps the folders of a page that a name of one file has as `__`.
    if said and page_key(said) == file.stem:
        name = str(PurePosixPath(said).with_suffix(".png"))
    picture = f"{file.stem}.png"
    image = first_file((file.parent.parent / IMAGES / picture, file.with_name(picture)))
    width, height = voc.size
    return Page(name=name, width=width, height=height, symbols=symbols, image=image)


def symbol_of(item: VocObject, width: int, height: int) -> Symbol:
    """The symbol of an object on a page of this size in pixels. Raises ValueError."""
    x0, x1, y0, y1 = (item.corners[tag] for tag in ORDER)
    if any(abs(value) > FAR for value in (x0, x1, y0, y1)):
        raise ValueError(f"{item.name}: coordinates are pixels, not fractions of the page")
    return Symbol(
        name=item.name, box=snapped(Box(x0 * width, y0 * height, x1 * width, y1 * height))
    )


def _with_masks(page: Page, file: Path) -> Page:
    folder = file.parent.parent
    picture = folder / SEGMENTATION / f"{file.stem}.png"
    grays = _class_numbers(folder / CLASS_NAMES)
    if not grays or not picture.is_file():
        return page
    gray = read_gray(picture, (page.width, page.height))
    return replace(page, symbols=cut_masks(page.symbols, gray, grays))


def _class_numbers(file: Path) -> Mapping[str, int]:
    if not file.is_file():
        return {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream) if row]
        numbers = {name: int(number) for number, name in rows}
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(file, f"is not a list of number,name: {error}") from error
    return {name: number for name, number in numbers.items() if 0 < number < GRAYS}
