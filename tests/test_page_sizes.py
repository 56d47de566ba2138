"""Rigid glyphs take the size of their class on the page, elastic ones keep theirs."""

from __future__ import annotations

import numpy as np

from omr.page_sizes import with_page_sizes


def boxes_of(sizes: list[tuple[float, float]]) -> np.ndarray:
    centres = np.arange(len(sizes))[:, None] * 40.0 + 20.0
    half = np.array(sizes) / 2
    return np.concatenate((centres - half, centres + half), axis=1)


def test_a_rigid_class_gets_its_median_and_keeps_its_centres() -> None:
    boxes = boxes_of([(20, 16), (20.4, 16), (19.6, 16), (20.2, 16), (21.5, 16)])
    result = with_page_sizes(boxes, np.zeros(5, np.int64), np.full(5, 0.9))
    np.testing.assert_allclose(result[:, 2] - result[:, 0], 20.2)
    np.testing.assert_allclose(result[:, :2] + result[:, 2:], boxes[:, :2] + boxes[:, 2:])


def test_an_elastic_class_a_rare_one_and_a_stranger_keep_their_sizes() -> None:
    slurs = boxes_of([(40, 9), (90, 20), (200, 30), (25, 6), (60, 15)])
    np.testing.assert_array_equal(
        with_page_sizes(slurs, np.zeros(5, np.int64), np.full(5, 0.9)), slurs
    )
    few = boxes_of([(20, 16), (21, 17)])
    np.testing.assert_array_equal(with_page_sizes(few, np.zeros(2, np.int64), np.ones(2)), few)
    grace = boxes_of([(20, 16), (20, 16), (20, 16), (20, 16), (12, 10)])
    result = with_page_sizes(grace, np.zeros(5, np.int64), np.full(5, 0.9))
    np.testing.assert_allclose(result[4], grace[4])
