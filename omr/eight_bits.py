"""The pyramid on maps of bytes: what a processor multiplies twice as fast as bfloat16.

A value v is kept as the byte round(v / scale) + zero (Jacob et al. 2018, section 2.1). The scales
are those of what each convolution was seen to read and to give on validation pages
(`ModelConfig.map_ranges`), those of the weights are one a channel. Sums and ReLU are done by the
convolution that comes before them, so that no map is written but as bytes. Only the last map,
the features, is of floats again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from .config import MULTIPLE, Span, hull
from .layers import Conv, Join, Pointwise

Ranges = dict[str, tuple[Span, ...]]  # module: the maps that it reads, and the one that it gives
_FIRST, _LAST = "stem", "fine"
_INK: Span = (0.0, 1.0)  # given as bytes, so that 255 is all ink


@contextmanager
def observed(pyramid: nn.Module) -> Iterator[Ranges]:
    """The ranges of all maps that the pyramid makes in this context; none for a RefineNet."""
    ranges: Ranges = {}
    reading: dict[str, list[Span]] = {}

    def before(name: str, _: nn.Module, maps: tuple[Tensor, ...], named: dict[str, Tensor]) -> None:
        # Before the module runs, which may add to one of them in place.
        reading[name] = [_span(x) for x in (*maps, *named.values())]

    def after(name: str, _: nn.Module, maps: tuple[Tensor, ...], given: Tensor) -> None:
        spans = (*reading.pop(name), _span(given))
        ranges[name] = tuple(map(hull, ranges.get(name, spans), spans))

    handles = []
    for name, module in _convolutions(pyramid).items():
        handles.append(module.register_forward_pre_hook(partial(before, name), with_kwargs=True))
        handles.append(module.register_forward_hook(partial(after, name)))
    try:
        yield ranges
    finally:
        for handle in handles:
            handle.remove()


def _span(x: Tensor) -> Span:
    least, greatest = torch.aminmax(x)
    return float(least), float(greatest)


def _convolutions(pyramid: nn.Module) -> dict[str, nn.Module]:
    """What computes in bytes, by name."""
    kinds = Conv, Pointwise, Join
    return {name: module for name, module in pyramid.named_modules() if isinstance(module, kinds)}


def ranges_fit(pyramid: nn.Module, ranges: Ranges) -> bool:
    """Whether these are ranges of all maps that this pyramid makes."""
    with torch.inference_mode(), observed(pyramid) as own:
        pyramid(torch.zeros(1, 1, MULTIPLE, MULTIPLE))
    own_counts, counts = (
        {name: len(spans) for name, spans in each.items()} for each in (own, ranges)
    )
    return own_counts == counts


def in_eight_bits(pyramid: nn.Module, ranges: Ranges, dtype: torch.dtype) -> None:
    """Let the pyramid, whose batch norms are folded, take ink as bytes and compute in bytes.

    dtype: of the features.
    """
    for name, spans in ranges.items():
        module = pyramid.get_submodule(name)
        *read, given = (_Bytes.of(span) for span in spans)
        if name == _FIRST:
            read = [_Bytes.of(_INK)]
        kind = dtype if name == _LAST else torch.uint8
        pyramid.set_submodule(name, _ByteConv(module, read, given, kind))


@dataclass(frozen=True)
class _Bytes:
    """How a map is written in bytes: 0 to 255 are (byte - zero) * scale."""

    scale: float
    zero: int

    @classmethod
    def of(cls, span: Span) -> _Bytes:
        """Bytes for a map of these values and of 0, which stands beyond its borders."""
        least, greatest = min(span[0], 0.0), max(span[1], 0.0)
        scale = (greatest - least) / 255 or 1.0
        return cls(scale, round(-least / scale))


class _ByteConv(nn.Module):
    """A `Conv`, `Pointwise` or `Join` on bytes.

    read: the map that it convolves and, where there is one, that which it adds the result to,
    and writes it over. given: what comes out, where `dtype` is uint8; values come as they are else.
    """

    def __init__(
        self, module: nn.Module, read: list[_Bytes], given: _Bytes, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.read, self.onto = read[0], read[-1]
        self.given = given if dtype == torch.uint8 else _Bytes(1.0, 0)
        self.dtype = dtype
        self.relu = "relu" if isinstance(module, Conv) and module.relu else "none"
        conv = _as_convolution(module)
        weight = conv.weight.detach().float()
        self.scales = weight.abs().amax((1, 2, 3)).clamp_min(1e-12) / 127
        self.zeros = torch.zeros(len(weight), dtype=torch.int64)
        self.bias = None if conv.bias is None else conv.bias.detach().float()
        self.geometry = [list(pair) for pair in (conv.stride, conv.padding, conv.dilation)]
        whole = (weight / self.scales[:, None, None, None]).round().to(torch.int8)
        self.weight = torch.ops.onednn.qconv_prepack(
            whole, self.scales, self.read.scale, self.read.zero, *self.geometry, 1, None
        )

    def forward(self, x: Tensor, onto: Tensor | None = None) -> Tensor:
        convolve = torch.ops.onednn.qconv2d_pointwise
        what = (x, self.read.scale, self.read.zero, self.weight, self.scales, self.zeros)
        how = (self.bias, *self.geometry, 1, self.given.scale, self.given.zero, self.dtype)
        if onto is None:
            return cast(Tensor, convolve(*what, *how, self.relu, [], ""))
        added = (self.onto.scale, self.onto.zero, "sum", 1.0)
        return cast(Tensor, convolve.binary(*what, onto, *how, *added, self.relu, [], ""))


def _as_convolution(module: nn.Module) -> nn.Conv2d:
    """The convolution that a module is; a join's takes each channel as it is."""
    if isinstance(module, Conv):
        return cast(nn.Conv2d, module[0])
    if isinstance(module, Join):
        same = nn.Conv2d(module.channels, module.channels, 1, bias=False)
        nn.init.dirac_(same.weight)
        return same
    return cast(nn.Conv2d, module)
