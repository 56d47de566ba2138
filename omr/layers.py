"""The building blocks of the pyramid and the refiner."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Conv(nn.Sequential):
    """Convolution without bias, batch normalisation and, where `relu`, ReLU."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, relu: bool = True
    ) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.relu = relu

    def forward(self, x: Tensor, onto: Tensor | None = None) -> Tensor:
        """onto: a map to add to what comes out, before the ReLU."""
        out: Tensor = super().forward(x)  # type: ignore[no-untyped-call]
        if onto is not None:
            out += onto  # in place: a new map costs more than the sum
        return functional.relu(out, inplace=True) if self.relu else out


class Pointwise(nn.Conv2d):
    """Convolution of single pixels, with bias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 1)

    def forward(self, x: Tensor, onto: Tensor | None = None) -> Tensor:
        """onto: a map to add to what comes out."""
        out = super().forward(x)
        if onto is not None:
            out += onto
        return out


class Join(nn.Module):
    """One map added to another of its shape, which the sum takes the place of."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor, onto: Tensor) -> Tensor:
        onto += x
        return onto


class Modulation(nn.Module):
    """Maps whose channels are scaled and shifted by what else is known (Perez et al. 2018)."""

    def forward(self, x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
        """x (N, D, h, w); gain (N, D, 1, 1); shift (N, D, h / 2, w / 2), each for four pixels."""
        return x * gain + double(shift)


class Floats(nn.Module):
    """A map, or vectors taken from one, as they are; as floats where maps are bytes."""

    def forward(self, x: Tensor) -> Tensor:
        return x


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016, basic block)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.first = Conv(inputs, outputs, stride=stride)
        self.second = Conv(outputs, outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = Conv(inputs, outputs, kernel=1, stride=stride, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(self.first(x), onto=self.shortcut(x))
        return out


def taken(ink: Tensor, dtype: torch.dtype, in_bytes: bool) -> Tensor:
    """Ink as bytes (N, 1, h, w) as a network takes it: as it is, or in 0..1 of this dtype."""
    ink = ink if in_bytes else ink.to(dtype) / 255
    return ink.contiguous(memory_format=torch.channels_last)


def double(x: Tensor) -> Tensor:
    """Maps (N, D, h, w) to twice their height and width, by repetition."""
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
