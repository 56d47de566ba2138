"""The writer and the work of a page, so that neither is divided between training and test."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal

from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Page

Unit = Literal["page", "writer", "work"]

_WORK_ATTRIBUTES = ("work", "piece", "score")
_NUMBERED = re.compile(r"^(?P<work>.+?)[-_ .]*(?:page|p)[-_ .]*\d+$", re.IGNORECASE)
_DEEPSCORES = re.compile(r"^(?P<work>lg-\d+)-aug-")


def unit_of(page: Page, unit: Unit) -> str | None:
    """The page's key, its writer or its work; None where that cannot be told.

    writer: the attribute of that name. work: the attribute work, piece (MUSCIMA++) or score
    (rendered pages); else the file it was taken from; else the name, less the page's number
    (`...-page-2`) and, in DeepScores, less the font: a score in five fonts is one work.
    """
    if unit == "page":
        return page.key
    if unit == "writer":
        writer = page.attributes.get("writer")
        return None if writer is None else str(writer)
    for name in _WORK_ATTRIBUTES:
        if name in page.attributes:
            return str(page.attributes[name])
    if page.source is not None:
        return page.source
    stem = PurePosixPath(page.name).stem
    match = _DEEPSCORES.match(stem) or _NUMBERED.match(stem)
    return match["work"] if match else None


def required_unit(page: Page, unit: Unit) -> str:
    """The same. Raises InputError where it cannot be told."""
    found = unit_of(page, unit)
    if found is None:
        raise InputError(page.name, f"its {unit} is not known; split by another unit")
    return found
