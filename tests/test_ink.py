import cv2
import numpy as np
import pytest

from deepscores_tools.ink import ink_of

HEIGHT, WIDTH, INTERLINE = 480, 640, 16


def drawn_page() -> np.ndarray:
    """Three staves with noteheads: 1 = ink, float, anti-aliased."""
    page = np.zeros((HEIGHT, WIDTH), np.float32)
    for top in (80, 210, 340):
        for line in range(5):
            y = top + INTERLINE * line
            page[y : y + 2, 40:600] = 1
        for x in range(80, 580, 40):
            centre = (x, top + (x // 5) % 64)
            cv2.ellipse(page, centre, (9, 7), -20, 0, 360, 1.0, -1, cv2.LINE_AA)
            cv2.line(page, (x + 9, centre[1]), (x + 9, centre[1] - 50), 1.0, 2)
    return page


def photographed(page: np.ndarray, paper: np.ndarray | float, ink: float) -> np.ndarray:
    """uint8: the page on paper of the given grey level(s), ink that fraction as bright."""
    noise = np.random.default_rng(0).normal(0, 2.0, page.shape)
    return np.clip(paper * (1 - page * (1 - ink)) + noise, 0, 255).astype(np.uint8)


def shade() -> np.ndarray:
    """Paper under a lamp: from 240 at one corner to 110 at the other."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return 240 - 130 * (0.5 * y / HEIGHT + 0.5 * x / WIDTH)


@pytest.mark.parametrize(
    ("paper", "ink"), [(250.0, 0.05), (180.0, 0.4), (shade(), 0.2)], ids=["clean", "faded", "shade"]
)
def test_paper_is_0_and_ink_255_however_it_was_taken(paper: np.ndarray | float, ink: float) -> None:
    page = drawn_page()
    found = ink_of(photographed(page, paper, ink), INTERLINE)
    assert found.dtype == np.uint8
    assert np.abs(found / 255 - page).mean() < 0.03
    assert found[page == 1].mean() > 225
    assert found[page == 0].mean() < 6


def test_even_paper_is_treated_as_any_other() -> None:
    page = drawn_page()
    even = np.where(page > 0.5, 60, 240).astype(np.uint8)
    darker = even.copy()
    darker[-160:, -160:] = 230  # so that paper is not of one shade
    seen, also = ink_of(even, INTERLINE), ink_of(darker, INTERLINE)
    assert np.array_equal(seen[:-260, :-260], also[:-260, :-260])


def test_one_bit_scan_passes_unchanged() -> None:
    page = drawn_page() > 0.5
    assert np.array_equal(ink_of(np.where(page, 0, 255).astype(np.uint8)) > 127, page)


def test_inverted_page_equals_the_page() -> None:
    grey = photographed(drawn_page(), 240.0, 0.1)
    assert np.array_equal(ink_of(255 - grey), ink_of(grey))


def test_page_on_a_dark_table_is_not_taken_for_inverted() -> None:
    grey = np.pad(photographed(drawn_page(), 230.0, 0.2), 300, constant_values=35)
    found = ink_of(grey)
    assert found[:200].max() == 0
    assert np.abs(found[380:-380, 380:-380] / 255 - drawn_page()[80:-80, 80:-80]).mean() < 0.03


def test_crop_is_nearly_as_the_page_away_from_its_borders() -> None:
    grey = photographed(drawn_page(), shade(), 0.2)
    whole = ink_of(grey, INTERLINE)
    crop = ink_of(grey[37:451, 53:601], INTERLINE)
    margin = 4 * INTERLINE
    inner = whole[37:451, 53:601][margin:-margin, margin:-margin].astype(int)
    assert np.abs(inner - crop[margin:-margin, margin:-margin]).mean() < 4


def test_a_wide_page_is_nearly_as_its_half() -> None:
    """Of wide pages not every column tells how dark paper and ink are."""
    half = photographed(drawn_page(), 240.0, 0.2)
    wide = ink_of(np.hstack([half, half]), INTERLINE)[:, : half.shape[1] - 4 * INTERLINE]
    assert np.abs(wide.astype(int) - ink_of(half, INTERLINE)[:, : wide.shape[1]]).mean() < 1


def test_blank_paper_and_solid_pages_have_no_ink() -> None:
    for level in (0, 128, 255):
        assert ink_of(np.full((200, 300), level, np.uint8)).max() == 0
    assert ink_of(photographed(np.zeros((200, 300)), 220.0, 1.0)).mean() < 8


def test_tiny_and_wrong_input() -> None:
    assert ink_of(np.full((1, 1), 9, np.uint8)).shape == (1, 1)
    with pytest.raises(ValueError, match="uint8"):
        ink_of(np.zeros((4, 4, 3), np.uint8))
