"""Pages as the viewer's script reads them, detections paired with the truth at IoU .5.

A page's record: `image` (its COCO entry, for the file of corrections), `notice`, `symbols` and,
where there is truth, `truth`. A symbol is [class, x0, y0, x1, y1, score], a true box
[class, x0, y0, x1, y1]; a class is a number in `PageRecords.classes`. `partners` has for each
symbol the number of the true box it found, -1 for a false alarm, None where it is not scored.
Detections choose their true box in order of score, so the pairs above any score are the pairs
that those detections alone would make: the script need not match anew when the slider moves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.formats.coco_write import image_row
from deepscores_tools.symbols import Page, Symbol, box_array

from ..evaluation.class_pairs import ClassPairs
from ..matching import match, overlapping

IOU = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class ViewedPage:
    """A page to be shown. gray: (H, W), None where there is no picture; truth: None without."""

    page: Page
    gray: NDArray[np.uint8] | None
    truth: Sequence[Symbol] | None = None


class PageRecords:
    """Makes records, and numbers the classes as they are met.

    known: come first, met or not. class_pairs: told of the whole truth's classes (`among`).
    """

    def __init__(self, known: Sequence[str] = (), class_pairs: ClassPairs | None = None) -> None:
        self._numbers: dict[str, int] = {}
        self._class_pairs = class_pairs or ClassPairs()
        for name in known:
            self._number(name)

    @property
    def classes(self) -> tuple[str, ...]:
        """All classes so far, by number."""
        return tuple(self._numbers)

    def record(self, viewed: ViewedPage) -> dict[str, Any]:
        """One page, ready for JSON."""
        page, truth = viewed.page, viewed.truth
        notices = [str(page.attributes["notice"])] if "notice" in page.attributes else []
        if viewed.gray is None:
            notices.append("there is no picture of this page")
        record: dict[str, Any] = {
            "image": image_row(page, 0, page.name),
            "notice": "; ".join(notices),
            "symbols": [[*self._row(s), _rounded(s.score, 4)] for s in page.symbols],
        }
        if truth is not None:
            record["truth"] = [self._row(s) for s in truth]
            record["partners"] = partners(page.symbols, truth, self._class_pairs)
        return record

    def _row(self, symbol: Symbol) -> list[float]:
        return [self._number(symbol.name), *(round(float(v), 2) for v in symbol.box)]

    def _number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))


def partners(
    symbols: Sequence[Symbol], truth: Sequence[Symbol], class_pairs: ClassPairs
) -> list[int | None]:
    """For each symbol the number of the true one it found, -1 if none; None: it is not scored."""
    true_rows: dict[str, list[int]] = defaultdict(list)
    for row, symbol in enumerate(truth):
        true_rows[class_pairs.of_truth(symbol.name)].append(row)
    rows: dict[str, list[int]] = defaultdict(list)
    for row, symbol in enumerate(symbols):
        name = class_pairs.of_detection(symbol.name)
        if name is not None:
            rows[name].append(row)
    boxes, true_boxes = box_array(symbols), box_array(truth)
    found: list[int | None] = [None] * len(symbols)
    for name, members in rows.items():
        ordered = sorted(members, key=lambda row: -(symbols[row].score or 0))
        of_class = true_rows[name]
        pairs = overlapping(boxes[ordered], true_boxes[of_class], IOU)
        for row, partner in zip(ordered, match(pairs, [IOU])[0].tolist(), strict=True):
            found[row] = of_class[partner] if partner >= 0 else -1
    return found


def _rounded(score: float | None, digits: int) -> float | None:
    return None if score is None else round(float(score), digits)
