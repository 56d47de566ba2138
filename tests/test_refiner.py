"""The second look: what it sees, what it learns from, and that it finds sides."""

from __future__ import annotations

import numpy as np
import torch

from omr.refiner import Refiner, places, refine
from omr.regions import SIZE, cut_cells, on_pixels, regions_of
from omr.training.looks import make_looks, shaken
from omr.training.losses import side_loss
from omr.training.recipe import AugmentConfig

INTERLINE = 20.0
ROUGH = AugmentConfig().roughness


def bars(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A page of black bars, (H, W) ink, and their boxes."""
    ink = np.zeros((240, 400), np.uint8)
    boxes = []
    for x in range(30, 360, 60):
        for y in (30, 130):
            w, h = rng.integers(3, 30), rng.integers(5, 60)
            ink[y : y + h, x : x + w] = 255
            boxes.append((x, y, x + w, y + h))
    return ink, np.array(boxes, dtype=np.float64)


def test_regions_hold_their_boxes_and_stay_on_the_page() -> None:
    boxes = np.array([[5.0, 5, 9, 80], [390, 230, 400, 240], [-30, -30, -10, -10]])
    regions = regions_of(boxes, INTERLINE, (240, 400))
    assert (regions[:, :2] >= 0).all()
    assert (regions[:, 2:] <= (400, 240)).all()
    assert (regions[:, 2:] > regions[:, :2]).all()
    assert (regions[0, :2] <= boxes[0, :2]).all()
    assert (regions[0, 2:] >= boxes[0, 2:]).all()


def test_cells_keep_the_share_of_ink() -> None:
    ink, boxes = bars(np.random.default_rng(0))
    regions = regions_of(boxes, INTERLINE, ink.shape)
    cells = cut_cells(ink, regions)
    assert cells.shape == (len(boxes), SIZE, SIZE)
    for cell, (x0, y0, x1, y1) in zip(cells, regions, strict=True):
        assert abs(float(cell.mean()) - float(ink[y0:y1, x0:x1].mean())) < 6


def test_sides_lie_on_whole_pixels_but_those_of_thin_symbols_in_doubt() -> None:
    boxes = np.array([[10.4, 20.2, 20.6, 31.7], [5.1, 5.4, 7.4, 30.3], [2.4, 1.0, 2.6, 9.0]])
    whole = [[10, 20, 21, 32], [5, 5, 7.4, 30], [2.4, 1, 2.9, 9]]
    np.testing.assert_allclose(on_pixels(boxes), whole)


def test_looks_name_the_true_sides_in_cells() -> None:
    ink, boxes = bars(np.random.default_rng(1))
    labels = np.arange(len(boxes)) % 2
    looks = make_looks(ink, boxes, labels, INTERLINE, 5, ROUGH, np.random.default_rng(2))
    assert looks.cells.shape == (5, SIZE, SIZE)
    for cell, (x0, y0, x1, y1) in zip(looks.cells.numpy(), looks.sides.numpy(), strict=True):
        middle = cell[round((y0 + y1) / 2 - 0.5), round((x0 + x1) / 2 - 0.5)]
        assert middle > 200


def test_shaken_boxes_are_boxes() -> None:
    boxes = np.tile([10.0, 10, 12, 60], (500, 1))
    moved = shaken(boxes, INTERLINE, ROUGH, np.random.default_rng(3))
    assert (moved[:, 2:] > moved[:, :2]).all()
    assert 0.1 < np.abs(moved - boxes).mean() < 3


def test_bare_lines_are_shaken_to_the_height_of_brackets() -> None:
    boxes = np.tile([100.0, 100, 400, 103], (500, 1))
    moved = shaken(boxes, INTERLINE, ROUGH, np.random.default_rng(4))
    height = (moved[:, 3] - moved[:, 1]) / INTERLINE
    assert 0.2 < (height > 0.8).mean() < 0.5
    assert height.max() < 3.5


def test_the_loss_is_least_at_the_true_sides() -> None:
    wanted = torch.tensor([[10.5, 12.5, 30.5, 40.5]])
    right = torch.full((1, 4, SIZE), -20.0)
    right[0, range(4), (wanted[0] - 0.5).long()] = 20.0
    assert torch.allclose(places(right), wanted, atol=1e-3)
    assert side_loss(right, wanted) < 1e-3 < side_loss(right.roll(2, 2), wanted)


def test_a_short_training_brings_shaken_boxes_closer() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(4)
    net = Refiner(classes=1, width=32)
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3)
    for _ in range(60):
        ink, boxes = bars(rng)
        looks = make_looks(ink, boxes, np.zeros(len(boxes), np.int64), INTERLINE, 64, ROUGH, rng)
        cells = looks.cells[:, None].float() / 255
        loss = side_loss(net(cells, looks.label, looks.extent), looks.sides)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    ink, boxes = bars(rng)
    moved = shaken(boxes, INTERLINE, ROUGH, rng)
    seen = refine(net.eval(), ink, moved, np.zeros(len(boxes), np.int64), INTERLINE, rounds=2)
    assert np.abs(seen - boxes).mean() < 0.6 * np.abs(moved - boxes).mean()
