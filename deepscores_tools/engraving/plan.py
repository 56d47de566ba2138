"""What to render: which scores, in which order, composed music strewn in, all by seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepscores_tools.degradation import PRESETS
from deepscores_tools.engraving.balance import Balance
from deepscores_tools.engraving.music_fonts import FONTS, RESERVED_FONTS
from deepscores_tools.engraving.style import generator
from deepscores_tools.errors import InputError


@dataclass(frozen=True, slots=True)
class RenderPlan:
    """What to render.

    pages: how many (scores come round again in other styles); None: every score once.
    workers: processes to render with; they make no difference to the result.
    composed_fraction: part of the tasks that show composed music, dense in rare symbols.
    replaced_fraction: part of the other tasks in which rare symbols replace common ones.
    at_least: symbols of every class that composed music aims at (`Balance`); 0: it does not.
    skewed_fraction: part of the pages that are warped as a scanner or camera would.
    preset: the kind of scan that every page is made to look like (degradation.PRESETS).
    """

    pages: int | None = None
    seed: int = 0
    workers: int = 1
    fonts: tuple[str, ...] = FONTS
    max_pages_per_score: int = 2
    composed_fraction: float = 0.15
    replaced_fraction: float = 0.1
    at_least: int = 20
    skewed_fraction: float = 0.0
    preset: str = "clean"

    def __post_init__(self) -> None:
        unknown = set(self.fonts) - {*FONTS, *RESERVED_FONTS}
        if unknown or not self.fonts:
            known = ", ".join((*FONTS, *RESERVED_FONTS))
            raise InputError(", ".join(sorted(unknown)) or "no font", f"choose among {known}")
        if self.preset not in PRESETS:
            raise InputError(self.preset, f"no such preset; choose among {', '.join(PRESETS)}")
        for value in (self.composed_fraction, self.replaced_fraction, self.skewed_fraction):
            if not 0.0 <= value <= 1.0:
                raise InputError(str(value), "a fraction lies between 0 and 1")
        if self.pages is None and self.composed_fraction == 1.0:
            raise InputError("composed music", "has no end; say how many pages")


@dataclass(frozen=True, slots=True)
class Task:
    """One score in one style. source None: music is composed for it, with the classes wanted."""

    number: int
    source: Path | None
    plan: RenderPlan
    wanted: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The score's file name, as text that any file can hold."""
        if self.source is None:
            return "composed"
        return self.source.name.encode("utf-8", "replace").decode()


def tasks(scores: Sequence[Path], plan: RenderPlan, balance: Balance) -> Iterator[Task]:
    """The endless sequence of tasks (or one round), composed music strewn in.

    balance: is asked what a composed piece is to show when its task is taken.
    """
    number = 0
    for turn in itertools.count():
        order = generator(plan.seed, "order", str(turn)).permutation(len(scores))
        for k in order:
            chance = generator(plan.seed, "composed", str(number))
            while chance.random() < plan.composed_fraction:
                yield Task(number, None, plan, balance.wanted(number))
                number += 1
            yield Task(number, scores[int(k)], plan)
            number += 1
        if plan.pages is None:
            return
