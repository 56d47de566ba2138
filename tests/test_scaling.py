"""What a network is shown of a page, and where on the page that lies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from omr.config import MULTIPLE
from omr.found import Found
from omr.scaling import view_of


def the_ink(found_on: NDArray[np.uint8]) -> Found:
    """One detection: the box around all ink."""
    rows, columns = (np.flatnonzero((found_on > 128).any(axis=axis)) for axis in (1, 0))
    box = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    return Found(np.array([box], float), np.zeros(1, np.int64), np.ones(1))


@given(
    sides=st.tuples(st.integers(1, 700), st.integers(1, 700)),
    ends=st.tuples(*[st.floats(0, 1)] * 4),
    to=st.sampled_from([10.0, 16.0, 24.0]),
)
def test_what_is_found_lies_where_the_ink_is(
    sides: tuple[int, int], ends: tuple[float, float, float, float], to: float
) -> None:
    (y0, y1), (x0, x1) = sorted(ends[:2]), sorted(ends[2:])
    ink = np.zeros(sides, np.uint8)
    height, width = sides
    ink[
        int(y0 * (height - 1)) : int(y1 * height) + 1, int(x0 * (width - 1)) : int(x1 * width) + 1
    ] = 255
    view = view_of(ink, 16.0, to)
    assert all(side % MULTIPLE == 0 for side in view.ink.shape)
    assert all(place % MULTIPLE == 0 for place in view.corner)
    if (view.ink > 128).any():  # a pixel may vanish on the way down
        np.testing.assert_allclose(
            view.on_page(the_ink(view.ink)).boxes, the_ink(ink).boxes, atol=16 / to + 1
        )


def test_paper_around_the_ink_is_left_out() -> None:
    ink = np.zeros((2000, 1000), np.uint8)
    ink[300:600, 400:500] = 255
    view = view_of(ink, 16.0, 16.0)
    assert view.corner == (352, 256)
    assert view.ink.shape == (384, 192)
    # What is no darker than paper of a scan does not count.
    ink[1900] = 20
    assert view_of(ink, 16.0, 16.0).ink.shape == (384, 192)


@pytest.mark.parametrize("side", [1, 31, 32, 1000])
def test_a_blank_page_is_a_view_too(side: int) -> None:
    assert view_of(np.zeros((side, side), np.uint8), 16.0, 16.0).ink.shape == (MULTIPLE, MULTIPLE)
