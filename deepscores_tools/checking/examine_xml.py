"""MuNG, CropObject, Pascal VOC and DeepScores v1 file by file, element by element."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lxml import etree

from deepscores_tools.checking.defects import Examined
from deepscores_tools.errors import InputError
from deepscores_tools.formats import cropobject, deepscores_v1, mung, voc
from deepscores_tools.formats.deepscores_v1_write import IMAGES as V1_IMAGES
from deepscores_tools.formats.pictures import first_file
from deepscores_tools.formats.voc_xml import read_voc
from deepscores_tools.symbols import Page, Symbol
from deepscores_tools.true_interline import true_interline


def examine_mung(path: Path) -> Iterator[Examined]:
    """Each file of a MuNG dataset."""
    for file in mung.files(path):
        examined = Examined(file)
        symbols, inlinks = [], []
        with examined.noting(""):
            root = None
            for element, place in _elements(file, "Node"):
                with examined.noting(place):
                    symbol, links = mung._symbol(element, file)
                    symbols.append(symbol)
                    inlinks.append(links)
                    examined.places.append(f"{place}, node {symbol.id}")
                    continue
                examined.broken_ids.add(_number(element.findtext("Id")))
            for element, _ in _elements(file, None):
                root = element
            symbols = mung._with_one_sided(symbols, inlinks)
            width, height = mung.page_size(symbols)
            document = (root.get("document") if root is not None else None) or file.stem
            examined.page = Page(
                name=file.with_suffix(".png").name, width=width, height=height,
                symbols=symbols, interline=true_interline(symbols), document=document,
                attributes=dict(mung.document_attributes(document)),
            )  # fmt: skip
        yield examined


def examine_cropobject(path: Path) -> Iterator[Examined]:
    """Each file of a CropObject dataset."""
    for file in mung.files(path):
        examined = Examined(file)
        symbols: list[Symbol] = []
        document = ""
        with examined.noting(""):
            for element, place in _elements(file, "CropObject"):
                name = str(element.get(cropobject._ID))
                with examined.noting(f"{place}, object {name}"):
                    origin, symbol, _ = cropobject._symbol(element)
                    document = origin[1] or document
                    symbols.append(symbol)
                    examined.places.append(f"{place}, object {name}")
                    continue
                examined.broken_ids.add(_number(name.rpartition("___")[2]))
            examined.page = cropobject._page(file, symbols, "", document or file.stem)
        yield examined


def examine_voc(path: Path) -> Iterator[Examined]:
    """Each file of a Pascal VOC dataset."""
    for file in voc._files(path):
        yield _examined_voc(file, v1=False)


def examine_v1(path: Path) -> Iterator[Examined]:
    """Each file of a DeepScores v1 dataset."""
    for file in deepscores_v1._files(path):
        yield _examined_voc(file, v1=True)


def _examined_voc(file: Path, v1: bool) -> Examined:
    examined = Examined(file)
    with examined.noting(""):
        content = read_voc(file)
        width, height = content.size
        symbols = []
        for item in content.objects:
            place = f"line {item.line}"
            with examined.noting(place):
                made = deepscores_v1._symbol(item, width, height) if v1 else voc._symbol(item)
                symbols.append(made)
                examined.places.append(place)
        name = f"{file.stem}.png" if v1 else content.filename or f"{file.stem}.png"
        folders = [V1_IMAGES] if v1 else [voc.IMAGES, "images"]
        roots = [*(file.parent.parent / folder for folder in folders), file.parent]
        names = [name, f"{file.stem}.png", str(PurePosixPath(name).with_suffix(".jpg"))]
        image = first_file(root / n for root in roots for n in names)
        examined.page = Page(
            name=name, width=width, height=height, symbols=symbols, image=image
        )  # fmt: skip
    return examined


def _elements(file: Path, tag: str | None) -> Iterator[tuple[etree._Element, str]]:
    """The elements of a tag, or the root alone, with their lines. Raises InputError."""
    try:
        with file.open("rb") as stream:
            parser = etree.iterparse(
                stream, events=("start",) if tag is None else ("end",), tag=tag,
                resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
                remove_comments=True,
            )  # fmt: skip
            for _, element in parser:
                yield element, f"line {element.sourceline}"
                if tag is None:
                    return
                element.clear()
    except OSError as error:
        raise InputError(file, error.strerror or str(error)) from error
    except etree.XMLSyntaxError as error:
        raise InputError(file, f"not well-formed XML: {error.msg}") from error


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
