"""Pages of any size in bounded memory: overlapping parts whose detections equal the single pass.

A part is read with REACH pixels beyond its core on every side, which is more than the pyramid's
receptive field (the thesis's network sees further, and may differ at seams); a detection belongs
to the part whose core holds its summit. Of lines longer than that each part sees a piece: see
ridges.united.
"""

from __future__ import annotations

from dataclasses import dataclass

REACH = 320  # pixels; the pyramid sees 276 to each side; a multiple of its 32
CORE = 2048  # pixels along each side of a core
LARGEST = 8_000_000  # pixels that go through the network at once


@dataclass(frozen=True, slots=True)
class Part:
    """What is read, and which of it is the core: slices of rows and columns of the page.

    core: relative to what is read; None where it is all of it.
    """

    read: tuple[slice, slice]
    core: tuple[slice, slice] | None


def parts(height: int, width: int) -> list[Part]:
    """The parts of a page of height x width pixels: one, unless it is large."""
    if height * width <= LARGEST:
        return [Part((slice(0, height), slice(0, width)), None)]
    return [
        Part((rows, columns), (core_rows, core_columns))
        for rows, core_rows in _along(height)
        for columns, core_columns in _along(width)
    ]


def _along(length: int) -> list[tuple[slice, slice]]:
    cuts = []
    for start in range(0, length, CORE):
        end = min(start + CORE, length)
        first = max(start - REACH, 0)
        read = slice(first, min(end + REACH, length))
        cuts.append((read, slice(start - first, end - first)))
    return cuts
