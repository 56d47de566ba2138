"""Pixels of a picture along lines that are not level."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

WIDEST = 32_000  # columns or rows that OpenCV's remap takes at once


def sampled(
    picture: NDArray[np.uint8], first: int, rows: NDArray[np.floating[Any]]
) -> NDArray[np.uint8]:
    """Pixels of a picture (H, W) in N columns from `first` on, at rows (M, N): uint8 (M, N).

    The nearest pixel; beyond the top and bottom as at the edge. The columns lie on the picture.
    """
    top = int(np.clip(rows.min() - 1, 0, len(picture) - 1))
    part = picture[top : max(int(rows.max()) + 2, top + 1)]
    down = (rows - rows.dtype.type(top)).astype(np.float32, copy=False)
    strips = []
    for start in range(0, rows.shape[1], WIDEST):
        y = down[:, start : start + WIDEST]
        x = np.broadcast_to(np.arange(y.shape[1], dtype=np.float32), y.shape)
        here = part[:, first + start : first + start + y.shape[1]]
        edge = cv2.BORDER_REPLICATE
        strips.append(cv2.remap(here, x, y, cv2.INTER_NEAREST, borderMode=edge))
    return np.hstack(strips)
