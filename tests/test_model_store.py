"""Model folders: what is damaged or too new is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepscores_tools.errors import InputError
from omr.config import ModelConfig, NetworkConfig
from omr.model_store import load_model, model_folder, model_names, read_config, save_model
from omr.network import WatershedNet

TINY = ModelConfig(
    name="tiny",
    families={"all": ("stem",)},
    network=NetworkConfig(widths=(16,) * 5, neck=16, features=16, hidden=0),
)


def test_a_saved_model_comes_back(tmp_path: Path) -> None:
    save_model(tmp_path, WatershedNet(TINY), TINY)
    net, config = load_model(tmp_path)
    assert config == TINY
    assert not net.training


def test_a_model_for_newer_code_is_refused(tmp_path: Path) -> None:
    config = TINY.model_copy(update={"minimum_version": "99.0"})
    save_model(tmp_path, WatershedNet(config), config)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"of_the_future": 1}))
    with pytest.raises(InputError, match=r"needs version 99\.0"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", ""),
        (b"\x80\x04pickle", "a pickle"),
        (b"PK\x03\x04 as torch.save zips them", "a pickle"),
        (b"version https://git-lfs.github.com", "git lfs pull"),
        (b"\xff" * 100, ""),
    ],
)
def test_weights_that_are_none_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    save_model(tmp_path, WatershedNet(TINY), TINY)
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="weights cannot be used") as caught:
        load_model(tmp_path)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_torn_or_foreign_weights_are_refused(tmp_path: Path) -> None:
    save_model(tmp_path, WatershedNet(TINY), TINY)
    whole = (tmp_path / "model.safetensors").read_bytes()
    for content in (whole[:-100], whole[: len(whole) // 2], whole[:20], whole + b"more"):
        (tmp_path / "model.safetensors").write_bytes(content)
        with pytest.raises(InputError, match="weights cannot be used"):
            load_model(tmp_path)
    save_model(
        tmp_path, WatershedNet(TINY), TINY.model_copy(update={"families": {"a": ("b", "c")}})
    )
    with pytest.raises(InputError, match="weights cannot be used"):
        load_model(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(InputError, match="weights cannot be used"):
        load_model(tmp_path)


@pytest.mark.parametrize("name", ["printed", "handwritten"])
def test_released_models_load(name: str) -> None:
    assert name in model_names()
    _, config = load_model(name)
    assert config.name == name
    assert set(config.thresholds) == set(config.classes)


def test_a_damaged_configuration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="not a model's configuration"):
        read_config(tmp_path)


def test_a_path_is_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_model(tmp_path / "printed", WatershedNet(TINY), TINY)
    monkeypatch.chdir(tmp_path)
    for path in ("./printed", str(tmp_path / "printed")):
        assert read_config(model_folder(path)) == TINY
    assert read_config(model_folder("printed")) != TINY
