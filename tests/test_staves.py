import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepscores_tools.dataset_image import page_image
from deepscores_tools.formats.mung import read_page
from deepscores_tools.ink import ink_of
from deepscores_tools.interline import true_interline
from deepscores_tools.staves import find_staves, staves_as_symbols, whole_staves
from deepscores_tools.staves.curves import quantile
from deepscores_tools.staves.systems import find_systems
from deepscores_tools.staves.tracing import thin_ink

REPO = Path(__file__).resolve().parents[1]
ANNOTATIONS = REPO.parent / "shared" / "data" / "muscima-pp" / "v2.0" / "annotations"
INTERLINE, LEFT, RIGHT = 14, 60, 840


def drawn(
    tops: tuple[int, ...] = (100, 210, 400, 510), systems: tuple[tuple[int, int], ...] = ()
) -> np.ndarray:
    """Ink (640, 900) of staves with notes, uint8, 255 = ink; systems: (first, last) staff."""
    ink = np.zeros((640, 900), np.uint8)
    rng = np.random.default_rng(1)
    for top in tops:
        for line in range(5):
            ink[top + INTERLINE * line : top + INTERLINE * line + 2, LEFT:RIGHT] = 255
        for x in range(LEFT + 60, RIGHT - 20, 30):
            y = top + int(rng.integers(-1, 9)) * INTERLINE // 2
            cv2.ellipse(ink, (x, y), (8, 6), -20, 0, 360, 255, -1)
            cv2.line(ink, (x + 7, y), (x + 7, y - 45), 255, 2)
    for first, last in systems:
        for x in (LEFT, RIGHT - 2):
            cv2.line(ink, (x, tops[first]), (x, tops[last] + 4 * INTERLINE), 255, 2)
    return ink


PIANO = ((0, 1), (2, 3))


def warped(ink: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """The ink with every column x moved down by rise[x]."""
    x, y = np.meshgrid(np.arange(ink.shape[1]), np.arange(ink.shape[0]))
    maps = x.astype(np.float32), (y - rise[None, :]).astype(np.float32)
    return cv2.remap(ink, *maps, cv2.INTER_LINEAR)


def test_a_page_wider_than_opencv_takes_at_once() -> None:
    page = drawn(systems=PIANO)
    page = np.hstack((page[:, :450], np.tile(page[:, 450:480], 1200), page[:, 480:]))
    found = find_staves(page)
    assert find_systems(page, found.staves) == PIANO
    assert all(abs(staff.right - (RIGHT + 1199 * 30)) <= 3 for staff in found.staves)


def test_staves_and_systems_of_a_clean_page() -> None:
    page = drawn(systems=PIANO)
    found = find_staves(page)
    assert found.interline == pytest.approx(INTERLINE, rel=0.01)
    assert find_systems(page, found.staves) == PIANO
    assert not found.several_sizes
    for staff, top in zip(found.staves, (100, 210, 400, 510), strict=True):
        there = [np.interp(450.0, staff.xs, line) for line in staff.lines]
        assert there == pytest.approx(top + 0.5 + INTERLINE * np.arange(5), abs=0.7)
        assert staff.edges[0, 0] == top
        assert staff.edges[4, 1] == top + 4 * INTERLINE + 2
        assert abs(staff.left - LEFT) <= 3
        assert abs(staff.right - RIGHT) <= 3


@pytest.mark.parametrize("degrees", [-4.0, 2.0])
def test_skew(degrees: float) -> None:
    turn = cv2.getRotationMatrix2D((450, 320), degrees, 1)
    page = cv2.warpAffine(drawn(systems=PIANO), turn, (900, 640))
    found = find_staves(page)
    assert found.interline == pytest.approx(INTERLINE, rel=0.02)
    assert find_systems(page, found.staves) == PIANO


def test_curl_is_followed() -> None:
    rise = 18 * np.sin(np.arange(900) / 180)
    page = warped(drawn(systems=PIANO), rise)
    found = find_staves(page)
    assert find_systems(page, found.staves) == PIANO
    for x in (100, 300, 500, 800):
        assert found.staves[0].middle_at(float(x)) == pytest.approx(128.5 + rise[x], abs=1.5)


def test_broken_lines_and_specks() -> None:
    rng = np.random.default_rng(2)
    ink = drawn(systems=PIANO)
    ink[:, 400:430] = 0  # a white crease across the page
    ink[rng.random(ink.shape) < 0.25] = 0
    ink[rng.random(ink.shape) < 0.003] = 255
    found = find_staves(ink)
    assert found.interline == pytest.approx(INTERLINE, rel=0.02)
    assert len(found.staves) == 4
    assert all(s.left < 80 and s.right > 820 for s in found.staves)


def test_beams_that_hide_the_lines() -> None:
    ink = drawn()
    for y in (98, 112, 126, 142):
        cv2.line(ink, (300, y), (520, y + 6), 255, 10)
    staff = find_staves(ink).staves[0]
    assert staff.left < 70
    assert staff.right > 830
    assert staff.interline == pytest.approx(INTERLINE, rel=0.02)


def test_staves_side_by_side_are_two() -> None:
    ink = drawn((100, 300))
    ink[80:180, 400:480] = 0
    assert len(find_staves(ink).staves) == 3


def test_unjoined_staves_are_systems_of_one() -> None:
    page = drawn()
    assert find_systems(page, find_staves(page).staves) == ((0,), (1,), (2,), (3,))


def test_two_sizes_are_noticed() -> None:
    ink = drawn((60, 170))
    small = cv2.resize(drawn((100, 210)), None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    ink[300:640, :630] = np.maximum(ink[300:640, :630], small[:340])
    found = find_staves(ink)
    assert found.several_sizes
    assert found.interline == pytest.approx(INTERLINE, rel=0.02)
    assert len(found.staves) == 4


def text_page() -> np.ndarray:
    ink = np.zeros((640, 900), np.uint8)
    for y in range(40, 620, 26):
        cv2.putText(ink, "lines of words, but no music at all", (50, y), 0, 0.9, 255, 2)
    return ink


def test_pages_without_staves() -> None:
    noise = (np.random.default_rng(3).random((600, 800)) < 0.2).astype(np.uint8) * 255
    for ink in (
        np.zeros((600, 800), np.uint8),
        np.full((50, 60), 255, np.uint8),
        text_page(),
        noise,
    ):
        found = find_staves(ink)
        assert found.interline is None
        assert found.staves == ()
        assert find_systems(ink, found.staves) == ()
    assert find_staves(np.zeros((1, 1), np.uint8)).interline is None


@given(
    st.lists(st.booleans(), min_size=1, max_size=60),
    st.integers(9, 40),
    st.integers(1, 6),
)
def test_thin_ink_is_that_of_short_runs(column: list[bool], interline: int, thickness: int) -> None:
    """Against runs counted one by one; where a run meets the page's edge, too."""
    longest = int(min(max(2 * thickness, thickness + 2), 0.6 * interline))
    expected = [
        inked and len(run) <= longest
        for inked, run in ((key, list(run)) for key, run in itertools.groupby(column))
        for _ in run
    ]
    black = np.repeat(np.array(column, np.uint8)[:, None] * 255, 11, axis=1)
    thin = thin_ink(black, interline, thickness)
    assert np.array_equal(thin, np.repeat(np.array(expected)[:, None] * 255, 11, axis=1))


def test_lines_that_are_mostly_gaps() -> None:
    """As a scan of two tones leaves them; rows of text mended likewise are no staves."""
    page = drawn()
    lines = thin_ink(page, INTERLINE, 2) > 0
    gaps = np.random.default_rng(5).random((page.shape[0], page.shape[1] // 9 + 1)) < 0.75
    page[lines & np.repeat(gaps, 9, axis=1)[:, : page.shape[1]]] = 0
    assert not whole_staves(page).staves
    assert len(find_staves(page).staves) == len(find_staves(drawn()).staves)


def test_one_staff_of_gaps_among_whole_ones() -> None:
    """Only where a staff was given up the page is looked at again."""
    page = drawn((100, 300, 500))
    whole = whole_staves(page)
    assert len(whole.staves) == 3
    assert not whole.broken
    lines = thin_ink(page, INTERLINE, 2) > 0
    lines[:280] = lines[400:] = False
    gaps = np.random.default_rng(5).random((page.shape[0], page.shape[1] // 9 + 1)) < 0.6
    page[lines & np.repeat(gaps, 9, axis=1)[:, : page.shape[1]]] = 0
    without = whole_staves(page)
    assert len(without.staves) == 2
    assert without.broken
    assert len(find_staves(page).staves) == 3


def test_scale_does_not_matter() -> None:
    page = drawn(systems=PIANO)
    for scale in (0.5, 2.5):
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        scaled = cv2.resize(page, None, fx=scale, fy=scale, interpolation=method)
        found = find_staves(scaled)
        assert found.interline == pytest.approx(INTERLINE * scale, rel=0.02)
        assert find_systems(scaled, found.staves) == PIANO


def test_symbols_of_both_vocabularies() -> None:
    staves = find_staves(drawn((100,)))
    (staff,) = staves_as_symbols(staves)
    assert staff.name == "staff"
    assert staff.box.y0 == 100
    assert staff.box.y1 == 100 + 4 * INTERLINE + 2
    names = [s.name for s in staves_as_symbols(staves, handwritten=True)]
    assert [names.count(n) for n in ("staff", "staffLine", "staffSpace")] == [1, 5, 6]


def test_handwritten_pages() -> None:
    if not ANNOTATIONS.is_dir():
        pytest.skip(f"needs MUSCIMA++ 2.0 annotations in {ANNOTATIONS}")
    for file in sorted(ANNOTATIONS.glob("*.xml"))[::24]:
        page = read_page(file)
        found = find_staves(ink_of(page_image(page)))
        assert found.interline == pytest.approx(true_interline(page.symbols), rel=0.03)
        assert len(found.staves) == sum(s.name == "staff" for s in page.symbols)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=40), st.floats(0, 1))
def test_quantiles_are_numpys(values: list[int], share: float) -> None:
    wanted = np.quantile(values, share)
    assert quantile(np.array(values, dtype=np.float64), share) == pytest.approx(wanted)
