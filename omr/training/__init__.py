"""How a detector learns: crops of pages, what is to be seen on them, losses, the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run import train

__all__ = ["train"]


def __getattr__(name: str) -> object:
    # Only when it is asked for: processes that make crops need nothing of what the run imports.
    if name == "train":
        from .run import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
