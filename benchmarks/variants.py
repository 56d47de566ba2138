"""A configuration with some of its keys changed, and what the detector that it makes costs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, TypeVar

from pydantic import BaseModel

from deepscores_tools.dataset_image import page_image
from deepscores_tools.symbols import Page
from omr.detector import Detector

Config = TypeVar("Config", bound=BaseModel)


def changed(config: Config, changes: Mapping[str, Any]) -> Config:
    """The configuration with other values, each named by the dotted path of its key."""
    data = config.model_dump()
    for path, value in changes.items():
        *parents, key = path.split(".")
        place = data
        for parent in parents:
            place = place[parent]
        place[key] = value
    return type(config).model_validate(data)


def detected(detector: Detector, pages: Sequence[Page]) -> tuple[list[Page], float]:
    """All that is found on the pages, named as they are, and the median of their processor
    seconds."""
    found, seconds = [], []
    for page in pages:
        gray = page_image(page)
        begun = time.process_time()
        seen = detector.detect(gray, min_score=0.0, interline=page.interline)
        seconds.append(time.process_time() - begun)
        found.append(replace(seen, name=page.name))
    return found, median(seconds)
