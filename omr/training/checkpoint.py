"""Training state on disk: safetensors, written whole or not at all, resumed exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from deepscores_tools.errors import InputError, reason
from deepscores_tools.whole_file import write_whole


def save_checkpoint(
    file: Path,
    modules: Mapping[str, nn.Module],
    optimiser: torch.optim.Optimizer,
    facts: dict[str, Any],
) -> None:
    """Weights of modules by name, optimiser state, facts (step, best, recipe) as metadata.

    Raises InputError where it cannot be written, as on a full disk.
    """
    tensors: dict[str, Tensor] = {}
    for prefix, module in modules.items():
        tensors |= {f"{prefix}.{k}": v for k, v in module.state_dict().items()}
    for row, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{row}.{k}": torch.as_tensor(v) for k, v in state.items()}
    # safetensors takes neither shared memory nor rows of another order than their shape's.
    rows = {k: v.clone(memory_format=torch.contiguous_format) for k, v in tensors.items()}
    write_whole(file, save(rows, {"facts": json.dumps(facts)}))


def read_facts(file: Path) -> dict[str, Any]:
    """The facts of a checkpoint, without its weights. Raises InputError if it is damaged."""
    try:
        with safe_open(file, framework="pt") as stored:
            facts: dict[str, Any] = json.loads(stored.metadata()["facts"])
    except (OSError, SafetensorError, TypeError, KeyError, ValueError) as error:
        raise _unusable(file, error) from error
    return facts


def load_checkpoint(
    file: Path, modules: Mapping[str, nn.Module], optimiser: torch.optim.Optimizer
) -> None:
    """Restore the weights and the optimiser's state. Raises InputError where they do not fit."""
    try:
        tensors = load_file(file)
        for name, module in modules.items():
            prefix = f"{name}."
            module.load_state_dict(
                {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            )
    except (OSError, SafetensorError, RuntimeError) as error:
        raise _unusable(file, error) from error
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("optimiser."):
            _, row, name = key.split(".", 2)
            state.setdefault(int(row), {})[name] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def _unusable(file: Path, error: Exception) -> InputError:
    return InputError(file, f"cannot be resumed from ({reason(error)}); remove it to start anew")
