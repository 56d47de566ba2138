"""The second look: where each detection begins and ends, read at the page's own resolution.

The pyramid sees the page reduced and tells boxes to about half a pixel of its map. Here the ink
around each box is cut out of the full page and brought to SIZE x SIZE cells, and a small network
says in which cells the symbol begins and ends: the thesis's second decision on proposals (6.8.2),
for the box. A side is a distribution over cells, read by its mean (Li et al. 2020, section 3.2).

M: boxes, x0, y0, x1, y1, half-open pixels of the page; W: `RefinerConfig.width`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d

from .layers import Conv, Floats, Join, Modulation, Residual, double, taken
from .regions import SIZE, seen_sides

HALF = SIZE // 2
AT_ONCE = 128  # boxes; as many as the processor's cache takes well


class Refiner(nn.Module):
    """Cells (M, 1, SIZE, SIZE) of ink to side logits (M, 4, SIZE), of x0, y0, x1, y1.

    label: (M,) class of the detection; extent: (M, 2), see `log_extent`. Both, and the whole of
    what is seen, scale and shift the middle features, so that the sides of a stem are looked for
    where those of a beam are not.
    """

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        w = width
        self.near = nn.Sequential(Conv(1, w, kernel=5, stride=2), Residual(w, w))
        self.middle = nn.Sequential(Residual(w, 2 * w, stride=2), Residual(2 * w, 2 * w))
        self.deep = Residual(2 * w, 3 * w, stride=2)
        self.floats = Floats()
        self.told = nn.Embedding(classes, w)
        self.condition = nn.Sequential(
            nn.Linear(w + 2 + 3 * w, 4 * w), nn.ReLU(inplace=True), nn.Linear(4 * w, 4 * w)
        )
        self.lateral = nn.Conv2d(3 * w, 2 * w, 1)
        self.modulated = Modulation()
        self.merge = Conv(2 * w, w)
        self.join = Join(w)
        self.fine = Conv(w, w)
        self.columns = _profile_head(2 * w)
        self.rows = _profile_head(2 * w)

    def forward(self, cells: Tensor, label: Tensor, extent: Tensor) -> Tensor:
        near = self.near(cells)
        middle = self.middle(near)
        deep = self.floats(self.deep(middle))
        facts = torch.cat((self.told(label), extent, deep.mean((2, 3))), 1)
        scale, shift = self.condition(facts)[..., None, None].chunk(2, 1)
        gain = 1 + scale
        middle = self.modulated(middle, gain=gain, shift=self.lateral(deep) * gain + shift)
        fine = self.fine(self.join(near, onto=double(self.merge(middle))))
        x, y = self.columns(_profile(fine, (HALF, 1))), self.rows(_profile(fine, (1, HALF)))
        return torch.stack((x[:, 0], y[:, 0], x[:, 1], y[:, 1]), 1).float()


def _profile(features: Tensor, across: tuple[int, int]) -> Tensor:
    """Mean and maximum of features (M, D, SIZE / 2, SIZE / 2) across: (M, 2 D, SIZE / 2)."""
    pooled = [pool(features, across).flatten(2) for pool in (avg_pool2d, max_pool2d)]
    return torch.cat(pooled, 1)


def _profile_head(inputs: int) -> nn.Sequential:
    """A profile (M, D, SIZE / 2) to logits (M, 2, SIZE) of where the symbol begins and ends."""
    return nn.Sequential(
        nn.Conv1d(inputs, inputs, 5, padding=2),
        nn.ReLU(inplace=True),
        nn.Conv1d(inputs, 4, 1),
        _Interleave(),
    )


class _Interleave(nn.Module):
    """(M, 4, n) to (M, 2, 2 n): two logits beside each other for every place of the profile."""

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[2]
        return x.reshape(-1, 2, 2, size).transpose(2, 3).reshape(-1, 2, 2 * size)


def places(sides: Tensor) -> Tensor:
    """Mean place in cells, 0..SIZE, of side logits (M, 4, SIZE): shape (M, 4)."""
    middles = torch.arange(SIZE, device=sides.device) + 0.5
    return (sides.softmax(2) * middles).sum(2)


def refine(
    refiner: Refiner,
    ink: NDArray[np.uint8],
    boxes: NDArray[np.float64],
    labels: NDArray[np.int64],
    interline: float,
    rounds: int,
    in_bytes: bool = False,
) -> NDArray[np.float64]:
    """The boxes (M, 4) with their sides as the refiner sees them in the page's ink (H, W).

    labels: (M,). rounds: the most looks that a box gets, see `seen_sides`. in_bytes: the refiner
    takes cells as bytes (eight_bits.py).
    """
    weight = refiner.told.weight

    def see(
        cells: NDArray[np.uint8], extent: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        given = torch.from_numpy(cells[:, None]), torch.from_numpy(labels[rows])
        extents = torch.from_numpy(extent).to(weight)
        seen = []
        for start in range(0, len(rows), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            ink_part, label = (t[part].to(weight.device) for t in given)
            shades = taken(ink_part, weight.dtype, in_bytes)
            seen.append(places(refiner(shades, label, extents[part])).cpu())
        return torch.cat(seen).numpy()

    with torch.inference_mode():
        return seen_sides(see, ink, boxes, interline, rounds)
