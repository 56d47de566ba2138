"""Contact sheets: a row a page, a column a preset, the page as it came in first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.degradation.presets import Preset
from deepscores_tools.degradation.scan import degrade_page
from deepscores_tools.errors import InputError
from deepscores_tools.ink import ink_of
from deepscores_tools.page_images import PageImage
from deepscores_tools.staves import find_staves
from deepscores_tools.symbols import Page

CELL = (380, 500)  # width and height of a picture on the sheet, pixels
SHOWN_INTERLINE = 16.0  # crops are shown at this interline
CAPTION = 26
GAP = 8


def contact_sheet(
    images: Iterable[PageImage], presets: Sequence[Preset], seed: int, whole: bool
) -> NDArray[np.uint8]:
    """The sheet, gray uint8, of crops (or whole pages) of the images degraded by each preset.

    Raises InputError where a page shows no staves: lengths are measured in interlines.
    """
    rows = [_captions(["as it came in", *(preset.name for preset in presets)])]
    for image in images:
        name = image.source.name
        interline = find_staves(ink_of(image.gray)).interline
        if interline is None:
            raise InputError(name, "shows no staves to measure by: choose a page of music")
        width, height = image.size
        page = Page(name=name, width=width, height=height, interline=interline)
        pictures = [image.gray]
        pictures += [degrade_page(image.gray, page, preset, seed)[0] for preset in presets]
        where = _fullest(image.gray, interline)
        cells = [_cell(picture, interline, None if whole else where) for picture in pictures]
        rows.append(np.hstack(cells))
    return np.vstack(rows)


def _fullest(gray: NDArray[np.uint8], interline: float) -> tuple[int, int]:
    """Centre (x, y) of a part of the page with much ink and all of it inside."""
    width, height = (round(n * interline / SHOWN_INTERLINE) for n in CELL)
    ink = cv2.boxFilter(cv2.bitwise_not(gray), cv2.CV_32F, (width, height))
    top, left = min(height, gray.shape[0]) // 2, min(width, gray.shape[1]) // 2
    inner = ink[top : max(top + 1, gray.shape[0] - top), left : max(left + 1, gray.shape[1] - left)]
    y, x = np.unravel_index(int(inner.argmax()), inner.shape)
    return left + int(x), top + int(y)


def _cell(
    picture: NDArray[np.uint8], interline: float, centre: tuple[int, int] | None
) -> NDArray[np.uint8]:
    """The picture, or the part of it round a centre, as one cell of the sheet."""
    if centre is None:
        scale = min(CELL[0] / picture.shape[1], CELL[1] / picture.shape[0])
        part = picture
    else:
        scale = SHOWN_INTERLINE / interline
        half = [round(n / scale / 2) for n in CELL]
        x0, y0 = max(0, centre[0] - half[0]), max(0, centre[1] - half[1])
        part = picture[y0 : y0 + 2 * half[1], x0 : x0 + 2 * half[0]]
    size = [
        min(max(1, round(n * scale)), most) for n, most in zip(part.shape[::-1], CELL, strict=True)
    ]
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    cell = np.full((CELL[1] + GAP, CELL[0] + GAP), 128, np.uint8)
    cell[: small.shape[0], : small.shape[1]] = small
    return cell


def _captions(texts: Sequence[str]) -> NDArray[np.uint8]:
    """One line of names, each at the left of its column."""
    line = np.full((CAPTION, len(texts) * (CELL[0] + GAP)), 255, np.uint8)
    for column, text in enumerate(texts):
        place = (column * (CELL[0] + GAP) + 4, CAPTION - 8)
        cv2.putText(line, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 1, cv2.LINE_AA)
    return line
