"""The picture of a page as a data URI: a PNG that is small and still sharp."""

from __future__ import annotations

import base64
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONGEST_SIDE = 3600  # pixels: A4 at 300 dpi stays as it is
LEVELS = 16  # of gray: 4 bits a pixel; 0.1 to 0.4 MB a scan, where WebP takes more and longer


def picture_uri(gray: NDArray[np.uint8], *, full: bool = False) -> str:
    """A gray page (H, W) as `data:image/png;base64,...`.

    It is scaled down to LONGEST_SIDE and has LEVELS levels of gray; with `full`, neither.
    """
    if full:
        image = Image.fromarray(gray)
    else:
        scale = min(1.0, LONGEST_SIDE / max(gray.shape))
        if scale < 1:
            size = [max(round(side * scale), 1) for side in gray.shape[::-1]]
            gray = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
        step = 255 // (LEVELS - 1)
        image = Image.fromarray(((gray.astype(np.uint16) + step // 2) // step).astype(np.uint8))
        image = image.convert("L")
        indexed = Image.frombytes("P", image.size, image.tobytes())
        indexed.putpalette([level * step for level in range(LEVELS) for _ in "rgb"])
        image = indexed
    stream = BytesIO()
    image.save(stream, "PNG", **({} if full else {"bits": 4}))
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
