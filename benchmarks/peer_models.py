"""The detectors that `benchmarks.peers` compares: ours, and three of the field's, from scratch.

All see the same ink, one channel at the model's interline, and know the same classes. A peer
holds a network, a loss over some crops and a way from ink to symbols. Letters: H, W: size of an
ink image; n symbols on it, M found; boxes are half-open pixels of that image.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection import fasterrcnn_resnet50_fpn, retinanet_resnet50_fpn
from torchvision.models.detection.anchor_utils import AnchorGenerator

from omr.config import ModelConfig
from omr.detector import Detector
from omr.device import fast_dtype
from omr.found import Found
from omr.layers import Conv
from omr.network import WatershedNet
from omr.training.batches import collate
from omr.training.crops import CropDataset
from omr.training.losses import Predictions, refiner_loss
from omr.training.pretraining import paint
from omr.training.recipe import BoxLoss

CPU = torch.device("cpu")
MOST = 5000  # proposals, and detections a page
LEAST = 0.0  # score: all are evaluated without a threshold
SIDES = (8, 16, 32, 64, 128)  # of anchors, in pixels: theirs begin at 32, noteheads are 14 wide
RATIOS = (0.2, 0.5, 1.0, 2.0, 5.0)  # height to width: stems and beams


class Peer(Protocol):
    """A detector that can be trained and asked. rate: its learning rate with AdamW."""

    net: nn.Module
    rate: float

    def loss(self, crops: CropDataset, numbers: Sequence[int]) -> Tensor:
        """The loss over the crops of these numbers."""

    def find(self, ink: NDArray[np.uint8]) -> Found:
        """The symbols on an ink image (H, W) at the model's interline."""


class Ours:
    """The watershed detector, with the training loop's losses."""

    rate = 1e-3

    def __init__(self, model: ModelConfig, box_loss: BoxLoss) -> None:
        self.model, self.box_loss = model, box_loss
        self.net = WatershedNet(model).to(memory_format=torch.channels_last)
        self._detector: Detector | None = None

    def loss(self, crops: CropDataset, numbers: Sequence[int]) -> Tensor:
        batch = collate([crops[i] for i in numbers])
        losses = Predictions.of(self.net, batch).losses(batch, self.box_loss)
        if self.net.refiner:
            losses["refiner"] = refiner_loss(self.net.refiner, batch.looks)
        return torch.stack(list(losses.values())).sum()

    def find(self, ink: NDArray[np.uint8]) -> Found:
        if self._detector is None:  # it folds the network's batch norms
            self._detector = Detector(copy.deepcopy(self.net), self.model, CPU)
        return self._detector.run(ink, self.model.interline)


class Torchvision:
    """Faster R-CNN or RetinaNet, ResNet-50 FPN, random weights, every layer trained.

    rescale: torchvision's default, 800 to 1333 pixels a side, in place of the pixels as they are.
    """

    rate = 2e-4

    def __init__(self, kind: str, model: ModelConfig, rescale: bool) -> None:
        common: dict[str, Any] = {
            "weights": None, "weights_backbone": None, "num_classes": len(model.classes) + 1,
        }  # fmt: skip
        if not rescale:
            common["_skip_resize"] = True  # in training; see find
        self.rescale = rescale
        if kind == "faster-rcnn":
            anchors = AnchorGenerator(tuple((s,) for s in SIDES), (RATIOS,) * len(SIDES))
            self.net = fasterrcnn_resnet50_fpn(
                **common, rpn_anchor_generator=anchors, rpn_pre_nms_top_n_test=MOST,
                rpn_post_nms_top_n_test=MOST, box_detections_per_img=MOST, box_score_thresh=LEAST,
            )  # fmt: skip
        else:
            sides = tuple(tuple(round(s * 2 ** (i / 3)) for i in range(3)) for s in SIDES)
            anchors = AnchorGenerator(sides, (RATIOS,) * len(SIDES))
            self.net = retinanet_resnet50_fpn(
                **common, anchor_generator=anchors, topk_candidates=MOST,
                detections_per_img=MOST, score_thresh=LEAST,
            )  # fmt: skip

    def loss(self, crops: CropDataset, numbers: Sequence[int]) -> Tensor:
        images, targets = [], []
        for number in numbers:
            ink, boxes, labels = crops.scene(number)
            inside = boxes.clip(0, ink.shape[0])  # their anchors lie within the image
            seen = (inside[:, 2:] - inside[:, :2] >= 1).all(axis=1)
            images.append(_three_channels(ink))
            targets.append({"boxes": torch.from_numpy(inside[seen]),
                            "labels": torch.from_numpy(labels[seen]) + 1})  # fmt: skip
        losses: dict[str, Tensor] = self.net(images, targets)
        return torch.stack(list(losses.values())).sum()

    def find(self, ink: NDArray[np.uint8]) -> Found:
        if not self.rescale:  # in evaluation torchvision resizes whatever it was told
            resizing = self.net.transform
            resizing.min_size, resizing.max_size = (min(ink.shape),), max(ink.shape)
        with torch.inference_mode(), torch.autocast("cpu", fast_dtype(CPU)):
            (found,) = self.net([_three_channels(ink)])
        boxes, labels, scores = (found[k].double().numpy() for k in ("boxes", "labels", "scores"))
        return Found(boxes, labels.astype(np.int64) - 1, scores)


class UNet(nn.Module):
    """Ronneberger et al. 2015 with batch norms and a head for each family: its classes, and none.

    Gives a list of logits (N, classes of the family + 1, H, W); the last channel is "none".
    """

    def __init__(self, model: ModelConfig, width: int = 32, depth: int = 4) -> None:
        super().__init__()
        widths = [width * 2**i for i in range(depth + 1)]
        self.down = nn.ModuleList(
            nn.Sequential(Conv(before, after), Conv(after, after))
            for before, after in zip([1, *widths], widths, strict=False)
        )
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in reversed(widths[:-1])
        )
        self.up = nn.ModuleList(
            nn.Sequential(Conv(2 * w, w), Conv(w, w)) for w in reversed(widths[:-1])
        )
        self.heads = nn.ModuleList(
            nn.Conv2d(width, len(members) + 1, 1) for members in model.families.values()
        )

    def features(self, ink: Tensor) -> Tensor:
        """Ink (N, 1, H, W), sides multiples of 16, to features (N, width, H, W)."""
        levels, x = [], ink
        for i, block in enumerate(self.down):
            x = block(functional.max_pool2d(x, 2) if i else x)
            levels.append(x)
        for grow, block, level in zip(self.grow, self.up, reversed(levels[:-1]), strict=True):
            x = block(torch.cat((grow(x), level), dim=1))
        return x


class UNetPerFamily:
    """Ink pixels are classed within each family; connected pixels of one class are a symbol."""

    rate = 1e-3

    def __init__(self, model: ModelConfig) -> None:
        self.net = UNet(model).to(memory_format=torch.channels_last)
        self.sizes = [len(members) for members in model.families.values()]
        self.first = np.concatenate(([0], np.cumsum(self.sizes)))

    def loss(self, crops: CropDataset, numbers: Sequence[int]) -> Tensor:
        scenes = [crops.scene(i) for i in numbers]
        ink = torch.stack([torch.from_numpy(s[0])[None].float() / 255 for s in scenes])
        features = self.net.features(ink.contiguous(memory_format=torch.channels_last))
        total = torch.zeros(())
        for row, head in enumerate(self.net.heads):
            wanted = np.stack([self._mask(*scene, row) for scene in scenes])
            total = total + functional.cross_entropy(head(features).float(), torch.tensor(wanted))
        return total

    def _mask(
        self, ink: NDArray[np.uint8], boxes: NDArray[np.float32], labels: NDArray[np.int64],
        row: int,
    ) -> NDArray[np.int64]:  # fmt: skip
        """The class of every pixel in one family, the number of its classes for none."""
        mine = np.flatnonzero((labels >= self.first[row]) & (labels < self.first[row + 1]))
        return paint(ink, boxes[mine], labels[mine] - self.first[row], self.sizes[row])

    def find(self, ink: NDArray[np.uint8]) -> Found:
        height, width = ink.shape
        padded = np.zeros([-(-side // 16) * 16 for side in ink.shape], dtype=np.uint8)
        padded[:height, :width] = ink
        found: list[tuple[tuple[float, ...], int, float]] = []
        with torch.inference_mode(), torch.autocast("cpu", fast_dtype(CPU)):
            x = torch.from_numpy(padded)[None, None].float() / 255
            features = self.net.features(x.contiguous(memory_format=torch.channels_last))
            for row, head in enumerate(self.net.heads):
                chance, label = head(features)[0, :, :height, :width].float().softmax(0).max(0)
                found += self._components(chance.numpy(), label.numpy(), row)
        found.sort(key=lambda f: -f[2])
        boxes = np.array([box for box, _, _ in found], dtype=np.float64).reshape(-1, 4)
        labels = np.array([label for _, label, _ in found], dtype=np.int64)
        return Found(boxes, labels, np.array([score for _, _, score in found]))

    def _components(
        self, chance: NDArray[np.float32], label: NDArray[np.int64], row: int
    ) -> list[tuple[tuple[float, ...], int, float]]:
        found = []
        for own in np.setdiff1d(label, [self.sizes[row]]).tolist():
            here = (label == own).astype(np.uint8)
            count, names, stats, _ = cv2.connectedComponentsWithStats(here, connectivity=8)
            sums = np.bincount(names.ravel(), chance.ravel(), count)
            for (x, y, w, h, area), mass in zip(stats[1:].tolist(), sums[1:], strict=True):
                box = (x, y, x + w, y + h)
                found.append((box, int(self.first[row] + own), float(mass / area)))
        return found


def make_peer(name: str, model: ModelConfig, box_loss: BoxLoss, *, rescale: bool) -> Peer:
    """The peer of one of PEERS' names, with random weights. box_loss: that of ours."""
    if name == "ours":
        return Ours(model, box_loss)
    if name == "u-net":
        return UNetPerFamily(model)
    return Torchvision(name, model, rescale)


PEERS = ("ours", "faster-rcnn", "retinanet", "u-net")


def _three_channels(ink: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(ink).float().div(255).expand(3, -1, -1)
