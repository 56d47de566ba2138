"""Pascal VOC: an XML file a page in Annotations/, pictures in JPEGImages/.

Corners count from 1 and are inclusive: xmin = x0 + 1, xmax = x1. Whole numbers are written as
such, others with their decimals. Held: page names and sizes, boxes, classes, and of the
attributes the format's own: pose, truncated, difficult, occluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from deepscores_tools.errors import InputError
from deepscores_tools.formats.deepscores_v1 import is_v1
from deepscores_tools.formats.losses import Losses, count_page_losses, count_symbol_losses
from deepscores_tools.formats.pictures import SUFFIXES, first_file, place_picture
from deepscores_tools.formats.snap import snapped
from deepscores_tools.formats.voc_xml import ROOT, VocFile, VocObject, files_in, read_voc, write_voc
from deepscores_tools.page_names import KeyGuard, inside
from deepscores_tools.symbols import Attribute, Box, Page, Symbol
from deepscores_tools.whole_file import whole_stream

ANNOTATIONS, IMAGES = "Annotations", "JPEGImages"
_UNSET = {"pose": "Unspecified", "truncated": "0", "difficult": "0", "occluded": "0"}
_WRITTEN = ("pose", "truncated", "difficult")  # as every VOC file has them


def recognises(file: Path, head: bytes) -> bool:
    """Whether the first element is <annotation>, and the file is not one of DeepScores v1."""
    return bool(ROOT.search(head)) and not is_v1(head)


def read(path: Path) -> Iterator[Page]:
    """The pages of one file, or of a folder with Annotations/, in the order of file names.

    `Page.name` is what <filename> says. Raises InputError.
    """
    guard = KeyGuard(path)
    for file in xml_files(path):
        page = _page(file)
        guard.check(page.name)
        yield page


def write(pages: Iterable[Page], out: Path) -> None:
    """Write pages to the folder `out`; pictures are copied. Warns once of what is lost.

    Raises InputError.
    """
    guard, losses = KeyGuard(out), Losses("voc")
    for page in pages:
        name = inside(page.name, out)
        guard.check(page.name)
        name = place_picture(page, name, out / IMAGES)
        count_page_losses(losses, page, {"image"})
        objects = [_object(symbol, losses) for symbol in page.symbols]
        voc = VocFile(name, (page.width, page.height), objects)
        with whole_stream(out / ANNOTATIONS / f"{page.key}.xml") as stream:
            write_voc(stream, voc, folder=IMAGES)
    losses.warn()


def xml_files(path: Path) -> list[Path]:
    """The XML files of a dataset, which may be one file. Raises InputError if there is none."""
    return files_in(path, ANNOTATIONS, "annotations")


def _page(file: Path) -> Page:
    voc = read_voc(file)
    symbols = []
    for item in voc.objects:
        try:
            symbols.append(symbol_of(item))
        except ValueError as error:
            raise InputError(file, f"line {item.line}: {error}") from error
    return page_of(file, voc, symbols)


def page_of(file: Path, voc: VocFile, symbols: Sequence[Symbol]) -> Page:
    """The page of a file with these symbols. Raises InputError."""
    name = inside(voc.filename or f"{file.stem}.png", file)
    roots = [file.parent.parent / IMAGES, file.parent.parent / "images", file.parent]
    named = [root / name for root in roots]
    stems = [root / f"{file.stem}{s}" for root in roots for s in SUFFIXES]
    width, height = voc.size
    image = first_file((*named, *stems))
    return Page(name=name, width=width, height=height, symbols=symbols, image=image)


def symbol_of(item: VocObject) -> Symbol:
    """The symbol of an object. Raises ValueError."""
    c = item.corners
    attributes: dict[str, Attribute] = {}
    for key, unset in _UNSET.items():
        text = item.further.get(key, unset)
        if text not in (unset, ""):
            attributes[key] = int(text) if text.isdecimal() and len(text) < 9 else text
    return Symbol(
        name=item.name,
        box=snapped(Box(c["xmin"] - 1, c["ymin"] - 1, c["xmax"], c["ymax"])),
        attributes=attributes,
    )


def _object(symbol: Symbol, losses: Losses) -> VocObject:
    box = Box(*map(float, symbol.box))
    corners = {"xmin": box.x0 + 1, "ymin": box.y0 + 1, "xmax": box.x1, "ymax": box.y1}
    further = {
        key: str(symbol.attributes.get(key, unset))
        for key, unset in _UNSET.items()
        if key in _WRITTEN or key in symbol.attributes
    }
    count_symbol_losses(losses, symbol, {"attributes"})
    losses.add("symbols' attributes", any(key not in _UNSET for key in symbol.attributes))
    return VocObject(symbol.name, corners, further)
