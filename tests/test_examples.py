"""The examples run, each as its own first lines say, on pages and models in miniature."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from test_training import make_page

from deepscores_tools.formats import coco, read_dataset
from omr import Detector
from omr.config import ModelConfig, NetworkConfig
from omr.model_store import load_model, save_model
from omr.network import WatershedNet

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
UNTESTED = {"make_page"}  # engraves and degrades, as test_engraving and test_degradation do


def main_of(name: str) -> Callable[[list[str]], None]:
    main: Callable[[list[str]], None] = runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"]
    return main


@pytest.fixture
def model(tmp_path: Path) -> str:
    torch.manual_seed(1)
    config = ModelConfig(
        name="tiny",
        families={"heads": ("notehead",), "rest": ("stem",)},
        network=NetworkConfig(widths=(16,) * 5, neck=16, features=16, hidden=8),
    )
    save_model(tmp_path / "tiny", WatershedNet(config), config)
    return str(tmp_path / "tiny")


@pytest.fixture
def truth(tmp_path: Path) -> str:
    coco.write([make_page(tmp_path, n) for n in range(2)], tmp_path / "truth")
    return str(tmp_path / "truth")


def test_each_example_is_tested() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    for file in EXAMPLES.glob("*.py"):
        assert file.stem in UNTESTED or f'main_of("{file.stem}")' in here, file.name


def test_detect_pdf(tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Image.open(str(make_page(tmp_path, 0).image)) as picture:
        picture.save(tmp_path / "a.pdf", resolution=300)
    main_of("detect_pdf")([str(tmp_path / "a.pdf"), "--model", model])
    assert capsys.readouterr().out.startswith("a-001.pdf: ")


def test_evaluate(truth: str, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    main_of("evaluate")([truth, "--model", model])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("mAP ")
    assert {line.split()[0] for line in lines[1:]} >= {"notehead", "stem"}


def test_train_own_pages(tmp_path: Path, truth: str, model: str) -> None:
    small = ["--steps", "2", "--batch", "2", "--crop", "128", "--workers", "0"]
    main_of("train_own_pages")(
        [truth, "--val", truth, "--model", model, *small, "-o", str(tmp_path / "run")]
    )
    assert load_model(tmp_path / "run/model")[1].classes == ("notehead", "stem")


def test_convert_dataset(tmp_path: Path, truth: str) -> None:
    main_of("convert_dataset")([truth, str(tmp_path / "out"), "--to", "yolo"])
    names = {s.name for page in read_dataset(tmp_path / "out") for s in page.symbols}
    assert names == {"notehead"}


def test_onnx_detect(tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from omr.onnx_export import export_onnx

    page = make_page(tmp_path, 0)
    export_onnx(model, tmp_path / "onnx")
    main_of("onnx_detect")([str(tmp_path / "onnx"), str(page.image)])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines].count("staff") == 2


def test_the_readme_in_three_lines(tmp_path: Path, model: str) -> None:
    page = Detector.load(model).detect(str(make_page(tmp_path, 0).image))
    assert [s.name for s in page.symbols].count("staff") == 2
    assert all(s.box.width > 0 and s.score is not None for s in page.symbols)


@pytest.mark.parametrize("name", ["detect_pdf", "evaluate", "convert_dataset"])
def test_what_is_not_there_costs_one_line(
    name: str, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing")
    further = [str(tmp_path / "out")] if name == "convert_dataset" else ["--model", model]
    with pytest.raises(SystemExit) as end:
        main_of(name)([missing, *further])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert missing in line
