"""Class maps and vocabularies as a command's option names them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from deepscores_tools.class_maps import VOCABULARIES, ClassMap, class_map, read_map
from deepscores_tools.errors import InputError
from deepscores_tools.vocabularies import ClassTable


def chosen_map(text: str) -> ClassMap:
    """The map that `SOURCE:TARGET`, two vocabularies, or the path of a CSV file names.

    Raises InputError.
    """
    if os.path.isfile(text):  # noqa: PTH113
        return read_map(Path(text))
    source, mark, target = text.partition(":")
    if not mark:
        raise InputError(text, "is no file, nor SOURCE:TARGET with two of the vocabularies "
                         + ", ".join(VOCABULARIES))  # fmt: skip
    return class_map(source, target)


def target_classes(mapping: ClassMap) -> ClassTable | Sequence[str]:
    """The classes of a map's target: the vocabulary, or the names in the order of a file."""
    table = VOCABULARIES.get(mapping.target)
    if table is not None:
        return table
    return list(dict.fromkeys(mapped.target for mapped in mapping if mapped.target is not None))
