"""The network on bytes: each of its parts, and the whole, beside what floats give."""

from __future__ import annotations

import copy
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from deepscores_tools.errors import InputError
from deepscores_tools.page_images import read_first_page
from omr.config import EnergyConfig, ModelConfig, NetworkConfig, RefinerConfig
from omr.detector import Detector
from omr.device import multiplies_bytes
from omr.eight_bits import Ranges, _ByteConv, _ByteModulation, _Bytes, in_eight_bits, observed
from omr.layers import Conv, Join, Modulation, Pointwise
from omr.matching import iou_table
from omr.model_store import load_model, save_model, write_config
from omr.network import WatershedNet
from omr.regions import SIZE

CPU = torch.device("cpu")
CONFIG = ModelConfig(
    name="small",
    families={"all": ("stem",)},
    network=NetworkConfig(widths=(16, 16, 24, 32, 32), neck=16, features=16, hidden=0),
    refiner=RefinerConfig(width=16),
)
in_bytes = pytest.mark.skipif(not multiplies_bytes(CPU), reason="a processor without VNNI")
values = st.floats(-1e3, 1e3, allow_subnormal=False)


def written(x: Tensor, how: _Bytes) -> Tensor:
    whole = (x / how.scale).round() + how.zero
    return whole.clamp(0, 255).to(torch.uint8).contiguous(memory_format=torch.channels_last)


def read(x: Tensor, how: _Bytes) -> Tensor:
    return (x.float() - how.zero) * how.scale


@given(values, values)
def test_bytes_hold_a_span_to_a_step_and_zero_exactly(a: float, b: float) -> None:
    how = _Bytes.of((min(a, b), max(a, b)))
    x = torch.tensor([a, b, 0.0], dtype=torch.float64)
    again = (written(x[None, None, None], how).double().flatten() - how.zero) * how.scale
    # A span that is moved to hold 0 exactly is moved by half a step at most.
    assert (again - x).abs().max() <= 1.001 * how.scale
    assert again[2] == 0


def noise(channels: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, channels, 16, 24, generator=generator)


ALONE = (Conv(16, 16), Conv(16, 16, relu=False), Conv(16, 16, kernel=1), Pointwise(16, 16))
CASES = [(module, added) for module in ALONE for added in (False, True)] + [(Join(16), True)]


@in_bytes
@pytest.mark.parametrize(("module", "added"), CASES)
def test_a_convolution_of_bytes_is_that_of_floats(module: nn.Module, added: bool) -> None:
    module = copy.deepcopy(module).eval()
    if isinstance(module, Conv):
        module[1] = nn.Identity()  # folded, as the detector does
    spans = [_Bytes.of((-3.0, 4.0)), _Bytes.of((-2.0, 3.0))][: 1 + added]
    maps = [written(noise(16, seed), how) for seed, how in enumerate(spans)]
    with torch.inference_mode():
        wanted: Tensor = module(*map(read, maps, spans))
        given = _Bytes.of((float(wanted.min()), float(wanted.max())))
        out = read(_ByteConv(module, spans, given, torch.uint8, (1, 16))(*maps), given)
    assert (out - wanted).abs().max() <= 0.6 * given.scale + 0.02  # rounded weights


@in_bytes
def test_a_modulation_of_bytes_is_that_of_floats() -> None:
    read_as = _Bytes.of((-3.0, 4.0))
    x = written(noise(16, 1), read_as)
    known = {"gain": noise(16, 2)[:, :, :1, :1], "shift": noise(16, 3)[:, :, :8, :12]}
    wanted = Modulation()(read(x, read_as), **known)
    given = _Bytes.of((float(wanted.min()), float(wanted.max())))
    out = read(_ByteModulation(read_as, given)(x, **known), given)
    assert (out - wanted).abs().max() <= 0.51 * given.scale


def small_net() -> tuple[WatershedNet, Tensor, Tensor]:
    """A network in floats, ink (1, 1, 128, 96) for it and cells (3, 1, SIZE, SIZE)."""
    torch.manual_seed(0)
    net = WatershedNet(CONFIG)
    ink, cells = (
        (torch.rand(shape) > 0.7).to(torch.uint8) * 255
        for shape in ((1, 1, 128, 96), (3, 1, SIZE, SIZE))
    )
    for _ in range(20):  # batch norms that fit what they are shown
        told(net, ink / 255, cells / 255)
    return Detector(net, CONFIG, CPU).net.float(), ink, cells


def told(net: WatershedNet, ink: Tensor, cells: Tensor) -> tuple[Tensor, ...]:
    """Features, energy and what the refiner tells."""
    assert net.refiner
    ink, cells = (x.contiguous(memory_format=torch.channels_last) for x in (ink, cells))
    features, energy = net(ink)
    label = torch.zeros(len(cells), dtype=torch.int64)
    return net.floats(features), energy, net.refiner(cells, label, torch.full((len(cells), 2), 0.5))


@in_bytes
def test_the_network_on_bytes_tells_nearly_the_same() -> None:
    net, ink, cells = small_net()
    ink //= 2  # paler than all ink, as which 255 is read nevertheless
    with torch.inference_mode():
        with observed(net) as ranges:
            wanted = told(net, ink / 255, cells / 255)
        in_eight_bits(net, ranges, torch.float32)
        outs, again = told(net, ink, cells), told(net, ink, cells)
    for out, same, right in zip(outs, again, wanted, strict=True):
        assert (out - right).norm() < 0.1 * right.norm()
        assert torch.equal(out, same)


BARE = {"refiner": None, "energy": EnergyConfig(levels=5)}


@in_bytes
@pytest.mark.parametrize("update", [{}, BARE], ids=["with a refiner", "bare, of levels"])
def test_a_detector_finds_in_bytes_what_it_finds_in_floats(
    update: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a page of several parts, which are no arrays of their own."""
    monkeypatch.setattr("omr.tiling.LARGEST", 128 * 128)
    monkeypatch.setattr("omr.tiling.CORE", 128)
    monkeypatch.setattr("omr.tiling.REACH", 32)
    config = CONFIG.model_copy(update={**update, "interline": 16.0})
    torch.manual_seed(2)
    net = WatershedNet(config)
    noise = np.random.default_rng(0).integers(0, 255, (256, 224), dtype=np.uint8)
    ink = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3) * 2, np.uint8)
    for _ in range(20):  # batch norms that fit what they are shown
        net(torch.from_numpy(ink)[None, None] / 255)
        if net.refiner:
            cells = torch.from_numpy(ink[:SIZE, :SIZE])[None, None].repeat(3, 1, 1, 1) / 255
            net.refiner(cells, torch.zeros(3, dtype=torch.int64), torch.zeros(3, 2))
    torch.nn.init.normal_(net.energy.weight, std=2.0)
    floats = Detector(copy.deepcopy(net), config, CPU)
    with observed(floats.net) as ranges:
        wanted = floats.run(ink, 16.0)
    assert ranges
    detector = Detector(net, config.model_copy(update={"map_ranges": ranges}), CPU)
    assert detector.in_bytes
    found = detector.run(ink, 16.0)
    assert len(wanted.boxes) > 200
    near = iou_table(wanted.boxes[:100], found.boxes).max(1) > 0.5  # the surest, of noise
    assert near.mean() > 0.8


def test_what_is_observed_covers_all_pages_and_leaves_the_network_as_it_was() -> None:
    net, ink, cells = small_net()
    ink, cells = ink / 255, cells / 255
    with torch.inference_mode():
        before = told(net, ink, cells)
        with observed(net) as one:
            told(net, ink, cells)
        with observed(net) as two:
            told(net, 1 - ink, 1 - cells)
            told(net, ink, cells)
        for x, y in zip(told(net, ink, cells), before, strict=True):
            assert torch.equal(x, y)
    assert one.keys() == two.keys()
    for name, spans in one.items():
        for (a, b), (c, d) in zip(spans, two[name], strict=True):
            assert c <= a <= b <= d
    hooks = [m._forward_hooks or m._forward_pre_hooks for m in net.modules()]
    assert not any(hooks)


def test_a_map_is_written_as_it_is_read() -> None:
    """What a module gives is what others read or add to: the same span, hence the same bytes."""
    net, ink, cells = small_net()
    with torch.inference_mode(), observed(net) as ranges:
        told(net, ink / 255, cells / 255)
    given = {spans[-1] for spans in ranges.values()}
    given |= {ranges[name][0] for name in ("pyramid.stem", "refiner.near.0")}
    for spans in ranges.values():
        assert set(spans[:-1]) <= given


def test_nothing_is_observed_over_a_refinenet() -> None:
    thesis = NetworkConfig(backbone="refinenet", features=16, hidden=0)
    net = WatershedNet(CONFIG.model_copy(update={"network": thesis})).eval()
    with torch.inference_mode(), observed(net) as ranges:
        told(net, torch.zeros(1, 1, 64, 64), torch.zeros(1, 1, SIZE, SIZE))
    assert not ranges


def test_nothing_is_observed_where_the_refiner_saw_no_box() -> None:
    net, ink, _ = small_net()
    with torch.inference_mode(), observed(net) as ranges:
        net(ink / 255)
    assert not ranges


TWO = ((0.0, 1.0), (0.0, 2.0))
WRONG: list[Ranges] = [
    {"head": TWO},
    {"pyramid.stem": ()},
    {"pyramid.stem": TWO * 2},
    {"pyramid.stages.0.0.second": TWO},
    {"refiner.modulated": TWO[:1]},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_ranges_of_another_network_are_refused(tmp_path: Path, wrong: Ranges) -> None:
    net, ink, cells = small_net()
    with torch.inference_mode(), observed(net) as ranges:
        told(net, ink / 255, cells / 255)
    save_model(tmp_path, WatershedNet(CONFIG), CONFIG.model_copy(update={"map_ranges": ranges}))
    load_model(tmp_path)
    for changed in (wrong, ranges | wrong):
        write_config(tmp_path, CONFIG.model_copy(update={"map_ranges": changed}))
        with pytest.raises(InputError, match="map_ranges are not of this network"):
            load_model(tmp_path)


@pytest.mark.parametrize("end", ["Infinity", "NaN", "-1.0", "1e309"])
def test_ranges_without_bounds_are_refused(tmp_path: Path, end: str) -> None:
    save_model(
        tmp_path,
        WatershedNet(CONFIG),
        CONFIG.model_copy(update={"map_ranges": {"pyramid.stem": TWO}}),
    )
    file = tmp_path / "config.json"
    file.write_text(file.read_text().replace("2.0", end))
    with pytest.raises(InputError, match="not a model's configuration"):
        load_model(tmp_path)


@in_bytes
def test_a_released_model_finds_the_same_in_bytes_and_in_floats() -> None:
    net, config = load_model("printed")
    assert config.map_ranges
    floats = Detector(copy.deepcopy(net), config.model_copy(update={"map_ranges": {}}), CPU)
    page = read_first_page(Path(__file__).parent.parent / "examples" / "page.png").gray[:1200]
    wanted, found = (d.detect(page).symbols for d in (floats, Detector(net, config, CPU)))
    same = np.array([[s.name == t.name for t in found] for s in wanted])
    near = iou_table(*(np.array([s.box for s in symbols]) for symbols in (wanted, found))) > 0.8
    assert (same & near).any(1).mean() > 0.99
    assert len(wanted) > 50
    assert abs(len(wanted) - len(found)) <= 2
