"""The writing half of deepscores_v1.py."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from deepscores_tools.class_maps import DEEPSCORES_V1
from deepscores_tools.errors import InputError
from deepscores_tools.formats.losses import Losses, count_page_losses, count_symbol_losses
from deepscores_tools.formats.pictures import copy_picture
from deepscores_tools.formats.segmentation import GRAYS, class_image
from deepscores_tools.formats.voc_xml import VocFile, VocObject, write_voc
from deepscores_tools.page_names import KeyGuard, inside
from deepscores_tools.symbols import Page, Symbol
from deepscores_tools.whole_file import whole_stream, write_png

XML, IMAGES, SEGMENTATION = "xml_annotations", "images_png", "pix_annotations_png"
CLASS_NAMES = "class_names.csv"
ORDER = ("xmin", "xmax", "ymin", "ymax")


def write(pages: Iterable[Page], out: Path) -> None:
    """Write pages to the folder `out`; pictures are copied, as PNG.

    Pages with masks get a segmentation image; class_names.csv, written last, tells its gray
    values: those of the known names in their order, further names after them. Warns once of
    what is lost. Raises InputError.
    """
    guard, losses = KeyGuard(out), Losses("deepscores-v1")
    numbers = {name: number for number, name in enumerate(DEEPSCORES_V1.names, 1)}
    for page in pages:
        svg = str(PurePosixPath(inside(page.name, out)).with_suffix(".svg"))
        guard.check(page.name)
        if page.image is not None:
            copy_picture(page, out / IMAGES / f"{page.key}.png")
        for symbol in page.symbols:
            numbers.setdefault(symbol.name, len(numbers) + 1)
        if any(symbol.mask is not None for symbol in page.symbols):
            _write_segmentation(page, out, numbers, losses)
        count_page_losses(losses, page, {"image"})
        for symbol in page.symbols:
            count_symbol_losses(losses, symbol, {"mask"})
        objects = [_object(symbol, page) for symbol in page.symbols]
        with whole_stream(out / XML / f"{page.key}.xml") as stream:
            write_voc(stream, VocFile(svg, (page.width, page.height), objects), ORDER)
    with whole_stream(out / CLASS_NAMES) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows((number, name) for name, number in numbers.items())
    losses.warn()


def _write_segmentation(page: Page, out: Path, numbers: dict[str, int], losses: Losses) -> None:
    missing = [s.name for s in page.symbols if s.mask is not None and numbers[s.name] >= GRAYS]
    if missing:
        raise InputError(
            page.name, f"{missing[0]} is class {numbers[missing[0]]}, and a segmentation image "
            f"has {GRAYS - 1} gray values; merge classes")  # fmt: skip
    image, hidden = class_image(page, numbers.__getitem__)
    write_png(out / SEGMENTATION / f"{page.key}.png", image)
    losses.add("mask pixels under other symbols", hidden)


def _object(symbol: Symbol, page: Page) -> VocObject:
    box = symbol.box
    corners = {"xmin": box.x0 / page.width, "xmax": box.x1 / page.width,
               "ymin": box.y0 / page.height, "ymax": box.y1 / page.height}  # fmt: skip
    return VocObject(symbol.name, {tag: float(value) for tag, value in corners.items()})
