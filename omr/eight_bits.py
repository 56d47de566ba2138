"""The network on maps of bytes: what a processor multiplies twice as fast as bfloat16.

A value v is kept as the byte round(v / scale) + zero (Jacob et al. 2018, section 2.1). The scales
are those of what each convolution was seen to read and to give on validation pages
(`ModelConfig.map_ranges`), those of the weights are one a channel. Sums and ReLU are done by the
convolution that comes before them, so that no map is written but as bytes. Only the energy and the
refiner's last map are of floats again. Heads compute in floats, from bytes that `Floats` reads.
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
from .layers import Conv, Join, Modulation, Pointwise, double
from .network import Pyramid, WatershedNet
from .refiner import AT_ONCE
from .regions import SIZE

Ranges = dict[str, tuple[Span, ...]]  # module: the maps that it reads, and the one that it gives
_READ_INK = "pyramid.stem", "refiner.near.0"
_GIVE_FLOATS = "energy", "refiner.fine"
_FLOATS_OF = {"floats": "pyramid.fine", "refiner.floats": "refiner.deep.second"}  # what gives them
_INK: Span = (0.0, 1.0)  # given as bytes, so that 255 is all ink
# oneDNN lays weights out for maps of one batch and side; untold, at each call anew for some widths.
_LAID_OUT_FOR = {"pyramid": (1, 64), "energy": (1, 64), "refiner": (AT_ONCE, SIZE // 8)}


@contextmanager
def observed(net: WatershedNet) -> Iterator[Ranges]:
    """The ranges of all maps that the network makes in this context, complete when it ends.

    None unless every module ran (a refiner may see no box), and none for a RefineNet.
    """
    ranges: Ranges = {}
    reading: dict[str, list[Span]] = {}

    def before(name: str, _: nn.Module, maps: tuple[Tensor, ...], named: dict[str, Tensor]) -> None:
        # Before the module runs, which may add to one of them in place. Other arguments that are
        # named (a modulation's gain and shift) stay floats.
        reading[name] = [_span(x) for x in (*maps, named.get("onto")) if x is not None]

    def after(name: str, _: nn.Module, maps: tuple[Tensor, ...], given: Tensor) -> None:
        spans = (*reading.pop(name), _span(given))
        ranges[name] = tuple(map(hull, ranges.get(name, spans), spans))

    handles = []
    modules = _made_bytes(net)
    for name, module in modules.items():
        handles.append(module.register_forward_pre_hook(partial(before, name), with_kwargs=True))
        handles.append(module.register_forward_hook(partial(after, name)))
    try:
        yield ranges
    finally:
        for handle in handles:
            handle.remove()
        if ranges.keys() != modules.keys():
            ranges.clear()


def _span(x: Tensor) -> Span:
    least, greatest = torch.aminmax(x)
    return float(least), float(greatest)


def _made_bytes(net: WatershedNet) -> dict[str, nn.Module]:
    """What can compute in bytes, by name."""
    kinds = Conv, Pointwise, Join, Modulation
    if not isinstance(net.pyramid, Pyramid):
        return {}
    return {name: module for name, module in net.named_modules() if isinstance(module, kinds)}


def ranges_fit(net: WatershedNet, ranges: Ranges) -> bool:
    """Whether these are ranges of all maps that this network makes."""
    with torch.inference_mode(), observed(net) as own:
        net(torch.zeros(1, 1, MULTIPLE, MULTIPLE))
        if net.refiner:
            label = torch.zeros(1, dtype=torch.int64)
            net.refiner(torch.zeros(1, 1, SIZE, SIZE), label, torch.zeros(1, 2))
    own_counts, counts = (
        {name: len(spans) for name, spans in each.items()} for each in (own, ranges)
    )
    return own_counts == counts


def in_eight_bits(net: WatershedNet, ranges: Ranges, dtype: torch.dtype) -> None:
    """Let the network, whose batch norms are folded, take ink as bytes and compute in bytes.

    dtype: of what it gives.
    """
    for name, spans in ranges.items():
        module = net.get_submodule(name)
        *read, given = (_Bytes.of(span) for span in spans)
        if name in _READ_INK:
            read = [_Bytes.of(_INK)]
        kind = dtype if name in _GIVE_FLOATS else torch.uint8
        in_bytes: nn.Module
        if isinstance(module, Modulation):
            in_bytes = _ByteModulation(read[0], given)
        else:
            typical = _LAID_OUT_FOR[name.split(".")[0]]
            in_bytes = _ByteConv(module, read, given, kind, typical)
        net.set_submodule(name, in_bytes)
    for name, source in _FLOATS_OF.items():
        if source in ranges:
            kind = torch.float32 if name == "floats" else dtype  # as those compute who read them
            net.set_submodule(name, _FromBytes(_Bytes.of(ranges[source][-1]), kind))


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
    typical: batch and side of the maps that it is quick with.
    """

    def __init__(
        self,
        module: nn.Module,
        read: list[_Bytes],
        given: _Bytes,
        dtype: torch.dtype,
        typical: tuple[int, int],
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
        batch, side = typical
        self.weight = torch.ops.onednn.qconv_prepack(
            whole, self.scales, self.read.scale, self.read.zero, *self.geometry, 1,
            [batch, conv.in_channels, side, side],
        )  # fmt: skip

    def forward(self, x: Tensor, onto: Tensor | None = None) -> Tensor:
        convolve = torch.ops.onednn.qconv2d_pointwise
        what = (x, self.read.scale, self.read.zero, self.weight, self.scales, self.zeros)
        how = (self.bias, *self.geometry, 1, self.given.scale, self.given.zero, self.dtype)
        if onto is None:
            return cast(Tensor, convolve(*what, *how, self.relu, [], ""))
        added = (self.onto.scale, self.onto.zero, "sum", 1.0)
        return cast(Tensor, convolve.binary(*what, onto, *how, *added, self.relu, [], ""))


class _ByteModulation(nn.Module):
    """A `Modulation` of a map of bytes into one of bytes."""

    def __init__(self, read: _Bytes, given: _Bytes) -> None:
        super().__init__()
        self.read, self.given = read, given

    def forward(self, x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
        steps = gain.float() * (self.read.scale / self.given.scale)
        start = shift.float() / self.given.scale - steps * self.read.zero + self.given.zero
        values = torch.addcmul(double(start), x, steps)
        return values.round_().clamp_(0, 255).to(torch.uint8)


class _FromBytes(nn.Module):
    """Values of a map of bytes, or of vectors taken from one."""

    def __init__(self, read: _Bytes, dtype: torch.dtype) -> None:
        super().__init__()
        self.read, self.dtype = read, dtype

    def forward(self, x: Tensor) -> Tensor:
        return (x.float() - self.read.zero).mul_(self.read.scale).to(self.dtype)


def _as_convolution(module: nn.Module) -> nn.Conv2d:
    """The convolution that a module is; a join's takes each channel as it is."""
    if isinstance(module, Conv):
        return cast(nn.Conv2d, module[0])
    if isinstance(module, Join):
        same = nn.Conv2d(module.channels, module.channels, 1, bias=False)
        nn.init.dirac_(same.weight)
        return same
    return cast(nn.Conv2d, module)
