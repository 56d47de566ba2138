"""Class-balanced pages: composed music shows the classes that the pages so far are short of."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

from deepscores_tools.engraving.compose_wishes import WAYS
from deepscores_tools.symbols import Page
from deepscores_tools.vocabularies import PRINTED_CLASSES

LAG = 48
"""A task knows the counts of all tasks but the last so many before it, whether these are done or
not: so every task is the same whatever the number of workers. It bounds the tasks under way."""

_CLASSES = 24  # that one piece of music shows
_TIMES = 4  # that it shows each


class Balance:
    """How often each class was drawn, and what the next composed piece is to show.

    at_least: symbols of every class that are wanted. Tasks are numbered from 0 without gaps,
    and their counts come in that order. Tasks that are not counted yet are taken to show what
    they were asked for.
    """

    def __init__(self, at_least: int) -> None:
        self.at_least = at_least
        self.drawn: Counter[str] = Counter()
        self._uncounted: deque[Counter[str]] = deque()
        self._asked: dict[int, Counter[str]] = {}
        self._first = 0  # of the tasks in `_uncounted`

    def add(self, pages: Iterable[Page]) -> None:
        """Count the symbols of the next task; one that failed has no pages."""
        self._uncounted.append(Counter(s.name for page in pages for s in page.symbols))

    def wanted(self, number: int) -> tuple[str, ...]:
        """Classes that task `number` is to show, the scarcest first, each as often as it should."""
        while self._first < number - LAG:
            self.drawn += self._uncounted.popleft()
            self._asked.pop(self._first, None)
            self._first += 1
        known = self.drawn + sum(self._asked.values(), Counter())
        short = sorted((known[name], name) for name in WAYS if known[name] < self.at_least)
        asked = Counter({n: min(_TIMES, self.at_least - c) for c, n in short[:_CLASSES]})
        self._asked[number] = asked
        return tuple(name for k in range(_TIMES) for name in asked if asked[name] > k)

    def shortfall(self) -> dict[str, int]:
        """Classes that were drawn less often than wanted, over all tasks counted, and how often."""
        drawn = self.drawn + sum(self._uncounted, Counter())
        return {n: drawn[n] for n in PRINTED_CLASSES.names if drawn[n] < self.at_least}
