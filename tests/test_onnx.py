"""Exported models compute what PyTorch does, and decode to the same detections without it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from numpy.typing import NDArray
from omr_cli.main import main
from scipy.optimize import linear_sum_assignment

from omr.config import DecodeConfig, EnergyConfig, ModelConfig, NetworkConfig, RefinerConfig
from omr.detector import Detector
from omr.model_store import load_model, save_model
from omr.network import WatershedNet

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FAMILIES = {"lines": ("stem", "beam"), "heads": ("noteheadBlack",)}


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("onnx_detect", EXAMPLES / "onnx_detect.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and the like look there
    spec.loader.exec_module(module)
    return module


def tiny(
    folder: Path,
    refiner: bool,
    levels: int = 0,
    ridges: tuple[str, ...] = (),
    views: tuple[float, ...] = (1.0,),
) -> Path:
    torch.manual_seed(4)
    config = ModelConfig(
        name="tiny",
        families=FAMILIES,
        network=NetworkConfig(widths=(16,) * 5, neck=16, features=16, hidden=8),
        energy=EnergyConfig(levels=levels, ridges=ridges),
        decode=DecodeConfig(views=views),
        refiner=RefinerConfig(width=16) if refiner else None,
        calibration=(1.5, 0.5),
    )
    net = WatershedNet(config)
    torch.nn.init.normal_(net.energy.weight, std=2.0)
    torch.nn.init.constant_(net.energy.bias, -1.0)
    save_model(folder, net, config)
    return folder


@pytest.fixture
def ink() -> NDArray[np.uint8]:
    noise = np.random.default_rng(0).integers(0, 255, (70, 110), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3) * 2


@pytest.mark.parametrize(
    ("refiner", "levels", "ridges", "views"),
    [
        (False, 0, (), (1.0,)),
        (True, 0, (), (1.0,)),
        (False, 4, (), (1.0,)),
        (False, 0, ("lines",), (1.0,)),
        (True, 0, (), (1.0, 0.85)),
    ],
    ids=["plain", "refiner", "levels", "ridges", "views"],
)
def test_the_exported_model_finds_the_same(
    tmp_path: Path,
    ink: NDArray[np.uint8],
    monkeypatch: pytest.MonkeyPatch,
    refiner: bool,
    levels: int,
    ridges: tuple[str, ...],
    views: tuple[float, ...],
) -> None:
    tiny(tmp_path / "tiny", refiner, levels, ridges, views)
    command = ["models", "export", str(tmp_path / "tiny"), "--onnx", str(tmp_path / "onnx")]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert float(result.output.split()[-1]) < 1e-3
    files = {file.name for file in (tmp_path / "onnx").iterdir()}
    assert files == {"net.onnx", "heads.onnx", "config.json"} | (
        {"refiner.onnx"} if refiner else set()
    )
    monkeypatch.setattr("omr.detector.fast_dtype", lambda _: torch.float32)
    found = Detector(*load_model(tmp_path / "tiny"), torch.device("cpu")).run(ink, 16.5)
    same = example().OnnxDetector(tmp_path / "onnx").run(ink, 16.5)
    assert len(same.labels) > 20
    apart = np.abs(same.boxes[:, None] - found.boxes).max(2)
    apart += same.labels[:, None] != found.labels
    assert apart.shape[0] == apart.shape[1]
    pairs, partner = linear_sum_assignment(apart)  # ranks may differ, as last digits of scores do
    assert apart[pairs, partner].max() < 1e-2
    np.testing.assert_allclose(same.scores, found.scores[partner], atol=1e-4)


def test_the_example_needs_no_pytorch() -> None:
    import subprocess

    code = (
        f"import sys; sys.path.insert(0, {str(EXAMPLES)!r}); import onnx_detect; "
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_folder_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    tiny(tmp_path / "tiny", refiner=False)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").touch()
    command = ["models", "export", str(tmp_path / "tiny"), "--onnx", str(tmp_path / "out")]
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["models", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_released_models_are_listed() -> None:
    lines = run("list").splitlines()
    assert [line.split()[0] for line in lines] == ["handwritten", "printed"]
    assert all(" MB " in line for line in lines)


def test_a_model_is_shown() -> None:
    text = run("show", "printed")
    assert "licence    Apache-2.0" in text
    assert "noteheadBlackOnLine" in text
    assert "README.md" in text
