"""What broken data raises in a reader that takes its entries as they should be."""

from __future__ import annotations

BROKEN = (
    KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError
)  # fmt: skip
"""Caught around an entry, whose file and place then go into an InputError."""


def said(error: Exception) -> str:
    """What is wrong, in the words of the exception."""
    return f"no {error}" if isinstance(error, KeyError) else str(error)
