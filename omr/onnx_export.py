"""A model as ONNX: three graphs, beside its configuration, for runtimes without PyTorch.

`net.onnx`      ink (1, 1, H, W) in 0..1, H and W multiples of 32, to features (1, D, h, w) and
                energy (F, h, w) in 0..1; h = H / 2, w = W / 2
`heads.onnx`    vectors (P, D) and family (P,) to probability (P, C) and box (P, 4)
`refiner.onnx`  cells (M, 1, 48, 48) in 0..1, label (M,) and extent (M, 2) to places (M, 4) in
                cells; only where the model has a refiner

The heads are apart because they are read at few of the map's pixels (network.py); letters and
units are those of network.py and refiner.py. `examples/onnx_detect.py` decodes them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from deepscores_tools.errors import InputError
from deepscores_tools.whole_folder import whole_folder

from .config import MULTIPLE, ModelConfig
from .model_store import copy_with_card, load_model
from .network import WatershedNet
from .refiner import Refiner, places
from .regions import SIZE
from .watershed import energy_map

OPSET = 17
TOLERANCE = 1e-3  # of what PyTorch computes, relative where that is above 1

Arrays = Sequence[NDArray[Any]]


class _Maps(nn.Module):
    def __init__(self, net: WatershedNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, ink: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = self.net(ink)
        return features, energy_map(logits[0])


class _Heads(nn.Module):
    def __init__(self, net: WatershedNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, vectors: Tensor, family: Tensor) -> tuple[Tensor, Tensor]:
        probability = self.net.classify(vectors, family).softmax(1)
        return probability, self.net.locate(vectors, family)


class _Places(nn.Module):
    def __init__(self, refiner: Refiner) -> None:
        super().__init__()
        self.refiner = refiner

    def forward(self, cells: Tensor, label: Tensor, extent: Tensor) -> Tensor:
        return places(self.refiner(cells, label, extent))


def export_onnx(model: str | Path, out: Path) -> float:
    """Write a model's graphs into the new folder `out`, with its configuration and card.

    Each graph is run by ONNX Runtime on inputs of another size than it was traced with; returns
    the largest difference to PyTorch. Raises InputError where that exceeds TOLERANCE, for a
    model that cannot be loaded, and where the packages of the extra `onnx` are missing.
    """
    _require_packages()
    net, config = load_model(model)
    differences = []
    with whole_folder(out) as folder, torch.inference_mode():
        for name, (module, inputs, outputs) in _graphs(net).items():
            file = folder / name
            traced, other = _examples(inputs, config, 1), _examples(inputs, config, 2)
            _export(module, traced, file, inputs, outputs)
            differences.append(_difference(module, other, file, list(inputs)))
        largest = _largest(differences)
        if not largest <= TOLERANCE:  # a NaN is not
            raise InputError(str(model), f"ONNX Runtime computes it otherwise, by {largest:.2g}")
        copy_with_card(model, "config.json", folder)
    return largest


Axes = Mapping[str, dict[int, str]]


def _graphs(net: WatershedNet) -> dict[str, tuple[nn.Module, Axes, Axes]]:
    """File name -> module, and the axes of its inputs and outputs that may have any size."""
    pixels, found = {0: "pixels"}, {0: "boxes"}
    graphs: dict[str, tuple[nn.Module, Axes, Axes]] = {
        "net.onnx": (
            _Maps(net),
            {"ink": {2: "height", 3: "width"}},
            {"features": {2: "rows", 3: "columns"}, "energy": {1: "rows", 2: "columns"}},
        ),
        "heads.onnx": (
            _Heads(net),
            {"vectors": pixels, "family": pixels},
            {"probability": pixels, "box": pixels},
        ),
    }
    if net.refiner is not None:
        seen = {"cells": found, "label": found, "extent": found}
        graphs["refiner.onnx"] = (_Places(net.refiner), seen, {"places": found})
    return graphs


def _examples(inputs: Axes, config: ModelConfig, size: int) -> tuple[Tensor, ...]:
    """Random inputs by their names, the larger the larger `size`."""
    chance = torch.Generator().manual_seed(size)
    count, planes, classes = 3 + size, len(config.families), len(config.classes)
    made = {
        "ink": torch.rand(1, 1, 2 * MULTIPLE * size, MULTIPLE * (size + 2), generator=chance),
        "vectors": torch.randn(count, config.network.features, generator=chance),
        "family": torch.randint(planes, (count,), generator=chance),
        "cells": torch.rand(count, 1, SIZE, SIZE, generator=chance),
        "label": torch.randint(classes, (count,), generator=chance),
        "extent": torch.randn(count, 2, generator=chance),
    }
    return tuple(made[name] for name in inputs)


def _export(
    module: nn.Module, inputs: tuple[Tensor, ...], file: Path, names: Axes, outputs: Axes
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself
        torch.onnx.export(
            module.eval(),
            inputs,
            str(file),
            input_names=list(names),
            output_names=list(outputs),
            dynamic_axes={**names, **outputs},
            opset_version=OPSET,
            dynamo=False,  # the other one needs onnxscript, and gains nothing here
        )


def _difference(
    module: nn.Module, inputs: tuple[Tensor, ...], file: Path, names: Sequence[str]
) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    given = {name: value.numpy() for name, value in zip(names, inputs, strict=True)}
    theirs: Arrays = session.run(None, given)
    result = module(*inputs)
    ours = [t.numpy() for t in (result if isinstance(result, tuple) else (result,))]
    return _largest(
        [
            float(np.max(np.abs(a - b) / np.maximum(1, np.abs(a))))
            for a, b in zip(ours, theirs, strict=True)
        ]
    )


def _largest(differences: Sequence[float]) -> float:
    """NaN where one is: Python's max would lose it."""
    return float(np.max(differences))


def _require_packages() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise InputError(
            "--onnx", f"needs the package {error.name}; pip install onnx onnxruntime"
        ) from error
