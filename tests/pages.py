"""Pages for tests: a small one, those made at random by Hypothesis, and their comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Box, Page, Symbol

STEM = Symbol(name="stem", box=Box(3, 4, 5, 9), id=7)
NAMES = st.sampled_from(["stem", "noteheadBlack", "beam", "clefG", "ä, 'x' & <y>"])
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=8)
NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6, allow_nan=False)
KEYS = st.sampled_from(["pitch", "onset", "writer", "text"])
ATTRIBUTES = st.dictionaries(KEYS, NUMBERS | WORDS, max_size=2)


def one_page(*symbols: Symbol, name: str = "a.png", image: Path | None = None) -> Page:
    return Page(name=name, width=40, height=30, symbols=symbols, image=image)


@st.composite
def symbols(draw: st.DrawFn, width: int, height: int, number: int, masks: bool) -> Symbol:
    """A symbol within a page; in whole pixels if it has a mask."""
    x0, y0 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    x1, y1 = draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height))
    shift, mask = draw(st.floats(0, 0.9)), None
    if masks and draw(st.booleans()):
        shift, mask = 0.0, draw(arrays(np.bool_, (y1 - y0, x1 - x0)))
    corners = ((1.5, 2.0), (8.0, 2.0), (8.0, 9.25), (1.0, 9.0))
    return Symbol(
        name=draw(NAMES),
        box=Box(x0 + shift, y0, x1 + shift, y1),
        id=number,
        score=draw(st.none() | st.floats(0, 1)),
        mask=mask,
        oriented_box=draw(st.sampled_from([None, corners])),
        outlinks=tuple(draw(st.lists(st.integers(0, number), max_size=3, unique=True))),
        ink_area=draw(st.none() | st.integers(0, 99)),
        second_name=draw(st.none() | NAMES),
        attributes=draw(ATTRIBUTES),
    )


@st.composite
def pages(draw: st.DrawFn, max_pages: int = 2, masks: bool = True) -> list[Page]:
    """Up to max_pages pages of different names."""
    made = []
    for number in range(draw(st.integers(0, max_pages))):
        width, height = draw(st.integers(1, 40)), draw(st.integers(1, 40))
        count = draw(st.integers(0, 4))
        made.append(
            Page(
                name=f"book/page {number}.png",
                width=width,
                height=height,
                symbols=[draw(symbols(width, height, i, masks)) for i in range(count)],
                interline=draw(st.none() | st.floats(1, 100)),
                dpi=draw(st.none() | st.floats(1, 1200)),
                source=draw(st.none() | st.just("book.pdf")),
                source_page=draw(st.none() | st.integers(1, 9)),
                document=draw(st.none() | WORDS),
                licence=draw(st.none() | st.just("CC0-1.0")),
                attributes=draw(ATTRIBUTES),
            )
        )
    return made


def assert_same_page(one: Page, other: Page) -> None:
    """Every field but the picture's place is the same."""
    fields = ("name", "width", "height", "interline", "dpi", "source", "source_page", "document")
    for name in (*fields, "licence", "attributes"):
        assert getattr(one, name) == getattr(other, name), name
    assert len(one.symbols) == len(other.symbols)
    for mine, theirs in zip(one.symbols, other.symbols, strict=True):
        assert_same_symbol(mine, theirs)


def assert_same_symbol(one: Symbol, other: Symbol, skip: tuple[str, ...] = ()) -> None:
    """Every field but those of `skip` is the same; boxes to a billionth of a pixel."""
    fields = {"name", "id", "score", "oriented_box", "outlinks", "ink_area", "second_name"}
    for name in fields | {"attributes"}:
        if name not in skip:
            assert getattr(one, name) == getattr(other, name), name
    assert one.box == pytest.approx(other.box, abs=1e-9)
    if "mask" not in skip:
        assert (one.mask is None) == (other.mask is None)
        assert one.mask is None or (one.mask == other.mask).all()


def assert_refused_with(
    old: str, new: str, file: Path, read: Callable[[Path], Iterable[Page]]
) -> None:
    """Once a text in it is replaced, the file is refused in one line."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(InputError) as caught:
        list(read(file))
    assert "\n" not in str(caught.value)
