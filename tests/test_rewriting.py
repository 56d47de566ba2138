"""Pages by other hands: strokes lean and waver, symbols are lent, staves and truth stay exact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from omr_cli.main import main

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats import mung, read_dataset
from deepscores_tools.rewriting.lending import Lent, lenders, with_borrowed
from deepscores_tools.rewriting.other_hand import OtherHand, draw_waves
from deepscores_tools.rewriting.rewrite import rewritten, rewritten_pages
from deepscores_tools.symbols import Box, Page, Symbol

INTERLINE, LEFT, RIGHT, TOP = 20, 100, 700, 120


def drawn(name: str, number: int, mask: np.ndarray, x: int, y: int, *parts: int) -> Symbol:
    height, width = mask.shape
    box = Box(x, y, x + width, y + height)
    return Symbol(name=name, box=box, id=number, mask=mask, outlinks=parts)


def ring(width: int, height: int) -> np.ndarray:
    """By one hand a letter is an oval."""
    oval = np.zeros((height, width), np.uint8)
    middle, half = (width // 2, height // 2), (width // 2 - 2, height // 2 - 2)
    cv2.ellipse(oval, middle, half, 0, 0, 360, 1, 3)
    x, y, w, h = cv2.boundingRect(oval)
    return oval[y : y + h, x : x + w] > 0


def cross(width: int, height: int) -> np.ndarray:
    """By another it is a cross."""
    mask = np.zeros((height, width), np.uint8)
    cv2.line(mask, (0, 0), (width - 1, height - 1), 1, 3)
    cv2.line(mask, (0, height - 1), (width - 1, 0), 1, 3)
    return mask > 0


def page(writer: str, letter: np.ndarray) -> Page:
    """One staff, a note whose stem crosses it, and a word of two letters."""
    symbols = []
    stem = np.ones((70, 4), bool)
    for line in range(5):
        ink = np.ones((2, RIGHT - LEFT), bool)
        ink[:, 300:304] = False  # where the stem lies, as MUSCIMA++ has it
        symbols.append(drawn("staffLine", line, ink, LEFT, TOP + INTERLINE * line))
    width = letter.shape[1]
    word = np.concatenate((letter, letter), axis=1)
    symbols += [
        drawn("staff", 5, np.ones((4 * INTERLINE + 2, RIGHT - LEFT), bool), LEFT, TOP),
        drawn("stem", 6, stem, LEFT + 300, TOP + 10),
        drawn("noteheadFull", 7, ring(26, 20), LEFT + 278, TOP + 70, 6),
        drawn("otherText", 8, word, 200, 260, 9, 10),
        drawn("characterSmallO", 9, letter, 200, 260),
        drawn("characterSmallO", 10, letter, 200 + width, 260),
    ]
    name = f"CVC-MUSCIMA_W-{writer}_N-01_D-ideal.png"
    return Page(
        name=name, width=800, height=340, symbols=symbols, attributes={"writer": writer},
    )  # fmt: skip


OURS, THEIRS = page("01", ring(30, 34)), page("02", cross(33, 36))
LENT = lenders([replace(p, interline=float(INTERLINE)) for p in (OURS, THEIRS)])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.floats(-0.28, 0.28))
def test_where_strokes_go_and_come_from_agree(seed: int, slant: float) -> None:
    rng = np.random.default_rng(seed)
    hand = OtherHand(800, 340, slant, draw_waves(INTERLINE, rng))
    old = rng.uniform(0, (800, 340), (200, 2))
    new = hand.target(old)
    assert hand.source(new) == pytest.approx(old, abs=2e-3)
    assert (new > -INTERLINE).all()
    assert (new < np.add((hand.width, hand.height), INTERLINE)).all()


def test_a_symbol_is_lent_with_the_word_it_is_part_of() -> None:
    symbols = {}
    for seed in range(20):  # one of which lends the first letter and not the second
        rng = np.random.default_rng(seed)
        symbols = {s.id: s for s in with_borrowed(OURS, INTERLINE, LENT, rng)}
        if [symbols[i].mask is not OURS.symbols[i].mask for i in (9, 10)] == [True, False]:
            break
    letter, word, old = symbols[9].mask, symbols[8].mask, OURS.symbols[9].mask
    assert letter is not None
    assert word is not None
    assert old is not None
    assert letter.shape == old.shape
    like_theirs = cross(*old.shape[::-1])
    assert (letter & like_theirs).sum() > 0.8 * letter.sum()
    assert (word[:, : old.shape[1]] == letter).all()
    assert (word[:, old.shape[1] :] == old).all()
    assert symbols[7].mask is OURS.symbols[7].mask  # noteheads have stems


def test_nobody_borrows_from_himself_nor_what_looks_odd() -> None:
    mine = {"characterSmallO": [Lent(cross(30, 34), "01", 1.7)]}
    odd = {"characterSmallO": [Lent(cross(60, 34), "02", 1.7), Lent(cross(30, 34), "02", 5.0)]}
    for lent in (mine, odd, {}):
        symbols = with_borrowed(OURS, INTERLINE, lent, np.random.default_rng(0))
        assert all(a is b for a, b in zip(symbols, OURS.symbols, strict=True))


def test_the_new_page_is_what_its_masks_show_and_staves_stay_ruled() -> None:
    for seed in range(6):
        new = rewritten(OURS, LENT, np.random.default_rng(seed))
        assert sorted(s.id or 0 for s in new.symbols) == list(range(11))
        assert new.interline == pytest.approx(INTERLINE)
        picture = page_image(new) == 0
        for symbol in new.symbols:
            x0, y0, x1, y1 = map(int, symbol.box)
            assert 0 <= x0 < x1 <= new.width
            assert symbol.mask is not None
            assert symbol.mask.any(0)[[0, -1]].all()
            assert symbol.mask.any(1)[[0, -1]].all()
            if symbol.name != "staff":
                assert picture[y0:y1, x0:x1][symbol.mask].all()
            if symbol.name == "staffLine":
                assert (y0, y1 - y0) == (TOP + INTERLINE * (symbol.id or 0), 2)
                assert symbol.mask[:, 2:-2].all()  # no gap where the stem was
                assert abs(x1 - x0 - (RIGHT - LEFT)) <= 2


def test_a_seed_makes_the_same_pages_and_hands_differ() -> None:
    one, again = (list(rewritten_pages([OURS], LENT, 2, seed=3)) for _ in range(2))
    assert [p.key for p in one] == [f"{OURS.key}_hand{i}" for i in (1, 2)]
    pictures = [page_image(p) for p in one]
    for picture, new in zip(pictures, again, strict=True):
        assert (picture == page_image(new)).all()
    assert pictures[0].shape != pictures[1].shape or (pictures[0] != pictures[1]).any()


def test_pages_without_masks_or_staves_are_refused() -> None:
    bare = replace(OURS, symbols=[replace(s, mask=None) for s in OURS.symbols])
    unruled = replace(OURS, symbols=OURS.symbols[-2:])
    for wrong, why in ((bare, "masks"), (unruled, "staves")):
        with pytest.raises(InputError, match=why):
            rewritten(wrong, LENT, np.random.default_rng(0))


def test_the_command_writes_pages_with_pictures_masks_and_writers(tmp_path: Path) -> None:
    mung.write([OURS, THEIRS], tmp_path / "muscima")
    arguments = ["rewrite", tmp_path / "muscima", "-o", tmp_path / "new", "--copies", 3]
    result = CliRunner().invoke(main, ["dataset", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    assert "6 pages, 66 symbols" in result.output
    pages = list(read_dataset(tmp_path / "new"))
    assert [p.attributes["writer"] for p in pages] == ["01"] * 3 + ["02"] * 3
    for new in pages:
        assert new.image is not None
        assert all(s.mask is not None for s in new.symbols)
        shown = page_image(replace(new, image=None, width=new.width, height=new.height))
        assert (shown == page_image(new)).all()
