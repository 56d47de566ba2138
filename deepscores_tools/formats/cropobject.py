"""CropObject XML, MUSCIMA++ 1.0: read only. A file a page, masks, links, integer boxes.

The class is in MLClassName or ClassName, the corner in Top and Left or, in older files, in Y
and X. The document is told by xml:id, `dataset___document___number`; links are such names or
their numbers alone; one that only its end states, in Inlinks, is given to its start. Class
names are those of MUSCIMA++ 1.0: class_maps has them as 2.0's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lxml import etree

from deepscores_tools.errors import InputError
from deepscores_tools.formats.limits import MAX_SIDE
from deepscores_tools.formats.mung import files, page_size
from deepscores_tools.formats.mung_data import read_data
from deepscores_tools.formats.mung_mask import decode_mask
from deepscores_tools.formats.muscima_document import document_attributes
from deepscores_tools.formats.safe_xml import elements, root_of
from deepscores_tools.interline import true_interline
from deepscores_tools.symbols import Attribute, Box, Page, Symbol

__all__ = ["page_of", "read", "read_page", "recognises", "symbol_of", "write"]

ROOT, OBJECT = "CropObjectList", "CropObject"
ID = "{http://www.w3.org/XML/1998/namespace}id"
"""The attribute of an object that names it and its document."""

_FIRST = re.compile(rb"^[^<]*(<[?!][^>]*>[^<]*)*<CropObjectList[\s>]")
_SEPARATOR = "___"
_STAFF_LINE = "staff_line"

Fields = Mapping[str, etree._Element]


def recognises(file: Path, head: bytes) -> bool:
    """Whether the first element of this XML is <CropObjectList>."""
    return bool(_FIRST.search(head))


def read(path: Path) -> Iterator[Page]:
    """The pages of one file, or of a folder of them in the order of their names.

    Names and sizes of pages are as in mung.py. Raises InputError.
    """
    for file in files(path):
        yield read_page(file)


def write(pages: object, out: Path) -> None:
    """Always an InputError: MuNG has taken this format's place."""
    raise InputError(out, "cropobject is read only; write mung, which replaced it")


def read_page(file: Path) -> Page:
    """The one page of a CropObject file. Raises InputError."""
    root_of(file, ROOT)
    symbols: dict[int, Symbol] = {}
    inlinks: list[tuple[int, int]] = []
    dataset = document = ""
    for element in elements(file, OBJECT):
        try:
            origin, symbol, starts = symbol_of(element)
            if symbol.id is None or symbol.id in symbols:
                raise ValueError(f"two objects have the id {symbol.id}")
        except ValueError as error:
            where = f"object {element.get(ID)}, line {element.sourceline}"
            raise InputError(file, f"{where}: {error}") from error
        symbols[symbol.id] = symbol
        inlinks += [(start, symbol.id) for start in starts]
        dataset, document = origin if origin[1] else (dataset, document)
    for start, end in inlinks:
        if start in symbols and end not in symbols[start].outlinks:
            links = (*symbols[start].outlinks, end)
            symbols[start] = replace(symbols[start], outlinks=links)
    return page_of(file, list(symbols.values()), dataset, document or file.stem)


def page_of(file: Path, symbols: Sequence[Symbol], dataset: str, document: str) -> Page:
    """The page of a file with these objects."""
    width, height = page_size(symbols)
    attributes: dict[str, Attribute] = dict(document_attributes(document))
    if dataset:
        attributes["dataset"] = dataset
    staves = [replace(s, name="staffLine") if s.name == _STAFF_LINE else s for s in symbols]
    return Page(
        name=file.with_suffix(".png").name, width=width, height=height, size_known=False,
        symbols=symbols, interline=true_interline(staves), document=document, attributes=attributes,
    )  # fmt: skip


def symbol_of(element: etree._Element) -> tuple[tuple[str, str], Symbol, tuple[int, ...]]:
    """The (dataset, document) an object says it is of, empty if none; itself; its inlinks.

    Raises ValueError.
    """
    fields = {child.tag: child for child in element if isinstance(child.tag, str)}
    origin, number = _identity(element, fields)
    name = _text(fields, "MLClassName") or _text(fields, "ClassName")
    if not name:
        raise ValueError("neither MLClassName nor ClassName")
    top, left = (_integer(fields, *keys) for keys in (("Top", "Y"), ("Left", "X")))
    width, height = _integer(fields, "Width"), _integer(fields, "Height")
    if width <= 0 or height <= 0:
        raise ValueError(f"empty box of {width} x {height}")
    symbol = Symbol(
        name=name,
        box=Box(left, top, left + width, top + height),
        id=number,
        mask=decode_mask(fields["Mask"].text, height, width) if "Mask" in fields else None,
        outlinks=_links(_text(fields, "Outlinks"), origin[1]),
        attributes=read_data(fields.get("Data")),
    )
    return origin, symbol, _links(_text(fields, "Inlinks"), origin[1])


def _identity(element: etree._Element, fields: Fields) -> tuple[tuple[str, str], int]:
    parts = (element.get(ID) or "").split(_SEPARATOR)
    if len(parts) < 3:
        return ("", ""), _integer(fields, "Id")
    # A dataset or document may hold the separator's own character, the number cannot.
    origin = parts[0], _SEPARATOR.join(parts[1:-1])
    return origin, _integer(fields, "Id") if "Id" in fields else _number(parts[-1], "xml:id")


def _links(text: str, document: str) -> tuple[int, ...]:
    links = []
    for word in text.split():
        *origin, number = word.split(_SEPARATOR)
        if len(origin) > 1 and _SEPARATOR.join(origin[1:]) != document:
            raise ValueError(f"the link {word} leads to another document")
        links.append(_number(number, "Outlinks"))
    return tuple(links)


def _text(fields: Fields, key: str) -> str:
    return (fields[key].text or "").strip() if key in fields else ""


def _integer(fields: Fields, *keys: str) -> int:
    key = next((key for key in keys if key in fields), keys[0])
    value = _number(_text(fields, key), key)
    if abs(value) > MAX_SIDE and key != "Id":
        raise ValueError(f"{key} {value} is beyond {MAX_SIDE} pixels")
    return value


def _number(text: str, key: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{key} is {text[:40]!r}, not an integer") from None
