"""Weights of another model to begin with."""

from __future__ import annotations

from collections.abc import Sequence

from ..config import ModelConfig
from ..model_store import load_model
from ..network import WatershedNet


def start_from(net: WatershedNet, own: ModelConfig, model: str) -> None:
    """Copy the weights of another model wherever name and shape agree.

    Rows that belong to a class or a family go by its name: classes may be added or left out.
    """
    donor, config = load_model(model)
    classes = _common(own.classes, config.classes)
    planes = _common(tuple(own.families), tuple(config.families))
    by_name = {  # layer: (own row, donor's row) pairs, and how many values stand side by side
        f"classes.{len(net.classes) - 1}": (classes, 1),
        "refiner.told": (classes, 1),
        f"box.{len(net.box) - 1}": (planes, 4),
        "energy": (planes, net.levels),
    }
    apart = {  # heads of another build, in which a layer of this name is something else
        part
        for part, same in (
            ("classes", len(net.classes) == len(donor.classes)),
            ("box", len(net.box) == len(donor.box)),
            ("energy", net.levels == donor.levels),
        )
        if not same
    }
    state = net.state_dict()
    for name, value in donor.state_dict().items():
        if name.partition(".")[0] in apart:
            continue
        pairs, each = by_name.get(name.rpartition(".")[0], ([], 0))
        if name in state and state[name].shape[1:] == value.shape[1:]:
            for mine, theirs in pairs:
                mine_rows, their_rows = (slice(i * each, (i + 1) * each) for i in (mine, theirs))
                state[name][mine_rows] = value[their_rows]
            if not each and state[name].shape == value.shape:
                state[name] = value
    net.load_state_dict(state)


def _common(own: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int]]:
    """The places of the names that both have: (own, theirs)."""
    place = {name: i for i, name in enumerate(theirs)}
    return [(i, place[name]) for i, name in enumerate(own) if name in place]
