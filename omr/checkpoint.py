"""Training state on disk: safetensors, written whole or not at all, resumed exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from deepscores_tools.errors import InputError


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
        tensors |= {
            f"{prefix}.{k}": v.detach().contiguous() for k, v in module.state_dict().items()
        }
    for row, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{row}.{k}": torch.as_tensor(v) for k, v in state.items()}
    part = file.with_suffix(".part")
    rows = {k: v.clone(memory_format=torch.contiguous_format) for k, v in tensors.items()}
    try:
        save_file(rows, part, {"facts": json.dumps(facts)})
        part.replace(file)
    except (OSError, SafetensorError) as error:
        part.unlink(missing_ok=True)  # a full disk has no room for half a checkpoint
        raise InputError(file, f"cannot be written ({error}); the one before is kept") from error


def load_checkpoint(
    file: Path, modules: Mapping[str, nn.Module], optimiser: torch.optim.Optimizer
) -> dict[str, Any]:
    """Restore what `save_checkpoint` wrote; returns the facts. Raises InputError if damaged."""
    try:
        with safe_open(file, framework="pt") as stored:
            facts: dict[str, Any] = json.loads(stored.metadata()["facts"])
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        for name, module in modules.items():
            prefix = f"{name}."
            module.load_state_dict(
                {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            )
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0][:120]
        raise InputError(
            file, f"cannot be resumed from ({reason}); remove it to start anew"
        ) from error
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("optimiser."):
            _, row, name = key.split(".", 2)
            state.setdefault(int(row), {})[name] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    return facts
