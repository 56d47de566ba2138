"""Pictures made smaller: by averaging, and to some of their columns.

OpenCV averages whole blocks ten times as fast as others.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

COLUMNS = 600  # as many tell what is asked of a whole page


def averaged(picture: NDArray[Any], width: int, height: int) -> NDArray[np.uint8]:
    """The mean of every block of width x height pixels: uint8 (H, W) -> (H // height, W // width).

    What no whole block covers, at the right and below, is left out.
    """
    columns, rows = picture.shape[1] // width, picture.shape[0] // height
    whole = picture[: rows * height, : columns * width]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def shrunk(
    picture: NDArray[Any], width: float, height: float
) -> tuple[NDArray[np.uint8], float, float]:
    """The mean of blocks of about width x height pixels, which need not be whole numbers.

    Returns the blocks and their true width and height. Less than half a block is left out, at
    the right and below.
    """
    across, down = max(1, int(width / 2)), max(1, int(height / 2))
    part = averaged(picture, across, down)
    covered_height, covered_width = part.shape[0] * down, part.shape[1] * across
    columns, rows = max(1, round(covered_width / width)), max(1, round(covered_height / height))
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), covered_width / columns, covered_height / rows


def some_columns(picture: NDArray[Any]) -> NDArray[np.uint8]:
    """At least COLUMNS of the columns, less than twice as many, evenly apart; all of fewer."""
    apart = max(1, picture.shape[1] // COLUMNS)
    return np.ascontiguousarray(picture[:, ::apart], np.uint8)
