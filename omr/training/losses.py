"""The losses, and their sum.

P: sampled energetic pixels, M: boxes that the refiner looks at, F: families, K: energy channels,
C: classes (see network.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.ops import distance_box_iou_loss, generalized_box_iou_loss

from ..config import LOG_SIDES
from ..network import WatershedNet
from ..refiner import Refiner, places
from ..regions import SIZE
from .batches import Batch
from .looks import Looks
from .recipe import BoxLoss

BANDS = {"under-30": 30, "30-to-299": 300, "300-to-2999": 3000, "3000-and-more": 10**12}
"""Classes by their instances in training: name of the band, and the number that ends it."""
WINDOW = 5  # steps of a running mean


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network tells of a batch: energy logits (N, F, K, h, w), class logits (P, C) and
    boxes (P, 4) at the sampled pixels."""

    energy: Tensor
    classes: Tensor
    boxes: Tensor

    @classmethod
    def of(cls, net: WatershedNet, batch: Batch) -> Predictions:
        """Run the network; its sparse heads in full precision."""
        features, energy = net(batch.ink.contiguous(memory_format=torch.channels_last))
        crop, family, y, x = batch.place.T
        vectors = features[crop, :, y, x]
        with torch.autocast(vectors.device.type, enabled=False):
            return cls(energy, net.classify(vectors, family), net.locate(vectors, family))

    def losses(self, batch: Batch, box: BoxLoss) -> dict[str, Tensor]:
        """The detector's losses by name. box: the kind of the box's."""
        with torch.autocast(self.boxes.device.type, enabled=False):
            return {
                "energy": energy_loss(self.energy, batch.energy),
                "class": class_loss(self.classes, batch.label),
                "box": box_loss(self.boxes, batch.box, box),
            }

    def by_band(self, batch: Batch, box: BoxLoss, instances: Sequence[int]) -> dict[str, float]:
        """Class and box loss of frequent and of rare classes: `class/BAND`, `box/BAND`.

        instances: of each class in training. Bands without a pixel in the batch are left out.
        """
        ends = torch.tensor(list(BANDS.values()), device=batch.label.device)
        counts = torch.tensor(instances, device=batch.label.device)
        bands = torch.searchsorted(ends, counts, right=True)[batch.label]
        found: dict[str, float] = {}
        with torch.no_grad():
            for number, name in enumerate(BANDS):
                rows = bands == number
                if rows.any():
                    chosen = class_loss(self.classes[rows], batch.label[rows])
                    placed = box_loss(self.boxes[rows], batch.box[rows], box)
                    found |= {f"class/{name}": float(chosen), f"box/{name}": float(placed)}
        return found


def refiner_loss(refiner: Refiner, looks: Looks) -> Tensor:
    """The loss of the refiner's sides of the looks."""
    cells = looks.cells[:, None].float() / 255
    cells = cells.contiguous(memory_format=torch.channels_last)
    return side_loss(refiner(cells, looks.label, looks.extent), looks.sides)


def energy_loss(logits: Tensor, energy: Tensor) -> Tensor:
    """Loss of energy logits (N, F, K, h, w) against energy (N, F, h, w) in 0..1.

    K = 1: quality focal loss (Li et al. 2020, eq. 3, beta = 2), |y - s|^2 * BCE(s, y): every pixel
    competes with background, the hard ones count; divided by the energy present.
    K > 1: cross-entropy over quantised levels (method, section 3), averaged.
    """
    logits = logits.float()
    if logits.shape[2] > 1:
        levels = logits.shape[2]
        wanted = (energy * (levels - 1)).round().long()
        return functional.cross_entropy(logits.movedim(2, 1), wanted)
    logits = logits.squeeze(2)
    distance = (energy - logits.sigmoid()).square()
    bce = functional.binary_cross_entropy_with_logits(logits, energy, reduction="none")
    return (distance * bce).sum() / energy.sum().clamp(min=16.0) * 8.0


def class_loss(logits: Tensor, label: Tensor) -> Tensor:
    """Cross-entropy of class logits (P, C) at energetic pixels."""
    return functional.cross_entropy(logits, label) if len(label) else logits.sum() * 0.0


def box_loss(predicted: Tensor, wanted: Tensor, kind: BoxLoss) -> Tensor:
    """Loss of boxes (P, 4): dx, dy, log w, log h in interlines.

    "iou": distance-IoU plus L1 of logs and of offsets relative to the side, so that thin
    symbols, whose IoU is zero until they are nearly right, have a slope to follow.
    "squared": squared error of width and height alone (method, section 3).
    """
    if not len(wanted):
        return predicted.sum() * 0.0
    sides, wanted_sides = predicted[:, 2:].clamp(*LOG_SIDES).exp(), wanted[:, 2:].exp()
    if kind == "squared":
        return functional.mse_loss(sides, wanted_sides)
    iou = distance_box_iou_loss(
        _corners(predicted[:, :2], sides), _corners(wanted[:, :2], wanted_sides), reduction="mean"
    )
    logs = (predicted[:, 2:] - wanted[:, 2:]).abs().mean()
    offsets = ((predicted[:, :2] - wanted[:, :2]) / (wanted_sides + 0.1)).abs().mean()
    total: Tensor = iou + 0.5 * logs + 0.5 * offsets
    return total


def _corners(centre: Tensor, sides: Tensor) -> Tensor:
    return torch.cat((centre - sides / 2, centre + sides / 2), dim=1)


def side_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Loss of the refiner's side logits (M, 4, SIZE) against true places (M, 4) in cells.

    Distribution focal loss (Li et al. 2020, eq. 6), cross-entropy shared by the two cells nearest
    to the true place, plus three times 1 - IoU of the mean places, which the figures count.
    """
    if not len(wanted):
        return logits.sum() * 0.0
    inner = (wanted - 0.5).clamp(0, SIZE - 1)
    cell = inner.floor().clamp(max=SIZE - 2).long()
    beyond = inner - cell
    log = logits.log_softmax(2)
    lower = log.gather(2, cell[..., None])[..., 0]
    upper = log.gather(2, cell[..., None] + 1)[..., 0]
    distribution = -(lower * (1 - beyond) + upper * beyond).mean()
    iou = generalized_box_iou_loss(places(logits), wanted, reduction="mean")
    total: Tensor = distribution + 3.0 * iou
    return total


class TotalLoss:
    """loss^tot = sum of w_k * loss_k / v_k, v_k the running mean over the last steps (method, 3).

    Without `normalise` every v_k is 1; a loss that has no weight counts once. recent: the last
    values of each loss, which checkpoints keep.
    """

    def __init__(self, weights: tuple[float, float, float, float], normalise: bool) -> None:
        self.weights = dict(zip(("energy", "class", "box", "refiner"), weights, strict=True))
        self.normalise = normalise
        self.recent: dict[str, list[float]] = defaultdict(list)

    def __call__(self, losses: dict[str, Tensor]) -> Tensor:
        """The sum over the losses at hand, by their names."""
        terms = []
        for name, loss in losses.items():
            recent = self.recent[name] = [*self.recent[name], float(loss.detach())][-WINDOW:]
            scale = sum(recent) / len(recent) if self.normalise else 1.0
            terms.append(self.weights.get(name, 1.0) * loss / max(scale, 1e-8))
        return torch.stack(terms).sum()
