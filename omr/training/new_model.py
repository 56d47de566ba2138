"""The model that a recipe and its pages make."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np

from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import DEEPSCORES

from ..config import ModelConfig
from .recipe import DataConfig


def written_out(model: ModelConfig, pages: Sequence[Page], data: DataConfig) -> ModelConfig:
    """The model with its families' patterns replaced by the class names found on the pages."""
    counts = Counter(s.name for page in pages for s in page.symbols)
    found = {n for n, c in counts.items() if c >= data.min_instances}
    if data.vocabulary == "deepscores":
        found |= set(DEEPSCORES.names)
    names = sorted(found - set(model.staff_classes))
    try:
        families = resolve_families(model.families, names)
    except ValueError as error:
        raise InputError("[model.families]", str(error)) from error
    return model.model_copy(update={"families": families})


def mean_sizes(pages: Sequence[Page]) -> dict[str, tuple[float, float]]:
    """Mean width and height of each class on the pages, in interlines."""
    sides: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for page in pages:
        if page.interline is None:
            continue
        for symbol in page.symbols:
            width, height = symbol.box.width, symbol.box.height
            sides[symbol.name].append((width / page.interline, height / page.interline))
    means = {name: np.mean(rows, axis=0) for name, rows in sides.items()}
    return {name: (round(float(w), 3), round(float(h), 3)) for name, (w, h) in means.items()}


def resolve_families(
    families: dict[str, tuple[str, ...]], names: list[str]
) -> dict[str, tuple[str, ...]]:
    """Families given as patterns (`notehead*`), with the names found in the data written out.

    A name belongs to the first family with a pattern that fits; the order of names is kept.
    Raises ValueError for a name that fits nowhere.
    """
    resolved: dict[str, list[str]] = {family: [] for family in families}
    for name in names:
        for family, patterns in families.items():
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                resolved[family].append(name)
                break
        else:
            raise ValueError(f"class {name} fits no family; add a pattern for it")
    return {family: tuple(members) for family, members in resolved.items() if members}
