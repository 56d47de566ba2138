"""What the thesis's network learns before detection (its sections 5.5.2 and 6.5.2).

"patches": the class of the symbol in the middle of a patch, from the deepest map alone.
"segmentation": the class of every pixel, from the features. Each has a head of one layer, which
no model keeps. N: patches or crops, C: classes, D: channels of the deepest map or the features.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from deepscores_tools.cutting.patches import HEIGHT, INTERLINE, MOST, WIDTH, cut_patch
from deepscores_tools.ink import SYMBOL_INK, ink_of

from ..config import STRIDE, ModelConfig
from ..network import WatershedNet
from .crops import CropDataset
from .recipe import Task

PATCHES = 32  # of a step for each crop of a batch
TASKS: dict[Task, tuple[str, int]] = {
    "patches": ("patch accuracy", 32),
    "segmentation": ("mIoU", 8),
}
"""Each task's measure, and how many items of validation pages it is taken on."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Ink (N, 1, H, W) in 0..1, and labels: (N,) of patches or (N, h, w) of pixels, C for none."""

    ink: Tensor
    label: Tensor

    @classmethod
    def together(cls, parts: Sequence[Labelled]) -> Labelled:
        """Several as one."""
        return cls(torch.cat([p.ink for p in parts]), torch.cat([p.label for p in parts]))

    def to(self, device: torch.device) -> Labelled:
        return Labelled(self.ink.to(device), self.label.to(device))


class PatchDataset(Dataset[Labelled]):
    """Item `i`: PATCHES patches as DeepScores has them, 170 x 45 px at interline 20.

    Symbols are drawn alike, but of a class with more than 5,000 as if it had so many.
    """

    def __init__(self, crops: CropDataset) -> None:
        self.crops = crops
        labels = np.concatenate([p.labels for p in crops.pages])
        share = np.minimum(MOST / np.maximum(np.bincount(labels), 1), 1.0)[labels]
        self.up_to = np.cumsum(share)

    def __getitem__(self, i: int) -> Labelled:
        rng = np.random.default_rng((self.crops.training.seed, i, 2))
        rows = np.searchsorted(self.up_to, rng.uniform(0, self.up_to[-1], PATCHES), side="right")
        patches, labels = zip(*(self._patch(int(row)) for row in rows), strict=True)
        ink = torch.from_numpy(np.stack(patches))[:, None].float() / 255
        return Labelled(ink, torch.tensor(labels))

    def _patch(self, row: int) -> tuple[NDArray[np.uint8], int]:
        page = self.crops.pages[int(self.crops.page_of[row])]
        symbol = int(self.crops.symbol_of[row])
        x0, y0, x1, y1 = page.boxes[symbol].tolist()
        gray = np.load(page.pixels, mmap_mode="r")
        centre = (x0 + x1) / 2, (y0 + y1) / 2
        # Paper and ink are told apart by more than the narrow patch shows.
        wide = cut_patch(gray, centre, page.interline, (5 * WIDTH, HEIGHT))
        return ink_of(wide, INTERLINE)[:, 2 * WIDTH : 3 * WIDTH], int(page.labels[symbol])


class PixelDataset(Dataset[Labelled]):
    """Item `i`: crop `i` with the class of every pixel of its map, C where there is no ink."""

    def __init__(self, crops: CropDataset) -> None:
        self.crops = crops

    def __getitem__(self, i: int) -> Labelled:
        ink, boxes, labels = self.crops.scene(i)
        coarse = np.asarray(cv2.dilate(ink, np.ones((STRIDE, STRIDE), np.uint8)), np.uint8)
        coarse = coarse[1::STRIDE, 1::STRIDE]
        painted = paint(coarse, boxes / np.float32(STRIDE), labels, len(self.crops.model.classes))
        return Labelled(
            torch.from_numpy(ink)[None, None].float() / 255, torch.from_numpy(painted)[None]
        )


def paint(
    ink: NDArray[np.uint8], boxes: NDArray[np.float32], labels: NDArray[np.int64], none: int
) -> NDArray[np.int64]:
    """The class of every pixel (H, W): ink in a box has the box's label, in small boxes first."""
    painted = np.full(ink.shape, none, dtype=np.int64)
    low = np.floor(boxes[:, :2].clip(0)).astype(int)
    high = np.ceil(boxes[:, 2:].clip(0)).astype(int)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    for i in np.argsort(-areas, kind="stable"):
        (x0, y0), (x1, y1) = low[i], high[i]
        painted[y0:y1, x0:x1][ink[y0:y1, x0:x1] >= SYMBOL_INK] = labels[i]
    return painted


def examples(task: Task, crops: CropDataset) -> Dataset[Labelled]:
    """What a task learns from, on the pages of `crops`; its items are seeded by their number."""
    return PixelDataset(crops) if task == "segmentation" else PatchDataset(crops)


class Pretraining(nn.Module):
    """The two heads. `forward` gives class logits, (N, C) of patches or (N, C + 1, h, w)."""

    def __init__(self, net: WatershedNet, config: ModelConfig) -> None:
        super().__init__()
        self.classes = len(config.classes)
        self.patch = nn.Linear(net.pyramid.deepest, self.classes)
        self.pixel = nn.Conv2d(config.network.features, self.classes + 1, 1)

    def forward(self, net: WatershedNet, ink: Tensor, task: Task) -> Tensor:
        ink = ink.contiguous(memory_format=torch.channels_last)
        if task == "segmentation":
            logits: Tensor = self.pixel(net.pyramid(ink))
        else:
            logits = self.patch(net.pyramid.levels(ink)[-1].mean((2, 3)))
        return logits.float()

    def loss(self, net: WatershedNet, batch: Labelled, task: Task) -> Tensor:
        """Cross-entropy of the labels."""
        return functional.cross_entropy(self(net, batch.ink, task), batch.label)

    def measure(self, net: WatershedNet, crops: CropDataset, task: Task) -> float:
        """The task's measure on the first items of `crops`: accuracy, or mean IoU of classes."""
        net.eval()
        items, device = examples(task, crops), self.patch.weight.device
        pairs = []
        for i in range(TASKS[task][1]):
            batch = items[i].to(device)
            with torch.inference_mode():
                pairs.append((self(net, batch.ink, task).argmax(1).cpu(), batch.label.cpu()))
        if task == "segmentation":
            return mean_iou(pairs, self.classes)
        return float(torch.cat([(guess == label).float() for guess, label in pairs]).mean())


def mean_iou(pairs: Iterable[tuple[Tensor, Tensor]], classes: int) -> float:
    """IoU of the pixels of each class, averaged over the classes that there truly are.

    pairs: guesses and labels of one shape; `classes` is the label of no symbol, not averaged.
    """
    table = torch.zeros(classes + 1, classes + 1)  # label, guess
    for guess, label in pairs:
        both = (label * (classes + 1) + guess).flatten()
        table += torch.bincount(both, minlength=table.numel()).reshape(table.shape)
    hit, true = table.diagonal(), table.sum(1)
    iou = (hit / (true + table.sum(0) - hit))[:-1][true[:-1] > 0]
    return float(iou.mean()) if len(iou) else 0.0
