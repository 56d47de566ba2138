"""Random music dense in rare symbols."""

from __future__ import annotations

import numpy as np


def compose_score(rng: np.random.Generator) -> str:
    raise NotImplementedError
