"""The three losses, and their sum.

P: sampled energetic pixels, F: families, K: energy channels, C: classes (see network.py).
"""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.ops import distance_box_iou_loss


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


def box_loss(predicted: Tensor, wanted: Tensor, kind: str) -> Tensor:
    """Loss of boxes (P, 4): dx, dy, log w, log h in interlines.

    "iou": distance-IoU plus L1 of logs and of offsets relative to the side, so that thin
    symbols, whose IoU is zero until they are nearly right, have a slope to follow.
    "squared": squared error of width and height alone (method, section 3).
    """
    if not len(wanted):
        return predicted.sum() * 0.0
    sides, wanted_sides = predicted[:, 2:].clamp(-6, 5).exp(), wanted[:, 2:].exp()
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


class TotalLoss:
    """loss^tot = sum of w_k * loss_k / v_k, v_k the running mean over the last steps (method, 3).

    Without `normalise` every v_k is 1.
    """

    def __init__(self, weights: tuple[float, ...], normalise: bool, window: int = 5) -> None:
        self.weights = weights
        self.normalise = normalise
        self.recent: list[deque[float]] = [deque(maxlen=window) for _ in weights]

    def __call__(self, losses: tuple[Tensor, ...]) -> Tensor:
        total = torch.zeros((), device=losses[0].device)
        for weight, loss, recent in zip(self.weights, losses, self.recent, strict=True):
            recent.append(float(loss.detach()))
            scale = sum(recent) / len(recent) if self.normalise else 1.0
            total = total + weight * loss / max(scale, 1e-8)
        return total
