"""The comments of DeepScoresV2's annotations, `onset:1.5;duration:0.5`, as attributes and back.

Every attribute is held; note_attributes.py names those that tell what a symbol means. A value
that prints back as it stands is a number, everything else text. A text that would be taken for
a number, or that holds a `;` or `:`, is put in quotes as JSON. Comments of another form are
kept whole as the attribute `comments`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from deepscores_tools.symbols import Attribute

FREE = "comments"
_PART = r'("(?:[^"\\]|\\.)*"|[^:;"]*)'
_PAIR = re.compile(f"{_PART}:{_PART}(?:;|$)")
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,99})")


def read_comments(text: str) -> dict[str, Attribute]:
    """The attributes in a comment; an empty one has none."""
    found: dict[str, Attribute] = {}
    at = 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None or not match[1].strip():
            return {FREE: text}
        key = _value(match[1])
        if str(key) in found:
            return {FREE: text}
        found[str(key)] = _value(match[2])
        at = match.end()
    return found


def write_comments(attributes: Mapping[str, Attribute]) -> str:
    """The comment that has these attributes."""
    if set(attributes) == {FREE}:
        free = str(attributes[FREE])
        if free and read_comments(free) == attributes:
            return free
    return ";".join(f"{_key(k)}:{_text(v)}" for k, v in attributes.items())


def _value(part: str) -> Attribute:
    plain = part.strip()
    if plain.startswith('"'):
        try:
            return str(json.loads(plain))
        except ValueError:
            return part
    if _INTEGER.fullmatch(plain) and plain != "-0":
        return int(plain)
    try:
        number = float(plain)
    except ValueError:
        return plain
    return number if math.isfinite(number) and repr(number) == plain else plain


def _key(key: str) -> str:
    return key if key and _survives(key) and "\n" not in key else json.dumps(key)


def _text(value: Attribute) -> str:
    if isinstance(value, str):
        return value if _survives(value) else json.dumps(value)
    if isinstance(value, int):  # a bool too, as 0 or 1
        return str(int(value))
    return repr(float(value))


def _survives(text: str) -> bool:
    return not set(text) & set(':;"') and _value(text) == text
