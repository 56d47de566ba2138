"""Large pages: parts of a page find what the single pass finds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from omr import tiling
from omr.config import MULTIPLE
from omr.detector import Detector
from omr.found import Found
from omr.ridges import united


def test_cores_cover_a_large_page_once() -> None:
    seen = np.zeros((5000, 4000), dtype=int)
    for part in tiling.parts(*seen.shape):
        seen[part.read][part.core or ...] += 1
        assert all(s.start % MULTIPLE == 0 for s in part.read)
    assert (seen == 1).all()


def test_parts_find_what_the_single_pass_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    page = cv2.imread(str(Path(__file__).parent.parent / "examples" / "page.png"), 0)
    assert page is not None
    ink = np.asarray(255 - cv2.resize(page[:1400], None, fx=0.7, fy=0.7), dtype=np.uint8)
    detector = Detector.load("printed", "cpu")
    whole = detector.run(ink, 16.0)
    monkeypatch.setattr(tiling, "LARGEST", 0)
    monkeypatch.setattr(tiling, "CORE", 512)
    parts = detector.run(ink, 16.0)
    sure = whole.scores > 0.1
    assert sure.sum() > 20
    near = np.abs(parts.boxes[None] - whole.boxes[:, None]).max(2) < 2.0
    same = near & (parts.labels[None] == whole.labels[:, None])
    assert same[sure].any(1).mean() > 0.99
    assert abs(len(parts.scores) - len(whole.scores)) <= 0.02 * len(whole.scores) + 1


def test_sights_of_a_long_line_become_one() -> None:
    def found(*boxes: tuple[float, ...]) -> Found:
        return Found(
            np.array(boxes, float), np.zeros(len(boxes), np.int64), np.full(len(boxes), 0.5)
        )

    lines, others = np.array([True]), np.array([False])
    seen = found((10, 0, 40, 832), (12, 192, 41, 1344), (11, 704, 40, 1500))
    assert united(seen, lines, 320).boxes.tolist() == [[10, 0, 41, 1500]]
    assert len(united(seen, others, 320).boxes) == 3
    # One after the other, one beside the other, a thin one in a thick one: not the same.
    for other in ((10, 820, 40, 1500), (50, 0, 80, 832), (10, 0, 13, 832)):
        assert len(united(found((10, 0, 40, 832), other), lines, 320).boxes) == 2
    assert len(united(found(), lines, 320).boxes) == 0
