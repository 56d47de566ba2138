"""Links between the symbols of a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from deepscores_tools.symbols import Symbol

ONE_SIDED = "one_sided_inlinks"
"""Attribute: JSON list of the ids whose links to a symbol are stated at the symbol alone."""


def one_sided(symbol: Symbol) -> list[int]:
    """The ids whose links to a symbol are stated at the symbol alone."""
    text = symbol.attributes.get(ONE_SIDED)
    try:
        return [int(link) for link in json.loads(str(text))] if text is not None else []
    except (ValueError, TypeError, RecursionError):
        return []  # text that is not of our making


def keep_links(symbol: Symbol, keeps: Callable[[int], bool]) -> Symbol:
    """The symbol less those links, at either end, whose other symbol's id is not kept."""
    links = tuple(link for link in symbol.outlinks if keeps(link))
    lone = one_sided(symbol)
    kept = [link for link in lone if keeps(link)]
    if links == symbol.outlinks and kept == lone:
        return symbol
    attributes = {k: v for k, v in symbol.attributes.items() if k != ONE_SIDED}
    if kept:
        attributes[ONE_SIDED] = json.dumps(kept)
    return replace(symbol, outlinks=links, attributes=attributes)


def linked_among(symbols: Sequence[Symbol]) -> list[Symbol]:
    """The symbols less their links to what is not among them."""
    ids = {symbol.id for symbol in symbols}
    return [keep_links(symbol, ids.__contains__) for symbol in symbols]
