"""Large pages: parts of a page find what the single pass finds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from omr import tiling
from omr.config import MULTIPLE
from omr.detector import Detector


def test_cores_cover_a_large_page_once() -> None:
    seen = np.zeros((5000, 4000), dtype=int)
    for part in tiling.parts(*seen.shape):
        seen[part.read][part.core] += 1
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
