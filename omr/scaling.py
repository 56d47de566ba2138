"""Pages at the size that a model is trained for."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def at_interline(ink: NDArray[np.uint8], of: float, to: float) -> NDArray[np.uint8]:
    """Ink (H, W) scaled from an interline of `of` pixels to one of `to`.

    Sides are whole pixels, at least 1: what lies on the result is brought back by its shape.
    """
    scale = to / of
    size = [max(round(side * scale), 1) for side in ink.shape[::-1]]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, size, interpolation=method), np.uint8)
