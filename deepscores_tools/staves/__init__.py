"""Staves, found in the ink alone: traced, their five lines followed, and what they tell."""

from .finding import Staves, find_staves, staves_as_symbols, whole_staves, with_mended
from .lines import Staff

__all__ = [
    "Staff",
    "Staves",
    "find_staves",
    "staves_as_symbols",
    "whole_staves",
    "with_mended",
]
