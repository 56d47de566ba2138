"""Pictures averaged over blocks."""

from __future__ import annotations

import numpy as np
import pytest

from deepscores_tools.averaging import averaged, shrunk
from deepscores_tools.ink import ink_of


def test_blocks_are_means_and_the_rest_is_left_out() -> None:
    picture = np.arange(35, dtype=np.uint8).reshape(5, 7)
    small = averaged(picture, 3, 2)
    assert small.shape == (2, 2)
    assert small[0, 0] == pytest.approx(picture[:2, :3].mean(), abs=0.5)
    assert small[1, 1] == pytest.approx(picture[2:4, 3:6].mean(), abs=0.5)


@pytest.mark.parametrize(("width", "height"), [(20.3, 2.03), (7.0, 1.0), (1.0, 1.0), (30.6, 3.4)])
def test_shrunk_tells_the_size_that_its_blocks_have(width: float, height: float) -> None:
    picture = np.tile(np.linspace(0, 255, 311).astype(np.uint8), (97, 1))
    small, across, down = shrunk(picture, width, height)
    assert across == pytest.approx(width, rel=0.1)
    assert down == pytest.approx(height, rel=0.1)
    assert 311 - width < across * small.shape[1] <= 311
    middles = (np.arange(small.shape[1]) + 0.5) * across - 0.5  # of the blocks, in pixels
    np.testing.assert_allclose(small[0], middles * 255 / 310, atol=2)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (9, 3), (64, 33)])
def test_ink_is_found_on_pages_of_any_size_up_to_the_edge(size: tuple[int, int]) -> None:
    gray = np.full(size, 240, np.uint8)
    assert ink_of(gray, 30).shape == size
    if min(size) > 8:
        gray[:, -2:] = 10
        assert ink_of(gray, 30)[:, -2:].min() == 255
