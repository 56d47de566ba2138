"""XML of unknown origin, element by element: no entity is expanded, nothing is fetched.

None of the formats has a DOCTYPE, so a file that has one is refused: entities left where they
stand would silently shorten the texts around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from deepscores_tools.errors import InputError, reason


def root_of(file: Path, tag: str) -> etree._Element:
    """The root element of a file, with its attributes alone; the rest is not read.

    Raises InputError where it has another tag, or a DOCTYPE before it.
    """
    for root in _parsed(file, "start", None):
        if root.getroottree().docinfo.internalDTD is not None:
            raise InputError(file, "has a DOCTYPE, which may declare entities; remove it")
        if root.tag != tag:
            raise InputError(file, f"the root element is <{root.tag}>, not <{tag}>")
        return root
    raise InputError(file, "not XML: no element")


def elements(file: Path, *tags: str) -> Iterator[etree._Element]:
    """The elements of these tags, complete, each emptied when the next is asked for. InputError.

    To be called after `root_of`. Deep nesting is an error.
    """
    for element in _parsed(file, "end", tags):
        yield element
        element.clear()  # keeps the memory to one element's text, whatever the file's size


def _parsed(file: Path, event: str, tags: tuple[str, ...] | None) -> Iterator[etree._Element]:
    try:
        with file.open("rb") as stream:
            parser = etree.iterparse(
                stream, events=(event,), tag=tags, resolve_entities=False, no_network=True,
                load_dtd=False, huge_tree=False, remove_comments=True,
            )  # fmt: skip
            for _, element in parser:
                yield element
    except OSError as error:
        raise InputError(file, f"cannot be read ({reason(error)})") from error
    except etree.XMLSyntaxError as error:
        raise InputError(file, f"not well-formed XML: {error.msg}") from error
