"""Crops put together: what a step of training learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..device import set_threads
from .looks import Looks
from .targets import Targets


@dataclass(frozen=True, slots=True)
class Batch:
    """N crops: ink (N, 1, H, W), energy (N, F, h, w), the P sampled pixels and M looks of all.

    place: (P, 4) crop, family, y, x; label (P,); box (P, 4).
    """

    ink: Tensor
    energy: Tensor
    place: Tensor
    label: Tensor
    box: Tensor
    looks: Looks

    def to(self, device: torch.device) -> Batch:
        tensors = (self.ink, self.energy, self.place, self.label, self.box)
        moved = (t.to(device) for t in tensors)
        return Batch(*moved, self.looks.to(device))  # type: ignore[arg-type, call-arg]


def collate(crops: list[tuple[Tensor, Targets, Looks]]) -> Batch:
    """Crops to one batch; the crop's number goes in front of each sampled pixel's place."""
    inks, targets, looks = zip(*crops, strict=True)
    places = [
        torch.from_numpy(np.insert(target.place, 0, n, axis=1)) for n, target in enumerate(targets)
    ]
    return Batch(
        ink=torch.stack(inks),
        energy=torch.stack([torch.from_numpy(t.energy) for t in targets]),
        place=torch.cat(places),
        label=torch.cat([torch.from_numpy(t.label) for t in targets]),
        box=torch.cat([torch.from_numpy(t.box) for t in targets]),
        looks=Looks.together(looks),
    )


def one_thread(worker: int) -> None:
    """Processes that make crops share the machine with the network: one thread each."""
    set_threads(1)
