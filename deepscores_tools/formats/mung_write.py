"""The writing half of mung.py."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, islice
from pathlib import Path
from typing import TextIO

from deepscores_tools.errors import InputError
from deepscores_tools.formats.losses import Losses, count_page_losses
from deepscores_tools.formats.mung_data import FIELDS, data_items
from deepscores_tools.formats.mung_mask import encode_mask
from deepscores_tools.formats.muscima_document import document_attributes
from deepscores_tools.formats.pictures import copy_picture
from deepscores_tools.formats.values import flat
from deepscores_tools.formats.xml_text import xml_attribute, xml_text
from deepscores_tools.interline import true_interline
from deepscores_tools.links import ONE_SIDED, one_sided
from deepscores_tools.page_names import KeyGuard
from deepscores_tools.symbols import Attribute, Page, Symbol
from deepscores_tools.whole_file import whole_stream

_SCHEMA = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:noNamespaceSchemaLocation="CVC-MUSCIMA_Schema.xsd"'
)
IMAGES = "images"


def write(pages: Iterable[Page], out: Path) -> None:
    """Write each page as `out/<page.key>.xml` or, if `out` ends in .xml, the one page there is.

    In a folder pictures go to `out/images/<page.key>.png`, where `mung.read` looks for them.
    Boxes grow to whole pixels. Symbols without an id get free ones. Links to symbols that are
    not on the page are dropped, since other readers refuse them; a warning counts them.
    Raises InputError.
    """
    single = out.suffix.lower() == ".xml"
    guard, losses = KeyGuard(out), Losses("mung")
    if single:  # nothing is written, and no older file replaced, unless it is the only page
        pages = list(islice(pages, 2))
        if len(pages) > 1:
            raise InputError(out, "MuNG has a file a page, and there are more; name a folder")
    for page in pages:
        guard.check(page.name)
        with whole_stream(out if single else out / f"{page.key}.xml") as stream:
            _write_page(stream, page, losses, set() if single else {"image"})
        if page.image is not None and not single:
            copy_picture(page, out / IMAGES / f"{page.key}.png")
    losses.warn()


def write_page(page: Page, file: Path) -> None:
    """Write one page to a file, without a word on what the format cannot hold. InputError."""
    with whole_stream(file) as stream:
        _write_page(stream, page, Losses("mung"), set())


def _write_page(stream: TextIO, page: Page, losses: Losses, held: set[str]) -> None:
    ids = _ids(page)
    known = set(ids)
    outlinks = [[link for link in s.outlinks if link in known] for s in page.symbols]
    inlinks: Mapping[int, list[int]] = defaultdict(list)
    for number, links in zip(ids, outlinks, strict=True):
        for link in links:
            inlinks[link].append(number)
    for number, symbol in zip(ids, page.symbols, strict=True):
        inlinks[number] += [link for link in one_sided(symbol) if link in known]
    dataset = xml_attribute(str(page.attributes.get("dataset", "")))
    document = xml_attribute(page.document or page.key)
    stream.write('<?xml version="1.0" encoding="utf-8"?>\n')
    stream.write(f"<Nodes dataset={dataset} document={document} {_SCHEMA}>\n")
    for number, symbol, links in zip(ids, page.symbols, outlinks, strict=True):
        stream.write("".join(_node(number, symbol, inlinks[number], links)))
        losses.add("links to symbols that are not there", len(links) < len(symbol.outlinks))
        for key in symbol.attributes.keys() & FIELDS:
            losses.add(f"symbols' attribute {key}")
    stream.write("</Nodes>\n")
    # Readers measure the interline where there are staff lines, as we do.
    measured = {"interline"} if true_interline(page.symbols) is not None else set()
    losses.add("pages' sizes", page.size_known and (page.image is None or not held))
    count_page_losses(losses, page, {"document", "attributes"} | measured | held)
    told = {"dataset", *document_attributes(page.document or page.key)}
    losses.add("pages' attributes", any(key not in told for key in page.attributes))


def _ids(page: Page) -> list[int]:
    """An id for every symbol: its own, or the next free one. Raises InputError for doubles."""
    own = [s.id for s in page.symbols if s.id is not None]
    taken = set(own)
    if len(taken) != len(own):
        raise InputError(page.name, "two symbols have the same id")
    free = (number for number in count() if number not in taken)
    return [next(free) if s.id is None else s.id for s in page.symbols]


def _node(number: int, s: Symbol, inlinks: list[int], outlinks: list[int]) -> Iterator[str]:
    box = s.box.outward()
    fields = {
        "Id": number, "ClassName": xml_text(s.name), "Top": int(box.y0), "Left": int(box.x0),
        "Width": int(box.width), "Height": int(box.height), "Mask": encode_mask(s.mask),
    }  # fmt: skip
    yield "    <Node>\n"
    for tag, value in fields.items():
        yield f"        <{tag}>{value}</{tag}>\n"
    for tag, links in (("Inlinks", inlinks), ("Outlinks", outlinks)):
        if links:
            yield f"        <{tag}>{' '.join(map(str, links))}</{tag}>\n"
    items = data_items(_data(s))
    if items:
        yield "        <Data>\n"
        for key, kind, text in items:
            opening = f"<DataItem key={xml_attribute(key)} type={xml_attribute(kind)}>"
            yield f"            {opening}{xml_text(text)}</DataItem>\n"
        yield "        </Data>\n"
    yield "    </Node>\n"


def _data(s: Symbol) -> dict[str, Attribute]:
    data: dict[str, Attribute] = {}
    if s.score is not None:
        data["score"] = float(s.score)
    if s.second_name is not None:
        data["second_name"] = s.second_name
    if s.ink_area is not None:
        data["ink_area"] = int(s.ink_area)
    if s.oriented_box is not None:
        data["oriented_box"] = json.dumps(flat(s.oriented_box))
    kept = {k: v for k, v in s.attributes.items() if k not in (ONE_SIDED, *FIELDS)}
    return kept | data
