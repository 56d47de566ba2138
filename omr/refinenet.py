"""The thesis's backbone: ResNet-101 (He et al. 2016) below RefineNet (Lin et al. 2017).

The same part of the network as `Pyramid`, many times its cost. RefineNet goes from the coarsest
map of the ResNet to the finest: at each stride residual units, fusion with what came from below,
chained pooling, a residual unit. Its units have no batch norms. Letters as in network.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .config import NetworkConfig

WIDTHS = (256, 512, 1024, 2048)  # channels of ResNet-101's maps at strides 4, 8, 16, 32


class RefineNet(nn.Module):
    """Ink (N, 1, H, W) to features (N, D, h, w); doubled from stride 4 to the output's stride.

    `levels` gives the ResNet's maps at strides 4 to 32; `deepest`: channels of the last.
    """

    deepest = WIDTHS[-1]

    def __init__(self, config: NetworkConfig) -> None:
        from torchvision.models import resnet101  # a second, which no other model need wait

        super().__init__()
        self.resnet = resnet101(weights=None)
        self.resnet.conv1 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
        del self.resnet.fc
        outputs = [config.features] * 3 + [2 * config.features]
        from_below = [*outputs[1:], 0]
        self.blocks = nn.ModuleList(
            RefineBlock(*widths) for widths in zip(WIDTHS, from_below, outputs, strict=True)
        )
        self.last = nn.Sequential(*[ResidualUnit(config.features) for _ in range(2)])

    def levels(self, ink: Tensor) -> list[Tensor]:
        r = self.resnet
        x = r.maxpool(r.relu(r.bn1(r.conv1(ink))))
        levels = []
        for stage in (r.layer1, r.layer2, r.layer3, r.layer4):
            x = stage(x)
            levels.append(x)
        return levels

    def forward(self, ink: Tensor) -> Tensor:
        x = None
        for block, level in zip(reversed(self.blocks), reversed(self.levels(ink)), strict=True):
            x = block(level, x)
        features: Tensor = _doubled(self.last(x))
        return features


class RefineBlock(nn.Module):
    """One stride: the ResNet's map (N, inputs, h, w) and the refined one below, half as large."""

    def __init__(self, inputs: int, below: int, outputs: int) -> None:
        super().__init__()
        self.adapt = nn.Sequential(
            _conv(inputs, outputs), ResidualUnit(outputs), ResidualUnit(outputs)
        )
        self.fuse = nn.ModuleList()
        if below:
            self.below = nn.Sequential(ResidualUnit(below), ResidualUnit(below))
            self.fuse = nn.ModuleList([_conv(outputs, outputs), _conv(below, outputs)])
        self.pooled = nn.ModuleList([_conv(outputs, outputs) for _ in range(2)])
        self.unit = ResidualUnit(outputs)

    def forward(self, level: Tensor, below: Tensor | None) -> Tensor:
        x = self.adapt(level)
        if below is not None:
            own, lower = self.fuse
            x = own(x) + _doubled(lower(self.below(below)))
        x = part = torch.relu(x)
        for conv in self.pooled:  # chained residual pooling: each pool sees the one before
            part = conv(functional.max_pool2d(part, 5, stride=1, padding=2))
            x = x + part
        refined: Tensor = self.unit(x)
        return refined


class ResidualUnit(nn.Module):
    """Two times ReLU and 3x3 convolution, around a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(nn.ReLU(), _conv(width, width), nn.ReLU(), _conv(width, width))

    def forward(self, x: Tensor) -> Tensor:
        summed: Tensor = x + self.convs(x)
        return summed


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
