"""Sizes that no page has: beyond them a file is broken or hostile."""

from __future__ import annotations

from typing import Any

MAX_SIDE = 1_000_000  # pixels


def checked_size(width: Any, height: Any) -> tuple[int, int]:
    """Width and height of a page as its file tells them. Raises ValueError where none has such."""
    size = int(width), int(height)
    if not all(0 < side <= MAX_SIDE for side in size):
        raise ValueError(f"{size[0]} x {size[1]} is not 1 to {MAX_SIDE} pixels wide and high")
    return size
