"""Pages on disk as workers map them into memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.dataset_image import page_image
from deepscores_tools.symbols import Page, box_array
from deepscores_tools.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class CachedPage:
    """A page at its own size: gray pixels in an .npy file, boxes (n, 4) and labels (n,)."""

    pixels: Path
    interline: float
    boxes: NDArray[np.float32]
    labels: NDArray[np.int64]


def cache_pages(pages: Iterable[Page], folder: Path, classes: Sequence[str]) -> list[CachedPage]:
    """Pages as .npy files that workers map into memory; symbols of other classes are left out.

    Pages without interline cannot be scaled, so they are skipped. Raises InputError where a
    page cannot be read, or the folder not be written.
    """
    index = {name: i for i, name in enumerate(classes)}
    cached = []
    for page in pages:
        if page.interline is None:
            continue
        file = folder / f"{_fingerprint(page)}.npy"
        if not file.exists():
            stream = BytesIO()
            np.save(stream, page_image(page))
            write_whole(file, stream.getvalue())
        known = [s for s in page.symbols if s.name in index]
        labels = np.array([index[s.name] for s in known], dtype=np.int64)
        boxes = box_array(known).astype(np.float32)
        cached.append(CachedPage(file, page.interline, boxes, labels))
    return cached


def _fingerprint(page: Page) -> str:
    """What tells a page from the pages of its own and of other datasets, and a picture from what
    lay there before."""
    digest = hashlib.sha256()
    facts = (page.name, page.image, page.document, page.width, page.height)
    digest.update(repr(facts).encode())
    if page.image and page.image.is_file():
        picture = page.image.stat()
        digest.update(repr((picture.st_size, picture.st_mtime_ns)).encode())
    else:  # painted from its symbols
        for symbol in page.symbols:
            digest.update(repr((symbol.name, symbol.box)).encode())
            if symbol.mask is not None:
                digest.update(np.packbits(symbol.mask).tobytes())
    return digest.hexdigest()[:16]
