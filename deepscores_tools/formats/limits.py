"""Sizes that no page has: beyond them a file is broken or hostile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MAX_SIDE = 1_000_000  # pixels


def checked_size(width: Any, height: Any) -> tuple[int, int]:
    """Width and height of a page as its file tells them. Raises ValueError where none has such."""
    size = int(width), int(height)
    if not all(0 < side <= MAX_SIDE for side in size):
        raise ValueError(f"{size[0]} x {size[1]} is not 1 to {MAX_SIDE} pixels wide and high")
    return size


def checked_coordinates(values: Iterable[Any]) -> list[float]:
    """Coordinates in pixels as a file tells them. Raises ValueError for those of no page."""
    if isinstance(values, str):
        raise ValueError(f"a text, {values[:20]!r}, where coordinates should be")
    numbers = [float(value) for value in values]
    if not all(abs(number) <= MAX_SIDE for number in numbers):  # nor are NaNs
        raise ValueError(f"a coordinate is not finite or beyond {MAX_SIDE} pixels")
    return numbers
