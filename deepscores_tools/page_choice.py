"""Which pages of a dataset are meant: by an attribute, such as the writer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Attribute, Page


@dataclass(frozen=True, slots=True)
class Condition:
    """That an attribute of the page is one of these values or, if `negated`, none of them."""

    attribute: str
    values: Sequence[str]
    negated: bool = False

    def holds(self, attributes: Mapping[str, Attribute]) -> bool:
        """Values are compared as text; a page without the attribute has none of them."""
        value = attributes.get(self.attribute)
        return (value is not None and str(value) in self.values) != self.negated


def parse_spec(spec: str) -> tuple[Path, list[Condition]]:
    """Path and conditions of a text such as `PATH#writer!=07,19&piece=05`.

    A file that is really called like that is taken as it is. Raises InputError.
    """
    if not spec:
        raise InputError("''", "an empty name for a dataset; is a variable of the shell unset?")
    path, mark, filters = spec.rpartition("#")
    if not mark or "=" not in filters or Path(spec).exists():
        return Path(spec), []
    return Path(path), [_condition(text, spec) for text in filters.split("&")]


def fits(attributes: Mapping[str, Attribute], conditions: Sequence[Condition]) -> bool:
    """Whether all conditions hold."""
    return all(condition.holds(attributes) for condition in conditions)


def may_fit(known: Mapping[str, Attribute], conditions: Sequence[Condition]) -> bool:
    """Whether all may hold of a page some of whose attributes are known."""
    return all(c.holds(known) for c in conditions if c.attribute in known)


def select(pages: Iterable[Page], conditions: Sequence[Condition], name: str) -> Iterator[Page]:
    """The pages for which all conditions hold; `name` is what errors call the dataset.

    Raises InputError where there are conditions and not one page fits.
    """
    if not conditions:
        yield from pages
        return
    found = False
    seen: set[str] = set()
    for page in pages:
        seen.update(page.attributes)
        if fits(page.attributes, conditions):
            found = True
            yield page
    if not found:
        known = f"; the pages' attributes are: {', '.join(sorted(seen))}" if seen else ""
        raise InputError(name, f"no page fits{known}")


def _condition(text: str, spec: str) -> Condition:
    attribute, mark, values = text.partition("=")
    negated = attribute.endswith("!")
    attribute = attribute.removesuffix("!").strip()
    if not mark or not attribute:
        raise InputError(spec, f"{text!r} is not of the form attribute=value,... or !=value,...")
    return Condition(attribute, tuple(v.strip() for v in values.split(",")), negated)
