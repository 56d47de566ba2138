"""Targets made from truth, decoded, give the truth back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.ops import box_iou

from omr.config import DecodeConfig, EnergyConfig, ModelConfig
from omr.found import Found
from omr.ridges import joined
from omr.training.targets import Targets, make_targets
from omr.watershed import connected, decode, summits

FAMILIES = {
    "noteheads": ("notehead", "noteheadHalf"),
    "verticals": ("stem",),
    "ledger": ("legerLine",),
    "curves": ("slur",),
}
SIDES = {  # width, height in interlines
    "notehead": (1.2, 1.0),
    "noteheadHalf": (1.2, 1.0),
    "stem": (0.12, 3.5),
    "legerLine": (1.8, 0.15),
    "slur": (5.0, 1.5),
}
THESIS = {
    "energy": EnergyConfig(radius=(0.42, 0.42), levels=20, cut=0.3),
    "decode": DecodeConfig(components="cut", box="centroid", vote="majority", merge_iou=1.0),
}


class Oracle:
    """Heads that know the truth: the feature vector holds label and box of every family."""

    def __init__(self, targets: Targets, classes: int) -> None:
        self.planes, self.classes = len(targets.energy), classes
        maps = torch.zeros(self.planes, 5, *targets.energy.shape[1:])
        family, y, x = torch.from_numpy(targets.place).T
        maps[family, 0, y, x] = torch.from_numpy(targets.label).float()
        maps[family, 1:, y, x] = torch.from_numpy(targets.box)
        self.features = maps.flatten(0, 1)

    def _of(self, vectors: Tensor, family: Tensor) -> Tensor:
        return vectors.unflatten(1, (self.planes, 5))[torch.arange(len(family)), family]

    def classify(self, vectors: Tensor, family: Tensor) -> Tensor:
        label = self._of(vectors, family)[:, 0].long()
        return torch.nn.functional.one_hot(label, self.classes).float() * 50

    def locate(self, vectors: Tensor, family: Tensor) -> Tensor:
        return self._of(vectors, family)[:, 1:]


def draw_page(model: ModelConfig, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Boxes and labels on a jittered grid: neighbours near, every centre its family's own."""
    rng = np.random.default_rng(seed)
    boxes, labels = [], []
    for y in np.arange(2, 30, 2.0):
        for x in np.arange(5, 27, 2.0):
            label = int(rng.integers(len(model.classes)))
            w, h = SIDES[model.classes[label]]
            cx, cy = x + rng.uniform(-0.3, 0.3), y + rng.uniform(-0.3, 0.3)
            boxes.append([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
            labels.append(label)
    return np.array(boxes, dtype=np.float32) * model.interline, np.array(labels)


def roundtrip(model: ModelConfig, boxes: NDArray[np.float32], labels: NDArray[np.int64]) -> Found:
    size = int(32 * model.interline)
    everywhere = model.energy.model_copy(update={"core": 0.01})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omr.training.targets.THIN", 1)
        told = model.model_copy(update={"energy": everywhere})
        targets = make_targets(boxes, labels, told, (size, size))
    energy = torch.from_numpy(targets.energy)
    levels = model.energy.levels
    if levels:
        quantised = (energy * (levels - 1)).round().long()
        logits = torch.nn.functional.one_hot(quantised, levels).movedim(-1, 1).float() * 80
    else:
        logits = energy.clamp(1e-5, 1 - 1e-5).logit()[:, None]
    oracle = Oracle(targets, len(model.classes))
    return decode(oracle, oracle.features, logits, model)


def recall(found: Found, boxes: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Share of symbols found with the right class at IoU >= .9."""
    iou = box_iou(torch.from_numpy(boxes).double(), torch.from_numpy(found.boxes)).numpy()
    right = (iou >= 0.9) & (labels[:, None] == found.labels[None])
    return float(right.any(axis=1).mean())


@pytest.mark.parametrize("interline", [12.0, 16.0])
def test_default_form_gives_the_truth_back(interline: float) -> None:
    model = ModelConfig(name="t", families=FAMILIES, interline=interline)
    for seed in range(5):
        boxes, labels = draw_page(model, seed)
        found = roundtrip(model, boxes, labels)
        assert recall(found, boxes, labels) >= 0.995
        assert len(found.labels) <= 1.01 * len(labels)


def test_thesis_form_gives_most_of_the_truth_back() -> None:
    classes = tuple(name for members in FAMILIES.values() for name in members)
    model = ModelConfig(name="t", families={"all": classes}, interline=20.0, **THESIS)
    recalls = []
    for seed in range(5):
        boxes, labels = draw_page(model, seed)
        recalls.append(recall(roundtrip(model, boxes, labels), boxes, labels))
    assert np.mean(recalls) >= 0.9


def test_one_centre_two_families_gives_two_symbols() -> None:
    model = ModelConfig(name="t", families=FAMILIES, interline=16.0)
    boxes = np.array([[100, 100, 119, 116], [95, 107, 124, 109]], dtype=np.float32)
    found = roundtrip(model, boxes, np.array([0, 3]))
    assert sorted(found.labels) == [0, 3]


def test_lines_of_any_length_come_back_whole_and_apart() -> None:
    model = ModelConfig(
        name="t",
        families={"lines": ("volta", "bracket"), "small": ("dot",)},
        energy=EnergyConfig(ridges=("lines",)),
    )
    boxes = np.array(
        [[1, 3, 22, 5], [22, 3, 30.5, 5.2], [3, 8, 3.4, 31], [20, 10, 20.3, 10.3], [8, 9, 9, 9.1]],
        dtype=np.float32,
    )
    labels = np.array([0, 0, 1, 2, 0])
    found = roundtrip(model, boxes * model.interline, labels)
    assert recall(found, boxes * model.interline, labels) == 1
    assert len(found.labels) == len(labels)


def test_a_ridge_goes_over_low_passes_and_ends_at_deep_ones() -> None:
    energy = np.zeros((3, 9, 1), np.float32)
    energy[1, :, 0] = [0.0, 0.5, 0.46, 0.52, 0.3, 0.8, 0.75, 0.78, 0.0]
    pixels, names = (t.numpy() for t in summits(torch.from_numpy(energy), 0.1))
    assert len(np.unique(names)) == 4
    whole = joined(energy.ravel()[pixels], pixels, names, 9, 0.87)
    lines = [set(whole[pixels < 13]), set(whole[pixels > 12])]
    assert [len(line) for line in lines] == [1, 1]
    assert lines[0] != lines[1]


def test_an_empty_energy_map_gives_no_symbol() -> None:
    model = ModelConfig(name="t", families=FAMILIES, interline=16.0)
    found = roundtrip(model, np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    assert found.boxes.shape == (0, 4)


def test_summits_separate_what_the_cut_joins() -> None:
    row = torch.tensor([0.0, 0.4, 0.9, 0.5, 0.8, 0.3, 0.0])
    energy = torch.zeros(3, 7, 2)
    energy[1, :, 1] = row
    pixels, names = summits(energy, 0.1)
    assert len(pixels) == 5
    assert names.unique().tolist() == [2 * (7 + 2) + 1, 2 * (7 + 4) + 1]
    same, joined = connected(energy, 0.1)
    assert same.tolist() == pixels.tolist()
    assert len(joined.unique()) == 1


def test_the_map_does_not_go_on_beyond_its_borders() -> None:
    energy = torch.zeros(3, 4, 1)
    energy[0, 3], energy[1, 0], energy[2, 3] = 0.5, 0.9, 0.7
    for find in (summits, connected):
        pixels, names = find(energy, 0.1)
        assert pixels.tolist() == names.tolist() == [3, 4, 11]
