"""Classification patches as DeepScores has them: 45 x 170 pixels around a symbol's centre.

They are cut at interline 20, in the context of the page, and white beyond it; a folder a class,
and class_names.csv (`number,name`). Which symbols are cut is drawn by seed, at most 5,000 a
class; a symbol's draw depends on the seed, its page's key and its place on the page alone.
"""

from __future__ import annotations

import csv
import hashlib
import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.canvas import window
from deepscores_tools.interline import interline_of
from deepscores_tools.page_names import KeyGuard
from deepscores_tools.picture_source import PictureSource
from deepscores_tools.symbols import Page
from deepscores_tools.whole_file import whole_stream, write_png

INTERLINE = 20.0
WIDTH, HEIGHT = 45, 170  # pixels
MOST = 5_000  # patches of a class
CLASS_NAMES = "class_names.csv"

Gray = NDArray[np.uint8]


def draw_symbols(
    pages: Iterable[Page], most: int = MOST, seed: int = 0
) -> dict[str, dict[str, list[int]]]:
    """Which symbols to cut: class -> page key -> places on the page, in order.

    Holds at most `most` numbers a class, however many pages there are. Raises InputError for
    two pages with one key.
    """
    drawn: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    guard = KeyGuard(Path("patches"))
    for page in pages:
        guard.check(page.name)
        for place, symbol in enumerate(page.symbols):
            entry = (-_lot(seed, page.key, place), page.key, place)
            heap = drawn[symbol.name]
            if len(heap) < most:
                heapq.heappush(heap, entry)
            elif entry > heap[0]:  # a smaller lot than the largest that was drawn
                heapq.heapreplace(heap, entry)
    found: dict[str, dict[str, list[int]]] = {}
    for name, heap in sorted(drawn.items()):
        places: dict[str, list[int]] = defaultdict(list)
        for _, key, place in sorted(heap, key=lambda entry: entry[1:]):
            places[key].append(place)
        found[name] = dict(places)
    return found


def cut_patch(
    gray: Gray, centre: tuple[float, float], interline: float,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> Gray:  # fmt: skip
    """uint8 of shape (height, width): what is around `centre` (x, y), at interline 20."""
    width, height = size
    scale = interline / INTERLINE
    # The window in whole pixels of the page: at interline 20 a patch is the page's own pixels.
    w, h = max(round(width * scale), 1), max(round(height * scale), 1)
    left, top = round(centre[0] - w / 2), round(centre[1] - h / 2)
    cut = window(gray, (left, top), (w, h))
    if (w, h) == (width, height):
        return cut
    how = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, (width, height), interpolation=how), dtype=np.uint8)


def write_patches(
    pages: Iterable[Page],
    out: Path,
    drawn: Mapping[str, Mapping[str, Sequence[int]]],
    pictures: PictureSource,
    interline: float | None = None,
) -> tuple[Counter[str], list[str]]:
    """Cut the symbols drawn; how many there are of each class, and the pages left out.

    A page whose interline nobody knows is left out. Raises InputError.
    """
    folders = class_folders(drawn)
    of_page: dict[str, set[int]] = defaultdict(set)
    for by_key in drawn.values():
        for key, places in by_key.items():
            of_page[key].update(places)
    written: Counter[str] = Counter()
    left_out = []
    for page in pages:
        places_here = sorted(of_page.get(page.key, ()))
        if not places_here:
            continue
        gray = pictures.gray(page)
        found = interline_of(page, gray) if interline is None else interline
        if found is None:
            left_out.append(page.name)
            continue
        for place in places_here:
            symbol = page.symbols[place]
            file = out / folders[symbol.name] / f"{page.key}_{place:05}.png"
            write_png(file, cut_patch(gray, symbol.box.centre, found))
            written[symbol.name] += 1
    with whole_stream(out / CLASS_NAMES) as text:
        csv.writer(text, lineterminator="\n").writerows(enumerate(folders, 1))
    return written, left_out


def class_folders(names: Iterable[str]) -> dict[str, str]:
    """A folder's name for each class: its own, but for what no file system takes."""
    folders: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names):
        plain = folder = re.sub(r"[^\w+.-]|^\.+", "_", name) or "_"
        number = 1
        while folder.lower() in taken:  # not all file systems tell a from A
            number += 1
            folder = f"{plain}_{number}"
        taken.add(folder.lower())
        folders[name] = folder
    return folders


def _lot(seed: int, key: str, place: int) -> int:
    text = f"{seed}/{key}/{place}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
