"""Thin sides are read off the ink."""

from __future__ import annotations

import numpy as np
import pytest

from omr.thin import snap_to_ink

INTERLINE = 20.0


def page_with_stem_and_ledger_line() -> np.ndarray:
    ink = np.zeros((120, 120), np.uint8)
    ink[20:90, 50:52] = 255  # a stem
    ink[84:100, 30:52] = 255  # its notehead
    ink[91:93, 24:58] = 255  # a ledger line through the notehead
    return ink


def test_a_stem_gets_its_columns_and_keeps_its_length() -> None:
    boxes = np.array([[46.3, 21.0, 49.1, 91.0]])
    snapped = snap_to_ink(boxes, np.array([0]), page_with_stem_and_ledger_line(), INTERLINE)
    assert snapped[0].tolist() == [50, 21, 52, 91]


def test_a_ledger_line_is_told_from_the_notehead_it_crosses() -> None:
    boxes = np.array([[24.4, 88.0, 57.6, 91.5]])
    snapped = snap_to_ink(boxes, np.array([1]), page_with_stem_and_ledger_line(), INTERLINE)
    assert snapped[0].tolist() == [24.4, 91, 57.6, 93]


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_where_there_is_no_line_the_box_stays(axis: int) -> None:
    boxes = np.array([[10.2, 10.0, 12.0, 14.0], [115.0, 118.0, 119.5, 119.9]])
    snapped = snap_to_ink(boxes, np.array([axis, axis]), np.zeros((120, 120), np.uint8), INTERLINE)
    np.testing.assert_array_equal(snapped, boxes)


def test_boxes_of_other_symbols_are_left_alone() -> None:
    boxes = np.array([[46.3, 21.0, 49.1, 91.0]])
    snapped = snap_to_ink(boxes, np.array([-1]), page_with_stem_and_ledger_line(), INTERLINE)
    np.testing.assert_array_equal(snapped, boxes)
