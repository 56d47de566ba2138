"""The network: a residual pyramid with energy, class and box heads.

N, H, W: batch, height, width of the ink image (H and W multiples of 32). S = 2 is the output
stride: all maps have height h = H / S and width w = W / S. F: energy planes (families). K: energy
channels per plane (1, or the number of quantised levels). C: classes. D: feature channels.

Energy is predicted everywhere; class and box are read only inside components, so their heads are
sparse: they take the P feature vectors that are asked for, not the map.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .config import STRIDE, ModelConfig, NetworkConfig
from .layers import Conv, Floats, Join, Pointwise, Residual, double
from .refinenet import RefineNet
from .refiner import Refiner


class Pyramid(nn.Module):
    """Ink (N, 1, H, W) to features (N, D, h, w): down to stride 32 and back up to stride 2.

    `levels` gives the maps on the way down; `deepest`: channels of the last.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        widths, blocks = config.widths, config.blocks
        self.deepest = widths[-1]
        self.stem = Conv(1, widths[0], kernel=5, stride=STRIDE)
        stages = []
        for level, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            before = widths[max(level - 1, 0)]
            first = Residual(before, width, stride=1 if level == 0 else 2)
            stages.append(nn.Sequential(first, *[Residual(width, width) for _ in range(count - 1)]))
        self.stages = nn.ModuleList(stages)
        self.laterals = nn.ModuleList([Pointwise(w, config.neck) for w in widths[1:]])
        self.merges = nn.ModuleList([Conv(config.neck, config.neck) for _ in widths[1:-1]])
        self.narrow = Pointwise(config.neck, widths[0])  # stride 2 is where the time goes
        self.join = Join(widths[0])
        self.fine = Conv(widths[0], config.features)

    def levels(self, ink: Tensor) -> list[Tensor]:
        levels = []
        x = self.stem(ink)
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return levels

    def forward(self, ink: Tensor) -> Tensor:
        levels = self.levels(ink)
        x = self.laterals[-1](levels.pop())
        for i in reversed(range(len(self.merges))):
            x = self.merges[i](self.laterals[i](levels.pop(), onto=double(x)))
        x = self.join(levels.pop(), onto=double(self.narrow(x)))
        features: Tensor = self.fine(x)
        return features


def _head(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    if not hidden:
        return nn.Sequential(nn.Linear(inputs, outputs))
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, outputs)
    )


class WatershedNet(nn.Module):
    """Pyramid plus the three heads, and the refiner.

    Where the model has one, `refiner` takes the boxes further (see refiner.py).
    `forward` gives features (N, D, h, w), as bytes where maps are, and energy logits
    (N, F, K, h, w). `classify` and `locate` read P feature vectors, each for one family, shape
    (P,) of plane indices.
    """

    family_of_class: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        net = config.network
        self.planes = len(config.families)
        self.levels = max(config.energy.levels, 1)
        self.pyramid = RefineNet(net) if net.backbone == "refinenet" else Pyramid(net)
        self.energy = Pointwise(net.features, self.planes * self.levels)
        self.floats = Floats()
        self.classes = _head(net.features, net.hidden, len(config.classes))
        self.box = _head(net.features, net.hidden, self.planes * 4)
        self.register_buffer(
            "family_of_class", torch.tensor(config.family_of_class), persistent=False
        )
        self.refiner: Refiner | None = None
        if config.refiner:
            self.refiner = Refiner(len(config.classes), config.refiner.width)
        if not config.energy.levels:  # symbols are rare: start from "nothing here"
            nn.init.constant_(self.energy.bias, -4.0)  # type: ignore[arg-type]

    def forward(self, ink: Tensor) -> tuple[Tensor, Tensor]:
        features = self.pyramid(ink)
        energy = self.energy(features)
        return features, energy.unflatten(1, (self.planes, self.levels))

    def classify(self, vectors: Tensor, family: Tensor) -> Tensor:
        """Class logits (P, C) for feature vectors (P, D); classes of other families at -inf."""
        foreign = self.family_of_class[None, :] != family[:, None]
        logits: Tensor = self.classes(self.floats(vectors).float()).masked_fill(foreign, -torch.inf)
        return logits

    def locate(self, vectors: Tensor, family: Tensor) -> Tensor:
        """Boxes (P, 4) for feature vectors (P, D), relative to the pixel they belong to.

        dx, dy from the pixel's centre to the symbol's centre, and log width, log height; all in
        units of the interline.
        """
        boxes: Tensor = self.box(self.floats(vectors).float()).unflatten(1, (self.planes, 4))
        return boxes.gather(1, family[:, None, None].expand(-1, 1, 4))[:, 0]
