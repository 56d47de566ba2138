"""Overlays: boxes where the symbols are, each class in a family, a legend beside the page."""

from __future__ import annotations

import numpy as np
import pytest

from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.vocabularies import PRINTED_CLASSES
from omr.overlay import FAMILIES, draw_overlay, family_of, overlay_png


def page(*symbols: Symbol) -> Page:
    return Page(name="page.png", width=200, height=300, symbols=symbols, interline=10.0)


def test_boxes_are_drawn_where_the_symbols_are() -> None:
    box = Box(20.4, 30.6, 60.2, 80)
    picture = draw_overlay(np.full((300, 200), 255, np.uint8), page(Symbol(name="stem", box=box)))
    coloured = (picture[:, :200] == family_of("stem").colour).all(axis=2)
    rows, columns = np.nonzero(coloured)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == box.outward()
    assert picture.shape[0] >= 300
    assert picture.shape[1] > 200


def test_boxes_over_the_edge_and_pages_without_symbols() -> None:
    gray = np.zeros((300, 200), np.uint8)
    outside = Symbol(name="slur", box=Box(-5, 290, 205, 310.5))
    assert overlay_png(gray, page(outside)).startswith(b"\x89PNG")
    assert overlay_png(gray, page()).startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="expected"):
        draw_overlay(gray[:-1], page())


def test_every_class_has_its_family() -> None:
    others = {name for name in PRINTED_CLASSES.names if family_of(name) is FAMILIES[-1]}
    assert not {name for name in others if name.startswith(("note", "rest", "flag", "clef"))}
    assert family_of("dynamicCrescendoHairpin").title.startswith("slurs")
    assert family_of("keyboardPedalPed") is FAMILIES[-1]
    assert family_of("gClef") is family_of("clefG")
    assert len({family.colour for family in FAMILIES}) == len(FAMILIES)
