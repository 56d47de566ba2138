"""Oriented boxes hold the ink, and no rectangle that does is smaller."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from deepscores_tools.oriented_box import oriented_box
from deepscores_tools.symbols import Box


def sides(corners: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    points = np.array(corners)
    lengths = np.linalg.norm(points - np.roll(points, -1, axis=0), axis=1)
    assert lengths[:2] == pytest.approx(lengths[2:], abs=1e-3)
    return float(lengths[0]), float(lengths[1])


@settings(deadline=None)
@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=12)), st.integers(-9, 9999))
def test_it_holds_every_pixel_and_is_the_smallest(mask: NDArray[np.bool_], x0: int) -> None:
    corners = oriented_box(mask, Box(x0, 7, x0 + mask.shape[1], 7 + mask.shape[0]))
    if not mask.any():
        assert corners is None
        return
    assert corners is not None
    pixels = np.argwhere(mask)[:, ::-1] + (x0, 7)
    ends = np.concatenate([pixels + d for d in ((0, 0), (0, 1), (1, 0), (1, 1))])
    width, height = sides(corners)
    best = np.inf
    for angle in np.radians(np.arange(0, 90, 0.5)):
        turned = ends @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        best = min(best, float(np.ptp(turned, axis=0).prod()))
    assert width * height <= best + 0.01
    for start, end in zip(corners, (*corners[1:], corners[0]), strict=True):
        along, out = np.subtract(end, start), ends - start
        beside = (along[0] * out[:, 1] - along[1] * out[:, 0]) / np.hypot(*along)
        assert (beside >= -0.01).all() or (beside <= 0.01).all()


def test_upright_ink_has_its_own_box() -> None:
    mask = np.ones((3, 5), dtype=bool)
    corners = oriented_box(mask, Box(10, 20, 15, 23))
    assert corners is not None
    assert {(round(x, 3), round(y, 3)) for x, y in corners} == {
        (10, 20), (15, 20), (15, 23), (10, 23)
    }  # fmt: skip


def test_a_slanted_beam_is_thin() -> None:
    mask = np.array([[c // 4 <= r < c // 4 + 3 for c in range(40)] for r in range(12)])
    corners = oriented_box(mask, Box(0, 0, 40, 12))
    assert corners is not None
    assert min(sides(corners)) < 4
