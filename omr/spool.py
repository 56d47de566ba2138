"""Finished pages of a run, one JSON file each, so that an interrupted run goes on where it was.

A page in the spool is one whose other files are written too: it comes last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class Origin:
    """What a page was found on. picture: its file's hash and place there; file: where that lies."""

    picture: str
    file: str


def spool_file(folder: Path, key: str) -> Path:
    """Where the page with this key lies."""
    return folder / f"{key}.json"


def save(page: Page, origin: Origin, folder: Path) -> None:
    """Put a detected page into the spool."""
    record = {
        "origin": asdict(origin),
        "name": page.name,
        "width": page.width,
        "height": page.height,
        "interline": page.interline,
        "dpi": page.dpi,
        "source": page.source,
        "source_page": page.source_page,
        "attributes": dict(page.attributes),
        "symbols": [
            {"name": s.name, "box": list(s.box), "score": s.score, "attributes": dict(s.attributes)}
            for s in page.symbols
        ],
    }
    write_whole(spool_file(folder, page.key), json.dumps(record))


def load(file: Path) -> tuple[Page, Origin] | None:
    """A page and its origin; None where there is none, or a file that is no page of ours."""
    try:
        record = json.loads(file.read_bytes())
        origin = Origin(**record.pop("origin"))
        symbols = [
            Symbol(name=s["name"], box=Box(*s["box"]), score=s["score"], attributes=s["attributes"])
            for s in record.pop("symbols")
        ]
        return Page(symbols=symbols, **record), origin
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def entries(folder: Path) -> Iterator[tuple[Page, Origin]]:
    """All finished pages and their origins, sorted by key; read one by one."""
    for file in sorted(folder.glob("*.json"), key=lambda file: file.stem):
        found = load(file)
        if found is not None:
            yield found


def pages(folder: Path) -> Iterator[Page]:
    """All finished pages, sorted by key; read one by one."""
    return (page for page, _ in entries(folder))
