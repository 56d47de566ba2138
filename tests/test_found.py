"""Detections as arrays: what has no size of its class goes, several views become one."""

from __future__ import annotations

import numpy as np
import pytest

from omr.config import DecodeConfig, ModelConfig
from omr.found import Found, fused, non_maximum_suppression
from omr.sizes import of_known_size


def found(*symbols: tuple[float, float, float, int, float]) -> Found:
    """Detections 10 high: (x0, x1, y0, label, score)."""
    boxes = np.array([[x0, y, x1, y + 10] for x0, x1, y, _, _ in symbols], float).reshape(-1, 4)
    labels = np.array([s[3] for s in symbols], dtype=np.int64)
    return Found(boxes, labels, np.array([s[4] for s in symbols]))


def test_what_all_views_show_keeps_its_score_and_gets_the_mean_box() -> None:
    both = fused([found((0, 10, 0, 1, 0.9)), found((1, 11, 0, 1, 0.3))])
    assert both.labels.tolist() == [1]
    np.testing.assert_allclose(both.scores, [0.6])
    np.testing.assert_allclose(both.boxes, [[0.25, 0, 10.25, 10]])


def test_what_one_view_shows_counts_less() -> None:
    both = fused([found((0, 10, 0, 1, 0.8), (50, 60, 0, 1, 0.9)), found((0, 10, 0, 1, 0.8))])
    np.testing.assert_allclose(both.scores, [0.8, 0.45])
    np.testing.assert_allclose(both.boxes[:, 0], [0, 50])


def test_other_classes_and_detections_of_one_view_stay_apart() -> None:
    both = fused([found((0, 10, 0, 1, 0.8), (2, 12, 0, 1, 0.6)), found((0, 10, 0, 2, 0.8))])
    assert both.labels.tolist() == [1, 2, 1]


def test_each_takes_the_partner_that_it_overlaps_most() -> None:
    near = found((0, 10, 0, 1, 0.5), (3, 13, 0, 1, 0.9))
    both = fused([found((0, 10, 0, 1, 0.9), (3, 13, 0, 1, 0.8)), near])
    np.testing.assert_allclose(both.boxes[:, 0], [3, 0])
    np.testing.assert_allclose(both.scores, [0.85, 0.7])


def test_what_is_too_small_or_too_large_for_its_class_is_left_out() -> None:
    ranges = {"stem": ((3.0, 4.0), (1.0, 2.0))}
    config = ModelConfig(name="", families={"all": ("stem", "slur")}, size_ranges=ranges)
    seen = found((0, 9, 0, 0, 0.9), (0, 10, 0, 0, 0.8), (0, 31, 0, 0, 0.7), (0, 99, 0, 1, 0.6))
    assert of_known_size(seen, config, 5.0).scores.tolist() == [0.8, 0.6]
    assert of_known_size(seen, config, 4.0).scores.tolist() == [0.9, 0.8, 0.6]
    assert of_known_size(seen, config, 5.2).scores.tolist() == [0.7, 0.6]
    assert of_known_size(seen, config, 20.0).scores.tolist() == [0.6]  # 10 high is too low
    elastic = config.model_copy(update={"size_ranges": {"stem": ((3.0, 13.0), (1.0, 2.0))}})
    assert of_known_size(seen, elastic, 5.0).scores.tolist() == [0.9, 0.8, 0.7, 0.6]
    unlimited = config.model_copy(update={"decode": DecodeConfig(size_margin=0)})
    assert of_known_size(seen, unlimited, 20.0).scores.tolist() == seen.scores.tolist()
    assert len(of_known_size(found(), config, 5.0).scores) == 0


def test_what_one_class_may_overlap_makes_two_symbols_of_another_one() -> None:
    decode = DecodeConfig(merge_iou=0.6, merge_iou_of={"slur": 0.2, "hat": 0.1})
    config = ModelConfig(name="", families={"all": ("beam", "slur")}, decode=decode)
    seen = found((0, 20, 0, 0, 0.9), (10, 30, 0, 0, 0.8), (10, 30, 0, 1, 0.6), (0, 20, 0, 1, 0.7))
    kept = non_maximum_suppression(seen, config.merge_ious)
    assert kept.scores.tolist() == [0.9, 0.8, 0.7]  # beams a third of which is shared stay two


def test_nothing_is_nothing() -> None:
    both = fused([found(), found()])
    assert both.boxes.shape == (0, 4)
    assert both.labels.dtype == np.int64
    with pytest.raises(ValueError, match="views"):
        DecodeConfig(views=())
    with pytest.raises(ValueError, match="size_margin below 1"):
        DecodeConfig(size_margin=0.9)
