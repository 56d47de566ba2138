"""What is wrong, of which kind, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from deepscores_tools.errors import InputError
from deepscores_tools.formats.broken import BROKEN, said
from deepscores_tools.symbols import Page

Kind = Literal[
    "unreadable", "empty box", "outside the page", "mask and box", "unknown class", "duplicate",
    "dangling link", "missing image", "image",
]  # fmt: skip
KINDS: Sequence[Kind] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Defect:
    """where: the file, with the line or the id of the entry. problem: what is wrong there."""

    where: str
    kind: Kind
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}: {self.problem}"


@dataclass
class Examined:
    """What could be read of a page, and what was wrong with the rest of it.

    page: None where nothing could be read. file: the file it is in. places: of each symbol of
    the page, where in `file` it is. broken_ids: ids of the symbols that had to be left out,
    which links may lead to.
    """

    file: Path
    page: Page | None = None
    places: list[str] = field(default_factory=list)
    broken_ids: set[int | None] = field(default_factory=set)
    defects: list[Defect] = field(default_factory=list)

    def where(self, place: str) -> str:
        return f"{self.file}, {place}" if place else str(self.file)

    def add(self, place: str, problem: str, kind: Kind | None = None) -> None:
        """One more defect; its kind is told by the problem's words unless it is given."""
        self.defects.append(Defect(self.where(place), kind or kind_of(problem), problem))

    @contextmanager
    def noting(self, place: str) -> Iterator[None]:
        """A defect of each error that broken data raises in the block, which ends there."""
        try:
            yield
        except InputError as error:
            where, _, problem = error.problem.partition(": ")
            # Readers say the place within the file first, as "node 5, line 33: ...".
            told = problem and any(word in where for word in ("line", "node", "object"))
            self.add(where if told else place, problem if told else error.problem)
        except BROKEN as error:
            self.add(place, said(error))


def kind_of(problem: str) -> Kind:
    """The kind of what a reader complains about, by the words of its message."""
    if "mask" in problem:
        return "mask and box"
    if "empty" in problem or "without extent" in problem:
        return "empty box"
    if "unknown category" in problem or problem.startswith("class "):
        return "unknown class"
    if "have the id" in problem or "occurs twice" in problem or "same page key" in problem:
        return "duplicate"
    return "unreadable"
