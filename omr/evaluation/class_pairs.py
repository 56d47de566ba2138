"""Which class of the truth is which class of the detector, where names alone do not say."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from deepscores_tools.errors import InputError
from deepscores_tools.vocabularies import spelt

HEADER = ("truth_name", "detection_name")
ANY_OTHER = "*"


@dataclass(frozen=True)
class ClassPairs:
    """Pairs (truth name, detection name); a name in no pair stands for itself.

    Several truth names with one detection name are scored as that one class, and the other
    way round. (name, ""): the detector does not know this class; it is scored, as missed.
    ("", name): what is detected as this is left out. `*` stands for any other name.

    true_classes: those that the truth is scored as, all its pages together, once `among` has
    told them: what ("", "*") leaves out is told by them.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    true_classes: frozenset[str] | None = None

    @classmethod
    def from_file(cls, file: Path) -> ClassPairs:
        """Read a CSV with the header truth_name,detection_name. Raises InputError."""
        try:
            with file.open(encoding="utf-8-sig", newline="") as stream:
                reader = csv.reader(stream)
                rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(file, f"cannot be read as a class map: {error}") from error
        if not rows or tuple(rows[0][1]) != HEADER:
            raise InputError(file, f"the first line must be {','.join(HEADER)}")
        for number, row in rows[1:]:
            if len(row) != 2 or not any(row):
                raise InputError(file, f"line {number}: expected {','.join(HEADER)}, got {row}")
        pairs = cls(tuple((row[0], row[1]) for _, row in rows[1:]))
        try:
            _ = pairs._scored_as
        except ValueError as error:
            raise InputError(file, str(error)) from error
        return pairs

    def among(self, true_names: Iterable[str]) -> ClassPairs:
        """The same pairs, for a truth in which these names are, on whichever page."""
        return replace(self, true_classes=frozenset(map(self.of_truth, true_names)))

    def of_truth(self, name: str) -> str:
        """The class that a true symbol of this name is scored as."""
        name = spelt(name)
        return self._scored_as.get(("truth", name), name)

    def of_detection(self, name: str) -> str | None:
        """The class that a detection of this name is scored as; None: it is left out."""
        name = spelt(name)
        scored_as = self._scored_as.get(("detection", name))
        if scored_as is None:
            scored_as = None if name in self._left_out else name
        lacking = self.true_classes is not None and scored_as not in self.true_classes
        return None if lacking and self.leaves_out_others else scored_as

    def unmatched_truth(self, names: Iterable[str], detectable: Collection[str]) -> list[str]:
        """Those of the truth's names that no detectable name answers to."""
        if (ANY_OTHER, "") in self.pairs:
            return []
        answered = {self.of_detection(name) for name in detectable}
        accepted = {spelt(truth) for truth, found in self.pairs if not found}
        return sorted(
            name
            for name in set(names)
            if spelt(name) not in accepted and self.of_truth(name) not in answered
        )

    def unmatched_detections(self, names: Iterable[str], known: Collection[str]) -> list[str]:
        """Those of the detections' names that no known truth name answers to."""
        if self.leaves_out_others:
            return []
        answered = {None, *(self.of_truth(name) for name in known)}
        return sorted(n for n in set(names) if self.of_detection(n) not in answered)

    def unmet(self, truth: Collection[str], detections: Collection[str]) -> list[str]:
        """Names of the pairs that their side, all that it could hold, does not know."""
        lost: set[str] = set()
        for column, side in enumerate((truth, detections)):
            known = {spelt(name) for name in side} | {"", ANY_OTHER}
            names = {pair[column] for pair in self.pairs}
            lost |= {name for name in names if spelt(name) not in known}
        return sorted(lost)

    @property
    def leaves_out_others(self) -> bool:
        """Whether detections of classes that the truth lacks are left out."""
        return ("", ANY_OTHER) in self.pairs

    @cached_property
    def _left_out(self) -> frozenset[str]:
        return frozenset(spelt(d) for t, d in self.pairs if not t)

    @cached_property
    def _scored_as(self) -> dict[tuple[str, str], str]:
        """(side, name) -> class, for every name in a full pair. Raises ValueError."""
        to: dict[str, set[str]] = {}
        back: dict[str, set[str]] = {}
        for truth, detection in self.pairs:
            if truth and detection:
                t, d = spelt(truth), spelt(detection)
                to.setdefault(t, set()).add(d)
                back.setdefault(d, set()).add(t)
        scored_as: dict[tuple[str, str], str] = {}
        for truth, detections in to.items():
            for detection in detections:
                if len(detections) > 1 and len(back[detection]) > 1:
                    raise ValueError(f"{truth} and {detection} both have several partners")
                one = truth if len(back[detection]) == 1 else detection
                scored_as["truth", truth] = scored_as["detection", detection] = one
        return scored_as
