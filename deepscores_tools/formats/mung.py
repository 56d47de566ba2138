"""MuNG 2.x XML (MUSCIMA++ 2.0 and 2.1): a file a page, nodes with boxes, masks and links.

Box ends are exclusive (right = Left + Width), masks are row-major runs within the box, links
are ids within the document. Inlinks are the same links seen from the other end, and not kept;
but 26 of the 120 pages of MUSCIMA++ 2.0 have links that are stated at that end alone: these
stay in the attribute `one_sided_inlinks`. A score, an oriented box, an ink area, a second
class and all attributes are DataItems. Not held by the format: the page's size, interline,
picture, source and licence. The size is therefore taken from the nodes, see `page_size`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lxml import etree

from deepscores_tools.errors import InputError
from deepscores_tools.formats.broken import BROKEN, said
from deepscores_tools.formats.folders import visible
from deepscores_tools.formats.limits import MAX_SIDE
from deepscores_tools.formats.mung_data import read_data
from deepscores_tools.formats.mung_mask import decode_mask
from deepscores_tools.formats.mung_write import IMAGES, write, write_page
from deepscores_tools.formats.muscima_document import document_attributes
from deepscores_tools.formats.pictures import picture_size
from deepscores_tools.formats.safe_xml import elements, root_of
from deepscores_tools.formats.values import corners, optional
from deepscores_tools.interline import true_interline
from deepscores_tools.links import ONE_SIDED
from deepscores_tools.page_choice import Condition, may_fit
from deepscores_tools.symbols import Attribute, Box, Page, Symbol

__all__ = ["files", "page_of", "page_size", "read", "read_page", "recognises", "symbol_of", "write",
           "write_page"]  # fmt: skip

ROOT = "Nodes"

_FIRST = re.compile(rb"^[^<]*(<[?!][^>]*>[^<]*)*<Nodes[\s>]")


def recognises(file: Path, head: bytes) -> bool:
    """Whether the first element of this XML is <Nodes>."""
    return bool(_FIRST.search(head))


def read(path: Path, conditions: Sequence[Condition] = ()) -> Iterator[Page]:
    """The pages of one MuNG file, or of a folder of them in the order of their names.

    A folder whose `annotations` subfolder holds the files, as MUSCIMA++ is shipped, will do.
    `Page.name` is the file's path in its folder with the extension .png, since that is what
    the page's image is called; `Page.image` is that file in the subfolder `images`, where
    `write` leaves it, or None (see dataset_image.py). Files are passed
    over where their root element tells that a condition fails: those on writer, piece,
    distortion and dataset. Raises InputError.
    """
    for file in files(path):
        if not conditions or may_fit(_attributes(file, root_of(file, ROOT)), conditions):
            yield read_page(file)


def files(path: Path) -> list[Path]:
    """The XML files that `read` takes from a file or folder. Raises InputError if none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(path, "no such file or folder")
    for folder in (path, path / "annotations"):
        found = visible(folder, "*.xml")
        if found:
            return found
    raise InputError(path, "no .xml file in this folder")


def read_page(file: Path) -> Page:
    """The one page of a MuNG file. Raises InputError."""
    root = root_of(file, ROOT)
    symbols: list[Symbol] = []
    inlinks: list[tuple[int, ...]] = []
    for node in elements(file, "Node"):
        symbol, links = symbol_of(node, file)
        symbols.append(symbol)
        inlinks.append(links)
    _require_distinct_ids(symbols, file)
    return page_of(file, root, symbols, inlinks)


def page_of(
    file: Path, root: etree._Element, symbols: Sequence[Symbol], inlinks: Sequence[tuple[int, ...]]
) -> Page:
    """The page of a file with this root element, these nodes and the inlinks of each."""
    symbols = _with_one_sided(symbols, inlinks)
    name = file.with_suffix(".png").name
    image = file.parent / IMAGES / name
    found = image if image.is_file() else None
    width, height = page_size(symbols) if found is None else picture_size(found)
    return Page(
        name=name, width=width, height=height, size_known=found is not None, symbols=symbols,
        image=found, interline=true_interline(symbols), document=_document(file, root),
        attributes=_attributes(file, root),
    )  # fmt: skip


def page_size(symbols: Sequence[Symbol]) -> tuple[int, int]:
    """(width, height) in pixels of a page that is known only by its symbols.

    The extent of the symbols, plus on the right and below the margin that is seen on the left
    and above: 130 to 230 px on the MUSCIMA++ pages. The origin is the true one, so the boxes
    fit the page whatever its real size.
    """
    if not symbols:
        return 1, 1
    left, top = (max(0.0, min(s.box[i] for s in symbols)) for i in (0, 1))
    right, bottom = (max(1.0, max(s.box[i] for s in symbols)) for i in (2, 3))
    return int(right + left), int(bottom + top)


def symbol_of(node: etree._Element, file: Path) -> tuple[Symbol, tuple[int, ...]]:
    """A node and its inlinks. Raises InputError."""
    fields = {child.tag: child for child in node if isinstance(child.tag, str)}
    try:
        number = {k: _integer(fields, k) for k in ("Id", "Top", "Left", "Width", "Height")}
        name = (fields["ClassName"].text or "").strip() if "ClassName" in fields else ""
        if not name:
            raise ValueError("no ClassName")
        width, height = number["Width"], number["Height"]
        if width <= 0 or height <= 0:
            raise ValueError(f"empty box of {width} x {height}")
        left, top = number["Left"], number["Top"]
        data = read_data(fields.get("Data"))
        score, second_name = data.pop("score", None), data.pop("second_name", None)
        ink_area, oriented = data.pop("ink_area", None), data.pop("oriented_box", None)
        symbol = Symbol(
            name=name,
            box=Box(left, top, left + width, top + height),
            id=number["Id"],
            score=optional(float, score),
            mask=decode_mask(fields["Mask"].text, height, width) if "Mask" in fields else None,
            oriented_box=None if oriented is None else corners(json.loads(str(oriented))),
            outlinks=_links(fields.get("Outlinks")),
            ink_area=optional(int, ink_area),
            second_name=optional(str, second_name),
            attributes=data,
        )
        return symbol, _links(fields.get("Inlinks"))
    except BROKEN as error:
        where = f"node {node.findtext('Id')}, line {node.sourceline}"
        raise InputError(file, f"{where}: {said(error)}") from error


def _document(file: Path, root: etree._Element) -> str:
    return root.get("document") or file.stem


def _attributes(file: Path, root: etree._Element) -> Mapping[str, Attribute]:
    attributes: dict[str, Attribute] = dict(document_attributes(_document(file, root)))
    if root.get("dataset"):
        attributes["dataset"] = str(root.get("dataset"))
    return attributes


def _with_one_sided(symbols: Sequence[Symbol], inlinks: Sequence[tuple[int, ...]]) -> list[Symbol]:
    """The symbols, those with an inlink that is nobody's outlink with that as an attribute."""
    stated = {(s.id, link) for s in symbols for link in s.outlinks}
    result = []
    for symbol, links in zip(symbols, inlinks, strict=True):
        lone = [link for link in links if (link, symbol.id) not in stated]
        if lone:
            attributes = {**symbol.attributes, ONE_SIDED: json.dumps(lone)}
            symbol = replace(symbol, attributes=attributes)
        result.append(symbol)
    return result


def _integer(fields: Mapping[str, etree._Element], key: str) -> int:
    text = fields[key].text if key in fields else None
    try:
        value = int(text or "")
    except ValueError:
        raise ValueError(f"{key} is {text!r}, not an integer") from None
    if abs(value) > MAX_SIDE and key != "Id":
        raise ValueError(f"{key} {value} is beyond {MAX_SIDE} pixels")
    return value


def _links(element: etree._Element | None) -> tuple[int, ...]:
    text = None if element is None else element.text
    return tuple(map(int, text.split())) if text else ()


def _require_distinct_ids(symbols: Sequence[Symbol], file: Path) -> None:
    seen: set[int | None] = set()
    for symbol in symbols:
        if symbol.id in seen:
            raise InputError(file, f"two nodes have the id {symbol.id}")
        seen.add(symbol.id)
