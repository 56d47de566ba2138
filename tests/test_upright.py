"""Pages turned and skewed are brought upright, and boxes come back to where they were."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from deepscores_tools.ink import ink_of
from deepscores_tools.symbols import Box, Symbol
from deepscores_tools.upright import upright
from omr.upside_down import clefs_at_left, readable

WIDTH, HEIGHT = 800, 500
MARK = (120, 66, 180, 78)  # a dark bar above the first staff


def music() -> NDArray[np.uint8]:
    """Three staves of interline 12 with noteheads and stems, and MARK."""
    gray = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for top in (100, 230, 360):
        for line in range(5):
            gray[top + 12 * line : top + 12 * line + 2, 40:760] = 0
        for x in range(90, 740, 45):
            y = top + 6 * (x // 45 % 9)
            cv2.ellipse(gray, (x, y), (7, 5), 0, 0, 360, 0, -1)
            gray[y - 42 : y, x + 6 : x + 8] = 0
    x0, y0, x1, y1 = MARK
    gray[y0:y1, x0:x1] = 0
    return gray


def box_of_mark(gray: NDArray[np.uint8]) -> Box:
    """Where the mark is: nothing else on the page is as thick and as wide."""
    solid = cv2.morphologyEx(255 - gray, cv2.MORPH_OPEN, np.ones((9, 31), np.uint8))
    y, x = np.nonzero(solid > 128)
    return Box(float(x.min()), float(y.min()), float(x.max() + 1), float(y.max() + 1))


@pytest.mark.parametrize("quarters", range(4))
def test_quarter_turns(quarters: int) -> None:
    given = np.ascontiguousarray(np.rot90(music(), -quarters))
    page = upright(given)
    assert len(page.staves.staves) == 3
    assert page.degrees == 90 * (quarters % 2)
    mark = Symbol(name="mark", box=box_of_mark(page.gray), score=1.0)
    (back,) = page.as_given([mark])
    x0, y0, x1, y1 = (round(v) for v in back.box)
    assert (given[y0:y1, x0:x1] == 0).all(), "boxes fit the picture as it was given"
    assert {back.box.width, back.box.height} == {60, 12}
    half = page.upside_down()
    assert half.degrees == (page.degrees + 180) % 360
    mark = Symbol(name="mark", box=box_of_mark(half.gray), score=1.0)
    assert half.as_given([mark])[0].box == back.box


@pytest.mark.parametrize(("scale", "made_anew"), [(1.0, True), (1.3, False), (2.5, True)])
@pytest.mark.parametrize("degrees", [0, 3])
def test_the_ink_is_about_that_of_the_interline_found(
    scale: float, made_anew: bool, degrees: float
) -> None:
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1)
    leaning = cv2.warpAffine(music(), turn, (WIDTH, HEIGHT), borderValue=255)
    shade = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 400, leaning.shape), (0, 0), 9)
    leaning = np.clip(leaning * 0.8 + shade, 0, 255).astype(np.uint8)
    page = upright(np.asarray(cv2.resize(leaning, None, fx=scale, fy=scale), np.uint8))
    assert page.staves.interline == pytest.approx(12 * scale, rel=0.02)
    anew, usual = ink_of(page.gray, page.staves.interline), ink_of(page.gray)
    assert (anew != usual).mean() > 0.01
    np.testing.assert_array_equal(page.ink, anew if made_anew else usual)
    np.testing.assert_array_equal(page.upside_down().ink, page.ink[::-1, ::-1])


@pytest.mark.parametrize("degrees", [-5.0, -2.0, 2.0, 5.0])
@pytest.mark.parametrize("quarters", [0, 1])
def test_skew(degrees: float, quarters: int) -> None:
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1)
    skewed = cv2.warpAffine(music(), matrix, (WIDTH, HEIGHT), borderValue=255)
    given = np.ascontiguousarray(np.rot90(np.asarray(skewed, np.uint8), -quarters))
    page = upright(given)
    assert len(page.staves.staves) == 3
    assert page.degrees == pytest.approx(90 * quarters + degrees, abs=0.3)
    assert page.staves.interline == pytest.approx(12, abs=0.1)
    mark = Symbol(name="mark", box=box_of_mark(page.gray), score=1.0)
    (back,) = page.as_given([mark])
    x, y = matrix @ ((MARK[0] + MARK[2]) / 2, (MARK[1] + MARK[3]) / 2, 1)
    x, y = (x, y) if not quarters else (HEIGHT - y, x)
    assert math.dist(back.box.centre, (x, y)) < 1.5


def test_level_pages_and_pages_without_staves_stay() -> None:
    for gray in (music(), np.full((300, 200), 255, np.uint8)):
        page = upright(gray)
        assert page.degrees == 0
        assert page.gray is gray
        symbol = Symbol(name="stem", box=Box(1, 2, 3, 9), score=0.5)
        assert page.as_given([symbol]) == [symbol]


def test_clefs_tell_which_way_up() -> None:
    page = upright(music())
    middles = [staff.lines[2, 0] for staff in page.staves.staves]
    left = [Symbol(name="clefG", box=Box(45, y - 30, 70, y + 30), score=0.6) for y in middles]
    right = [Symbol(name="gClef", box=Box(700, y - 30, 730, y + 30), score=0.6) for y in middles]
    assert clefs_at_left(left, page.staves) == 1
    assert clefs_at_left(right, page.staves) == 0
    assert clefs_at_left(left[:1], page.staves) == pytest.approx(1 / 3)
    assert readable(left, page.staves) > readable(right, page.staves)
    assert readable([], page.staves) == 0
