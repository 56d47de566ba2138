"""The Deep Watershed Detector: a page of music in, its symbols with class, box and score out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .detector import Detector

__all__ = ["Detector"]


def __getattr__(name: str) -> object:
    # Only when it is asked for: PyTorch takes seconds to import, and most of omr needs none.
    if name == "Detector":
        from .detector import Detector

        return Detector
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
