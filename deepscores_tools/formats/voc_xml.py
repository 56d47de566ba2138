"""The XML that Pascal VOC and DeepScores v1 share: <annotation> with a size and objects.

Only the meaning of the four numbers differs; here they are what the file says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, cast

from lxml import etree

from deepscores_tools.errors import InputError
from deepscores_tools.formats.folders import visible
from deepscores_tools.formats.limits import MAX_SIDE
from deepscores_tools.formats.safe_xml import elements, root_of
from deepscores_tools.formats.writing import short
from deepscores_tools.formats.xml_text import xml_text

ROOT = re.compile(rb"^[^<]*(<[?!][^>]*>[^<]*)*<annotation[\s>]")
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True)
class VocObject:
    """One object: class, the numbers of its bndbox by tag, its further texts by tag, its line."""

    name: str
    corners: Mapping[str, float]
    further: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class VocFile:
    """One file: the name it gives, (width, height) in pixels, its objects."""

    filename: str
    size: tuple[int, int]
    objects: Sequence[VocObject]


def files_in(path: Path, *folders: str) -> list[Path]:
    """The XML files of a dataset, which may be one file: those in the first of these folders
    that has some, or else in `path` itself. Raises InputError if there is none.
    """
    if path.is_file():
        return [path]
    for folder in (*(path / name for name in folders), path):
        found = visible(folder, "*.xml")
        if found:
            return found
    raise InputError(path, f"no .xml file in this folder or its {folders[0]}/")


def read_voc(file: Path) -> VocFile:
    """What a file says. Entities are not expanded, nothing is fetched. Raises InputError."""
    root_of(file, "annotation")
    filename, size, objects = "", None, []
    for element in elements(file, "object", "size", "filename"):
        try:
            if element.tag == "object":
                objects.append(_object(element))
            elif element.tag == "size":
                size = _side(element, "width"), _side(element, "height")
            elif not filename:
                filename = _text(element)
        except ValueError as error:
            raise InputError(file, f"line {element.sourceline}: {error}") from error
    if size is None:
        raise InputError(file, "has no <size> with the page's width and height")
    return VocFile(filename, size, objects)


def write_voc(
    stream: TextIO, voc: VocFile, order: Iterable[str] = _CORNERS, folder: str = "Annotations"
) -> None:
    """Write one file, the numbers of a bndbox in the order given."""
    order = tuple(order)
    stream.write(f"<annotation>\n    <folder>{folder}</folder>\n")
    stream.write(f"    <filename>{xml_text(voc.filename)}</filename>\n    <size>\n")
    for tag, value in zip(("width", "height", "depth"), (*voc.size, 1), strict=True):
        stream.write(f"        <{tag}>{value}</{tag}>\n")
    stream.write("    </size>\n    <segmented>0</segmented>\n")
    for item in voc.objects:
        stream.write(f"    <object>\n        <name>{xml_text(item.name)}</name>\n")
        for tag, text in item.further.items():
            stream.write(f"        <{tag}>{xml_text(text)}</{tag}>\n")
        stream.write("        <bndbox>\n")
        for tag in order:
            stream.write(f"            <{tag}>{short(item.corners[tag])}</{tag}>\n")
        stream.write("        </bndbox>\n    </object>\n")
    stream.write("</annotation>\n")


def _object(element: etree._Element) -> VocObject:
    name, corners, further = "", None, {}
    for child in element:
        if child.tag == "name":
            name = _text(child)
        elif child.tag == "bndbox":
            corners = {tag: _coordinate(child, tag) for tag in _CORNERS}
        elif isinstance(child.tag, str) and not len(child):
            further[child.tag] = _text(child)
    if not name:
        raise ValueError("an object without a name")
    if corners is None:
        raise ValueError(f"{name} without a bndbox")
    return VocObject(name, corners, further, cast(int, element.sourceline or 0))


def _text(element: etree._Element) -> str:
    if len(element):  # entities are left as children where they stood
        raise ValueError(f"<{element.tag}> holds an entity or an element, not a text")
    return (element.text or "").strip()


def _coordinate(box: etree._Element, tag: str) -> float:
    child = box.find(tag)
    try:
        value = float("" if child is None else _text(child))
    except ValueError:
        raise ValueError(f"<{tag}> of a bndbox is missing or no number") from None
    if not math.isfinite(value) or abs(value) > MAX_SIDE:
        raise ValueError(f"<{tag}> {value} is beyond {MAX_SIDE}")
    return value


def _side(size: etree._Element, tag: str) -> int:
    child = size.find(tag)
    text = "" if child is None else _text(child)
    if not text.isdecimal() or len(text) > 9 or not 0 < int(text) <= MAX_SIDE:
        raise ValueError(f"<{tag}> of the page is {text!r}, not 1 to {MAX_SIDE} pixels")
    return int(text)
