"""What files say of pages and symbols, as the types that these have.

All of it raises what broken data raises, see broken.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from deepscores_tools.formats.limits import MAX_SIDE, checked_coordinates
from deepscores_tools.symbols import Attribute, Page

T = TypeVar("T")


def optional(kind: Callable[[Any], T], value: Any) -> T | None:
    """The value as this type, or None for none."""
    return None if value is None else kind(value)


def text(value: Any) -> str:
    """A text; a number or nothing is not taken for its digits."""
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:20]} is no text")
    return value


def whole(value: Any) -> int:
    """A whole number, or its digits."""
    number = int(value)
    if isinstance(value, float) and number != value:
        raise ValueError(f"{value} is no whole number")
    return number


def plain(found: object) -> dict[str, Attribute]:
    """Of the entries of an object those that attributes can be; none of anything else."""
    if not isinstance(found, dict):
        return {}
    return {str(k): v for k, v in found.items() if isinstance(v, str | int | float)}


def corners(values: Iterable[Any]) -> tuple[tuple[float, float], ...]:
    """The corners of an oriented box from x and y of each in turn."""
    numbers = checked_coordinates(values)
    if len(numbers) != 8:
        raise ValueError(f"an oriented box of {len(numbers)} numbers, expected 4 corners")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def flat(points: Iterable[Iterable[float]]) -> list[float]:
    """x and y of each corner in turn, as `corners` reads them."""
    return [float(number) for point in points for number in point]


def page_facts(row: Mapping[str, Any], source: str = "source_file") -> dict[str, Any]:
    """The fields of a page that formats call alike; source: the key of that field."""
    return {
        "interline": _positive(row, "interline"),
        "dpi": _positive(row, "dpi"),
        "source": optional(str, row.get(source)),
        "source_page": optional(int, row.get("source_page")),
        "document": optional(str, row.get("document")),
        "licence": optional(str, row.get("licence")),
    }


def facts_of(page: Page) -> dict[str, Any]:
    """These fields of a page under the keys that formats call them by, None where unknown."""
    return {
        "interline": page.interline,
        "dpi": page.dpi,
        "source_file": page.source,
        "source_page": page.source_page,
        "document": page.document,
        "licence": page.licence,
    }


def _positive(row: Mapping[str, Any], key: str) -> float | None:
    number = optional(float, row.get(key))
    if number is not None and not 0 < number <= MAX_SIDE:
        raise ValueError(f"{key} {number} is not above 0 and at most {MAX_SIDE}")
    return number
