"""MuNG, CropObject, Pascal VOC and DeepScores v1 file by file, element by element."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deepscores_tools.checking.defects import Examined
from deepscores_tools.formats import cropobject, deepscores_v1, mung, voc
from deepscores_tools.formats.safe_xml import elements, root_of
from deepscores_tools.formats.voc_xml import read_voc
from deepscores_tools.symbols import Symbol


def examine_mung(path: Path) -> Iterator[Examined]:
    """Each file of a MuNG dataset."""
    for file in mung.files(path):
        examined = Examined(file)
        symbols, inlinks = [], []
        with examined.noting(""):
            root = root_of(file, mung.ROOT)
            for element in elements(file, "Node"):
                place = f"line {element.sourceline}"
                with examined.noting(place):
                    symbol, links = mung.symbol_of(element, file)
                    symbols.append(symbol)
                    inlinks.append(links)
                    examined.places.append(f"{place}, node {symbol.id}")
                    continue
                examined.broken_ids.add(_number(element.findtext("Id")))
            examined.page = mung.page_of(file, root, symbols, inlinks)
        yield examined


def examine_cropobject(path: Path) -> Iterator[Examined]:
    """Each file of a CropObject dataset."""
    for file in mung.files(path):
        examined = Examined(file)
        symbols: list[Symbol] = []
        document = ""
        with examined.noting(""):
            root_of(file, cropobject.ROOT)
            for element in elements(file, cropobject.OBJECT):
                name = str(element.get(cropobject.ID))
                place = f"line {element.sourceline}, object {name}"
                with examined.noting(place):
                    origin, symbol, _ = cropobject.symbol_of(element)
                    document = origin[1] or document
                    symbols.append(symbol)
                    examined.places.append(place)
                    continue
                examined.broken_ids.add(_number(name.rpartition("___")[2]))
            examined.page = cropobject.page_of(file, symbols, "", document or file.stem)
        yield examined


def examine_voc(path: Path) -> Iterator[Examined]:
    """Each file of a Pascal VOC dataset."""
    for file in voc.xml_files(path):
        yield _examined_voc(file, v1=False)


def examine_v1(path: Path) -> Iterator[Examined]:
    """Each file of a DeepScores v1 dataset."""
    for file in deepscores_v1.xml_files(path):
        yield _examined_voc(file, v1=True)


def _examined_voc(file: Path, v1: bool) -> Examined:
    examined = Examined(file)
    with examined.noting(""):
        content = read_voc(file)
        symbols = []
        for item in content.objects:
            place = f"line {item.line}"
            with examined.noting(place):
                if v1:
                    symbols.append(deepscores_v1.symbol_of(item, *content.size))
                else:
                    symbols.append(voc.symbol_of(item))
                examined.places.append(place)
        page_of = deepscores_v1.page_of if v1 else voc.page_of
        examined.page = page_of(file, content, symbols)
    return examined


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
