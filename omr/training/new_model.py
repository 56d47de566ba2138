"""The model that a recipe and its pages make."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import DEEPSCORES

from ..config import ModelConfig, Range, hull
from ..model_store import model_folder, read_config
from .recipe import DataConfig, Recipe

OUTERMOST = 0.001  # share of a class's symbols, at either end, that tell nothing of its size
ENOUGH = 100  # symbols of a class whose sizes can be told


def model_of(recipe: Recipe, pages: Sequence[Page]) -> ModelConfig:
    """The model that is trained: that of the recipe or, where it has none, the one begun with.

    Its classes and their sizes are those on the pages. Raises InputError for a class that fits no
    family, and for a model to begin with that cannot be read.
    """
    start = recipe.training.start_from
    begun_with = read_config(model_folder(start)) if start else None
    if recipe.model is None:
        assert begun_with  # a recipe has one or the other
        ranges = widened(begun_with.size_ranges, size_ranges(pages))
        return begun_with.model_copy(update={"size_ranges": ranges})
    told: dict[str, object] = {"families": written_out(recipe.model, pages, recipe.data)}
    if recipe.model.decode.box == "cached":
        told["sizes"] = mean_sizes(pages)
    if recipe.model.decode.size_margin:
        told["size_ranges"] = size_ranges(pages)
    if begun_with and "licence" not in recipe.model.model_fields_set:
        told["licence"] = begun_with.licence
    return recipe.model.model_copy(update=told)


def written_out(
    model: ModelConfig, pages: Sequence[Page], data: DataConfig
) -> dict[str, tuple[str, ...]]:
    """The model's families, their patterns replaced by the class names found on the pages."""
    counts = Counter(s.name for page in pages for s in page.symbols)
    found = {n for n, c in counts.items() if c >= data.min_instances}
    if data.vocabulary == "deepscores":
        found |= set(DEEPSCORES.names)
    names = sorted(found - set(model.staff_classes))
    try:
        return resolve_families(model.families, names)
    except ValueError as error:
        raise InputError("[model.families]", str(error)) from error


def mean_sizes(pages: Sequence[Page]) -> dict[str, tuple[float, float]]:
    """Mean width and height of each class on the pages, in interlines."""
    means = {name: sides.mean(axis=0) for name, sides in _sides(pages).items()}
    return {name: (round(float(w), 3), round(float(h), 3)) for name, (w, h) in means.items()}


def size_ranges(pages: Sequence[Page]) -> dict[str, tuple[Range, Range]]:
    """Least and greatest width and height, in interlines, of all but the outermost thousandth at
    either end of a class's symbols; of classes with fewer than `ENOUGH` on the pages nothing."""
    ranges = {}
    for name, sides in sorted(_sides(pages).items()):
        if len(sides) < ENOUGH:
            continue
        ends = np.quantile(sides, (OUTERMOST, 1 - OUTERMOST), axis=0)
        (w0, h0), (w1, h1) = np.maximum(ends.round(3), 0.001).tolist()
        ranges[name] = ((w0, w1), (h0, h1))
    return ranges


def widened(
    known: Mapping[str, tuple[Range, Range]], seen: Mapping[str, tuple[Range, Range]]
) -> dict[str, tuple[Range, Range]]:
    """The known ranges of sizes, each widened by what was seen of its class; no further class's."""
    wider = {}
    for name, sides in known.items():
        width, height = seen.get(name, sides)
        wider[name] = hull(sides[0], width), hull(sides[1], height)
    return wider


def _sides(pages: Sequence[Page]) -> dict[str, NDArray[np.float64]]:
    """Widths and heights (n, 2) of each class's symbols, in interlines."""
    sides: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for page in pages:
        if page.interline is None:
            continue
        for symbol in page.symbols:
            width, height = symbol.box.width, symbol.box.height
            sides[symbol.name].append((width / page.interline, height / page.interline))
    return {name: np.array(rows) for name, rows in sides.items()}


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
