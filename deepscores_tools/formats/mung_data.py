"""MuNG's DataItems, typed key and value pairs of a node, as attributes and back.

Types are int, float, str and lists of these. An attribute holds text or a number, so a list
becomes its JSON text, `[8, 17]`, and such a text becomes a list again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from lxml import etree

from deepscores_tools.formats.broken import BROKEN
from deepscores_tools.symbols import Attribute

FIELDS = ("score", "second_name", "ink_area", "oriented_box")
"""Fields of a symbol that are DataItems of these keys, which its attributes cannot have."""

Item = tuple[str, str, str]  # key, type, text


def read_data(element: etree._Element | None) -> dict[str, Attribute]:
    """The attributes in a node's Data element. Raises ValueError."""
    data: dict[str, Attribute] = {}
    for item in () if element is None else element.iterfind("DataItem"):
        key, kind, text = item.get("key"), item.get("type") or "str", item.text or ""
        if not key:
            raise ValueError("DataItem without a key")
        if kind.startswith("list"):
            of = {"list[int]": int, "list[float]": float}.get(kind, str)
            data[key] = json.dumps([of(word) for word in text.split()])
        elif kind in ("int", "float"):
            data[key] = int(text) if kind == "int" else float(text)
        else:
            data[key] = text
    return data


def data_items(data: Mapping[str, Attribute]) -> list[Item]:
    """Attributes as DataItems, in their order."""
    return [(key, *_typed(value)) for key, value in data.items()]


def _typed(value: Attribute) -> tuple[str, str]:
    if isinstance(value, str):
        return _typed_text(value)
    return ("int", str(int(value))) if isinstance(value, int) else ("float", repr(float(value)))


def _typed_text(text: str) -> tuple[str, str]:
    if text[:1] == "[" and text[-1:] == "]":
        try:
            values = json.loads(text)
        except BROKEN:
            return "str", text
        for kind in (int, float, str):
            if all(type(value) is kind for value in values):
                words = [str(value) for value in values]
                # Only what comes back the same is a list: words are parted by white space.
                if json.dumps([kind(w) for w in " ".join(words).split()]) == text:
                    return f"list[{kind.__name__}]", " ".join(words)
    return "str", text
