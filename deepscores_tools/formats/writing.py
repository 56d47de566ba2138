"""Numbers and rows of JSON as writers of formats write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TextIO


def short(value: float) -> float:
    """A whole number without `.0`: half of a truth file would be that."""
    value = float(value)
    return int(value) if value.is_integer() else value


def write_row(stream: TextIO, first: bool, row: Mapping[str, Any]) -> None:
    """Write a member of a JSON list, on a line of its own, after a comma unless it is the first."""
    stream.write("\n" if first else ",\n")
    stream.write(json.dumps(row, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    """Numbers of numpy, which JSON does not know, as Python's."""
    return value.item()
