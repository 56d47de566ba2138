"""The HTML file: our page, style and scripts, and between them the pages, one after another."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, TextIO

from deepscores_tools.errors import InputError
from deepscores_tools.whole_file import whole_stream

from ..overlay import FAMILIES
from .colours import class_colours, class_families
from .page_record import PageRecords, ViewedPage
from .picture import picture_uri

SCRIPTS = ("book.js", "canvas.js", "gestures.js", "panels.js", "review.js", "keys.js")
"""In the order they are run: each uses those before it."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is in a file that was written. without_picture: names of pages.

    thresholds: whether symbols below those of a model are hidden at first.
    """

    pages: int
    symbols: int
    without_picture: tuple[str, ...]
    thresholds: bool


def write_document(
    viewed: Iterable[ViewedPage],
    file: Path,
    records: PageRecords,
    *,
    title: str,
    thresholds: Mapping[str, float] | None = None,
    full: bool = False,
) -> Written:
    """Write the viewer of some pages, taken one at a time; the file appears whole.

    thresholds: score per class above which a detection counts, None where no model is known.
    full: pictures at full resolution. Raises InputError where there is no page, or no picture
    of any, and where the file cannot be written.
    """
    style, script = _part("viewer.css"), "\n".join(map(_part, SCRIPTS))
    head, body = _part("viewer.html").split("<!-- pages -->")
    identity = hashlib.sha256()
    symbols, names, missing = 0, 0, []
    with whole_stream(file) as stream:
        stream.write(
            head.replace("{{title}}", html.escape(title))
            .replace("{{policy}}", _policy(style, script))
            .replace("/* style */", style)
        )
        for page in viewed:
            record = records.record(page)
            text = json_for_script(record)
            identity.update(text.encode())
            symbols, names = symbols + len(record["symbols"]), names + 1
            picture = "" if page.gray is None else picture_uri(page.gray, full=full)
            if not picture:
                missing.append(page.page.name)
            _write_page(stream, page.page.name, text, picture)
        if len(missing) == names:
            raise InputError(*_nothing_to_show(title, missing))
        book = {
            "title": title,
            "id": identity.hexdigest()[:16],
            "classes": _classes(records.classes, thresholds),
            "families": [family.title for family in FAMILIES],
            "thresholds": thresholds is not None,
        }  # fmt: skip
        text = json_for_script(book)
        stream.write(f'<script type="application/json" class="book">{text}</script>\n')
        stream.write(body.replace("/* script */", script))
    return Written(names, symbols, tuple(missing), thresholds is not None)


def json_for_script(value: Any) -> str:
    """JSON that no text in it can break out of a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _write_page(stream: TextIO, name: str, record: str, picture: str) -> None:
    named = f'class="page" data-name="{html.escape(name)}"'
    stream.write(f'<script type="application/json" {named}>{record}</script>\n')
    stream.write(f'<script type="text/plain" class="picture">{picture}</script>\n')


def _nothing_to_show(title: str, missing: list[str]) -> tuple[str, str]:
    if not missing:
        return title, "holds no page"
    return missing[0], "there is no picture of it, nor of any other page; say with --images where" \
        " the pages are that were given to omr detect"  # fmt: skip


def _classes(
    names: tuple[str, ...], thresholds: Mapping[str, float] | None
) -> list[dict[str, Any]]:
    rows = zip(names, class_families(names), class_colours(names), strict=True)
    limits = thresholds or {}
    return [
        {"name": name, "family": family, "colour": colour, "threshold": limits.get(name, 0)}
        for name, family, colour in rows
    ]


def _policy(style: str, script: str) -> str:
    return (
        "default-src 'none'; img-src data: blob:; "
        f"style-src 'sha256-{_hash(style)}'; script-src 'sha256-{_hash(script)}'"
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
