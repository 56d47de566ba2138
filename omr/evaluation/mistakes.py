"""What went wrong at the thresholds: symbols missed, false alarms, one class taken for another.

What the matching class by class leaves over, wrong detections and missed symbols, is matched
once more at IoU .5, now whatever the class: such a pair is one symbol taken for another class.
Matching all at once instead would call right pairs wrong where boxes of two classes coincide, as
a key signature of one accidental does with the accidental.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.symbols import Box

from ..matching import match, overlapping

IOU = 0.5
WORST = 8
"""Mistakes of one kind that are kept of a class."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A missed symbol, a false alarm, or both at once: a symbol taken for another class.

    truth: the symbol's class, None for a false alarm; detection: the class it was detected as,
    None for a missed symbol. box and score: the detection's; of a missed symbol its own, and the
    score below its threshold at which it was seen: 0 where it was not seen at all.
    """

    page: str
    truth: str | None
    detection: str | None
    box: Box
    score: float


@dataclass(slots=True, eq=False)
class Leftovers:
    """What one page has left: scores, names, boxes of missed symbols and of wrong detections."""

    missed: list[tuple[float, str, Box]] = field(default_factory=list)
    wrong: list[tuple[float, str, Box]] = field(default_factory=list)

    def add(
        self, name: str, missed: NDArray[np.float64], seen_at: NDArray[np.float64],
        wrong: NDArray[np.float64], scores: NDArray[np.float64],
    ) -> None:  # fmt: skip
        """Take in a class: missed symbols (M, 4), the scores (M,) at which they were seen, wrong
        detections (W, 4), their scores (W,)."""
        for rows, boxes, all_scores in (
            (self.missed, missed, seen_at), (self.wrong, wrong, scores),
        ):  # fmt: skip
            rows += [
                (score, name, Box(*box))
                for score, box in zip(all_scores.tolist(), boxes.tolist(), strict=True)
            ]


def mistakes(leftovers: Mapping[str, Leftovers]) -> Iterator[Mistake]:
    """All mistakes on all pages. leftovers: by page key."""
    for page, left in leftovers.items():
        wrong = sorted(left.wrong, key=lambda w: -w[0])
        boxes = np.array([box for _, _, box in wrong]).reshape(-1, 4)
        truth = np.array([box for _, _, box in left.missed]).reshape(-1, 4)
        partners = match(overlapping(boxes, truth, IOU), [IOU])[0].tolist()
        for (score, name, box), partner in zip(wrong, partners, strict=True):
            true_name = left.missed[partner][1] if partner >= 0 else None
            yield Mistake(page, true_name, name, box, score)
        for row in sorted(set(range(len(truth))) - set(partners)):
            score, name, box = left.missed[row]
            yield Mistake(page, name, None, box, score)


def confusions(all_mistakes: Iterable[Mistake]) -> tuple[tuple[str, str, int], ...]:
    """(true class, detected class, how often), the most frequent first."""
    counts = Counter((m.truth, m.detection) for m in all_mistakes if m.truth and m.detection)
    rows = [(t, d, n) for (t, d), n in counts.items() if t and d]
    return tuple(sorted(rows, key=lambda row: (-row[2], row)))


def by_class(
    some: Iterable[Mistake],
) -> tuple[dict[str, list[Mistake]], dict[str, list[Mistake]]]:
    """Wrong detections by their class, those of a symbol of another class too; misses by theirs."""
    alarms: dict[str, list[Mistake]] = {}
    misses: dict[str, list[Mistake]] = {}
    for mistake in some:
        if mistake.detection is not None:
            alarms.setdefault(mistake.detection, []).append(mistake)
        elif mistake.truth is not None:
            misses.setdefault(mistake.truth, []).append(mistake)
    return alarms, misses


def worst(all_mistakes: Sequence[Mistake]) -> tuple[Mistake, ...]:
    """Up to WORST false alarms a detected class, the surest first, and as many misses a class, the
    least seen first, of those not seen at all the largest."""
    alarms, misses = by_class(all_mistakes)
    kept: list[Mistake] = []
    for name in sorted(alarms):
        kept += sorted(alarms[name], key=lambda m: -m.score)[:WORST]
    for name in sorted(misses):
        kept += sorted(misses[name], key=lambda m: (m.score, -m.box.width * m.box.height))[:WORST]
    return tuple(kept)
