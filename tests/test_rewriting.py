"""Pages by other hands: strokes lean and waver, symbols are lent, staves and truth stay exact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from omr_cli.main import main

from deepscores_tools.canvas import ink_within
from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats import mung, read_dataset
from deepscores_tools.rewriting.lending import Shape, shapes_of, with_borrowed
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
    """One staff that climbs, a note whose stem crosses it, and a word of two letters.

    As in MUSCIMA++ a line is not where the stem is, the staff is its lines, and the second letter
    is a dynamic, too, which nothing links to the word.
    """
    lines = []
    for line in range(5):
        ink = np.zeros((7, RIGHT - LEFT), bool)
        for x in range(RIGHT - LEFT):
            ink[5 - x // 100 : 7 - x // 100, x] = not 300 <= x < 304
        lines.append(drawn("staffLine", line, ink, LEFT, TOP + INTERLINE * line))
    box = Box(LEFT, TOP, RIGHT, TOP + 4 * INTERLINE + 7)
    staff = ink_within(box, lines)
    width = letter.shape[1]
    word = np.concatenate((letter, letter), axis=1)
    symbols = [
        *lines,
        drawn("staff", 5, staff, LEFT, TOP),
        drawn("stem", 6, np.ones((70, 4), bool), LEFT + 300, TOP + 10),
        drawn("noteheadFull", 7, ring(26, 20), LEFT + 278, TOP + 70, 6),
        drawn("otherText", 8, word, 200, 260, 9),
        drawn("characterSmallO", 9, letter, 200, 260),
        drawn("characterSmallO", 10, letter, 200 + width, 260),
        drawn("dynamicLetterP", 11, letter, 200 + width, 260),
    ]
    return Page(
        name=f"CVC-MUSCIMA_W-{writer}_N-01_D-ideal.png",
        width=800,
        height=340,
        interline=float(INTERLINE),
        symbols=symbols,
        document=f"CVC-MUSCIMA_W-{writer}_N-01_D-ideal",
        attributes={"writer": writer},
    )


OURS, THEIRS = page("01", ring(30, 34)), page("02", cross(33, 36))
SHAPES = shapes_of([OURS, THEIRS])


def borrowed(page: Page, seed: int) -> dict[int, Symbol]:
    symbols = with_borrowed(page, INTERLINE, SHAPES, np.random.default_rng(seed))
    assert [s.id for s in symbols] == [s.id for s in page.symbols]
    return {s.id: s for s in symbols if s.id is not None}


def pair(one: Symbol, other: Symbol) -> tuple[np.ndarray, np.ndarray]:
    assert one.mask is not None
    assert other.mask is not None
    return one.mask, other.mask


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.floats(-0.3, 0.3))
def test_where_strokes_go_and_come_from_agree(seed: int, slant: float) -> None:
    rng = np.random.default_rng(seed)
    hand = OtherHand(800, 340, slant, draw_waves(INTERLINE, rng))
    old = rng.uniform(0, (800, 340), (200, 2))
    new = hand.target(old)
    assert hand.source(new) == pytest.approx(old, abs=2e-3)
    assert (new > -INTERLINE).all()
    assert (new < np.add((hand.width, hand.height), INTERLINE)).all()


def test_notes_stay_where_they_are_on_the_staff() -> None:
    for seed in range(20):
        hand = OtherHand(3000, 2000, 0.1, draw_waves(INTERLINE, np.random.default_rng(seed)))
        points = np.random.default_rng(seed).uniform(0, (3000, 2000), (1000, 2))
        moved = (hand.source(points) - points)[:, 1]
        assert np.sqrt(np.mean(moved**2)) < 0.12 * INTERLINE


def test_a_symbol_is_lent_with_all_that_show_it() -> None:
    ways = set()
    for seed in range(30):
        symbols = borrowed(OURS, seed)
        word, first = pair(symbols[8], symbols[9])
        second, twin = pair(symbols[10], symbols[11])
        assert (second == twin).all()  # one ink, whatever it is called
        assert (word == np.concatenate((first, second), axis=1)).all()
        changed = tuple(
            (symbols[i].mask != mask).any()
            for i, mask in ((s.id, s.mask) for s in OURS.symbols if s.id in (9, 10))
        )
        ways.add(changed)
        if changed[0]:
            like_theirs = cross(*first.shape[::-1])
            assert (first & like_theirs).sum() > 0.8 * first.sum()
        assert symbols[7].mask is OURS.symbols[7].mask  # noteheads have stems
    assert len(ways) == 4


def test_what_is_made_of_letters_borrows_through_them() -> None:
    letters = [s for s in OURS.symbols if s.id in (9, 10)]
    word = replace(OURS.symbols[8], name="ornamentTrill")
    shapes = {"ornamentTrill": [Shape(cross(60, 34), "02", 1.7)]}
    page = replace(OURS, symbols=[word, *letters])
    for seed in range(5):
        symbols = with_borrowed(page, INTERLINE, shapes, np.random.default_rng(seed))
        assert symbols[0] is word


def test_letters_that_overlap_are_all_in_their_word() -> None:
    first, second = (s for s in OURS.symbols if s.id in (9, 10))
    second = replace(second, box=Box(*(np.array(second.box) - (10, 0, 10, 0)).tolist()))
    box = Box(first.box.x0 + 1, *first.box[1:2], second.box.x1, second.box.y1)  # one pokes out
    word = drawn("otherText", 8, ink_within(box, [first, second]), int(box.x0), int(box.y0))
    page = replace(OURS, symbols=[first, second, word])
    for seed in range(10):
        symbols = borrowed(page, seed)
        shown = ink_within(symbols[8].box, [symbols[9], symbols[10]])
        assert (shown == symbols[8].mask).all() or symbols[8] is word


def test_nobody_borrows_from_himself_nor_what_looks_odd() -> None:
    mine = {"characterSmallO": [Shape(cross(30, 34), "01", 1.7)]}
    odd = {"characterSmallO": [Shape(cross(60, 34), "02", 1.7), Shape(cross(30, 34), "02", 5.0)]}
    for shapes in (mine, odd, {}):
        symbols = with_borrowed(OURS, INTERLINE, shapes, np.random.default_rng(0))
        assert all(a is b for a, b in zip(symbols, OURS.symbols, strict=True))


def test_staves_stay_ruled_and_boxes_tight() -> None:
    for seed in range(6):
        new = rewritten(OURS, SHAPES, np.random.default_rng(seed))
        symbols = {s.id: s for s in new.symbols}
        assert sorted(symbols) == list(range(12))
        assert new.document == OURS.document
        for symbol in new.symbols:
            x0, _, x1, _ = symbol.box
            assert 0 <= x0 < x1 <= new.width
            assert symbol.mask is not None
            assert symbol.mask.any(0)[[0, -1]].all()
            assert symbol.mask.any(1)[[0, -1]].all()
        for line in range(5):
            was, now = OURS.symbols[line], symbols[line]
            assert now.mask is not None
            assert now.box[1::2] == was.box[1::2]
            assert abs(now.box.width - was.box.width) <= 2
            thick = now.mask.sum(0)
            assert thick[2:-2].min() >= 1  # no gap where the stem was
            assert thick.mean() == pytest.approx(2, abs=0.05)
        staff = symbols[5]
        assert (ink_within(staff.box, [symbols[i] for i in range(5)]) == staff.mask).all()


def test_strokes_waver_and_lean_with_what_they_touch() -> None:
    note = replace(OURS, symbols=[s for s in OURS.symbols if s.id in (6, 7)])
    assert cv2.connectedComponents(255 - page_image(note))[0] == 2  # paper and one piece of ink
    widths = []
    for seed in range(6):
        new = rewritten(note, {}, np.random.default_rng(seed))
        assert cv2.connectedComponents(255 - page_image(new))[0] == 2
        widths.append(next(s for s in new.symbols if s.id == 6).box.width)
    assert max(widths) > 6  # of 4; the stem is 70 high


def test_a_seed_makes_the_same_pages_and_hands_differ() -> None:
    one, again = (list(rewritten_pages([OURS], SHAPES, 2, seed=3)) for _ in range(2))
    assert [p.key for p in one] == [f"{OURS.key}_hand{i}" for i in (1, 2)]
    pictures = [page_image(p) for p in one]
    for picture, new in zip(pictures, again, strict=True):
        assert (picture == page_image(new)).all()
    assert pictures[0].shape != pictures[1].shape or (pictures[0] != pictures[1]).any()


def test_links_to_what_left_the_page_go() -> None:
    out = replace(OURS.symbols[6], id=50, box=Box(-400, 130, -396, 200))
    head = replace(OURS.symbols[7], outlinks=(6, 50))
    page = replace(OURS, symbols=[*OURS.symbols[:7], head, *OURS.symbols[8:], out])
    new = {s.id: s for s in rewritten(page, {}, np.random.default_rng(0)).symbols}
    assert 50 not in new
    assert new[7].outlinks == (6,)


def test_pages_that_cannot_be_written_are_refused() -> None:
    bare = replace(OURS, symbols=[*OURS.symbols[:6], replace(OURS.symbols[6], mask=None)])
    unruled = replace(OURS, symbols=OURS.symbols[-2:], interline=None)
    flat = replace(unruled, interline=0.0)
    huge = replace(OURS, width=20_000)
    for wrong, why in (
        (bare, "1 of its symbols have no mask"), (replace(OURS, symbols=()), "no symbols"),
        (unruled, "no staves"), (flat, "no staves"), (huge, "larger"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=why):
            rewritten(wrong, SHAPES, np.random.default_rng(0))


def test_the_command_writes_pages_with_pictures_masks_and_writers(tmp_path: Path) -> None:
    mung.write([OURS, THEIRS], tmp_path / "muscima")
    result = rewrite(tmp_path / "muscima", "-o", tmp_path / "new", "--copies", 3)
    assert "6 pages, 72 symbols" in result.output
    pages = list(read_dataset(tmp_path / "new"))
    assert [p.attributes["writer"] for p in pages] == ["01"] * 3 + ["02"] * 3
    assert {p.attributes["distortion"] for p in pages} == {"ideal"}
    for new in pages:
        assert new.image is not None
        assert all(s.mask is not None for s in new.symbols)
        assert (page_image(replace(new, image=None)) == page_image(new)).all()


def test_the_command_says_when_nobody_can_lend(tmp_path: Path) -> None:
    mung.write([OURS], tmp_path / "muscima")
    result = rewrite(tmp_path / "muscima", "-o", tmp_path / "new", "--copies", 1)
    assert "no two writers" in result.output
    refused = rewrite(tmp_path / "muscima", "-o", tmp_path / "muscima", status=2)
    assert "would replace" in refused.output


def rewrite(*arguments: object, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["dataset", "rewrite", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result
