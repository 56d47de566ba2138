"""Model folders: `model.safetensors`, `config.json`, `README.md`. Never a pickle.

Released models lie in `omr/models` of the wheel, or in `models/` beside the checkout. PyTorch,
which takes seconds to import, is imported for weights alone, not for what is told of a model.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version
from pydantic import BaseModel, ValidationError

from deepscores_tools.errors import InputError, reason
from deepscores_tools.package_version import package_version
from deepscores_tools.whole_file import write_whole

from .config import ModelConfig

if TYPE_CHECKING:
    from .network import WatershedNet

_HERE = Path(__file__).resolve().parent
RELEASED = (_HERE / "models", _HERE.parent / "models")
CARD_AND_LICENCE = ("README.md", "LICENSE.txt")


def model_names() -> list[str]:
    """Names of the released models at hand."""
    return sorted({f.parent.name for root in RELEASED for f in root.glob("*/config.json")})


def model_folder(model: str | Path) -> Path:
    """The folder of a released model's name, or of a path: `./printed` is no name.

    Raises InputError if there is none.
    """
    is_name = str(model) == Path(model).name
    for folder in (*(root / model for root in RELEASED if is_name), Path(model)):
        if (folder / "config.json").is_file():
            return folder
    known = ", ".join(model_names()) or "none"
    raise InputError(str(model), f"no such model; released: {known}; or name a model folder")


def copy_with_card(model: str | Path, name: str, folder: Path) -> None:
    """Copy a file of a model into a folder, and the model's card and licence, as far as there."""
    source = model_folder(model)
    for part in (name, *CARD_AND_LICENCE):
        if (source / part).is_file():
            shutil.copyfile(source / part, folder / part)


class _Needs(BaseModel):
    """What any release can read of a later one's configuration, which may have further keys."""

    minimum_version: str = "0"


def read_config(folder: Path) -> ModelConfig:
    """The model's configuration. Raises InputError where it is damaged or asks for later code."""
    file = folder / "config.json"
    try:
        text = file.read_text(encoding="utf-8")
        _require_version(_Needs.model_validate_json(text).minimum_version, file)
        return ModelConfig.model_validate_json(text)
    except (OSError, ValueError) as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else reason(error)
        raise InputError(file, f"is not a model's configuration: {why}") from error


def _require_version(needed: str, file: Path) -> None:
    """A model may need newer code than this."""
    installed = package_version()
    if installed is not None and Version(installed) < Version(needed):
        raise InputError(file, f"needs version {needed} or newer, here is {installed}; upgrade")


def load_model(model: str | Path) -> tuple[WatershedNet, ModelConfig]:
    """A network with its weights (fp32, eval mode) and its configuration. Raises InputError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from .eight_bits import ranges_fit
    from .network import WatershedNet

    folder = model_folder(model)
    config = read_config(folder)
    net = WatershedNet(config)
    file = folder / "model.safetensors"
    _refuse_stand_ins(file)
    try:
        weights = load_file(file)
        state = {name: value.float() for name, value in weights.items()}
        for name, value in net.state_dict().items():
            if name.endswith("num_batches_tracked"):
                state.setdefault(name, value)
        net.load_state_dict(state)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(
            file, f"weights cannot be used ({reason(error)}); fetch the model anew"
        ) from error
    net.eval()
    if config.map_ranges and not ranges_fit(net, config.map_ranges):
        raise InputError(
            folder / "config.json",
            "its map_ranges are not of this network's maps; take them out, and fit them anew"
            " (omr models calibrate)",
        )
    return net, config


def _refuse_stand_ins(file: Path) -> None:
    """Say it plainly where weights are not what their name says."""
    try:
        with file.open("rb") as opened:
            head = opened.read(64)
    except OSError:
        return  # told of by who reads it
    if head.startswith(b"version https://git-lfs"):
        raise InputError(file, "weights cannot be used: a git-LFS pointer; run `git lfs pull`")
    if head.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")):
        raise InputError(
            file, "weights cannot be used: a pickle, which may run code; save it as safetensors"
        )


def model_thresholds(model: str) -> dict[str, float]:
    """A model's score thresholds per class: a released model's name or a folder. InputError."""
    config = read_config(model_folder(model))
    names = config.all_classes
    return {name: config.threshold(name) for name in names}


def save_model(folder: Path, net: WatershedNet, config: ModelConfig) -> None:
    """Write weights (fp16, batch-norm rows fp32) and configuration, each whole or not at all.

    Raises InputError where they cannot be written.
    """
    import torch
    from safetensors.torch import save

    weights = {}
    for name, value in net.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue  # not needed to run the network
        keep = value.ndim <= 1  # biases and batch-norm rows: fp16 turns small variances into 0
        weights[name] = (
            value.detach().cpu().to(torch.float32 if keep else torch.float16).contiguous()
        )
    write_whole(folder / "model.safetensors", save(weights))
    write_config(folder, config)


def write_config(folder: Path, config: ModelConfig) -> None:
    """Write `config.json`, whole or not at all. Raises InputError where it cannot be."""
    text = json.dumps(config.model_dump(mode="json"), indent=1) + "\n"
    write_whole(folder / "config.json", text)


def model_hash(folder: Path) -> str:
    """SHA-256 of weights and configuration, for the record of a run. Raises InputError."""
    digest = hashlib.sha256()
    for name in ("config.json", "model.safetensors"):
        try:
            digest.update((folder / name).read_bytes())
        except OSError as error:
            problem = f"cannot be read ({reason(error)}); fetch the model anew"
            raise InputError(folder / name, problem) from error
    return digest.hexdigest()
