"""Parquet: one table, a row a symbol, for pandas, Polars, DuckDB and the like.

Columns: page, width, height, interline, dpi, source_file, source_page, document, licence,
page_attributes of the page; class, x0, y0, x1, y1 (pixels, half-open), score, symbol_id,
outlinks, oriented_box (x, y of four corners), ink_area, second_name, attributes of the symbol.
Attributes are JSON texts. A page without symbols is a row without class. The rows of a page
stand together. Read are tables of others, too, that have page, width, height, class and box.
Needs pyarrow (extra `parquet`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from deepscores_tools.errors import InputError, reason
from deepscores_tools.formats.broken import BROKEN, said
from deepscores_tools.formats.folders import files_of
from deepscores_tools.formats.limits import checked_coordinates, checked_size
from deepscores_tools.formats.losses import Losses, count_symbol_losses
from deepscores_tools.formats.pictures import first_file, place_picture
from deepscores_tools.formats.values import corners, facts_of, flat, optional, page_facts, plain
from deepscores_tools.page_names import KeyGuard, inside
from deepscores_tools.symbols import Attribute, Box, Page, Symbol
from deepscores_tools.whole_file import write_whole

TABLE = "symbols.parquet"
IMAGES = "images"
GROUP = 50_000  # rows that are written and read at a time
NEEDED = ("page", "width", "height", "class", "x0", "y0", "x1", "y1")


def recognises(file: Path, head: bytes) -> bool:
    """Whether the file begins as Parquet files do."""
    return head.startswith(b"PAR1")


def write(pages: Iterable[Page], out: Path) -> None:
    """Write pages to the file `out`, if it ends in .parquet, or to symbols.parquet in a folder.

    A folder gets the pictures, too, in images/. Warns once of masks, which are lost. Raises
    InputError.
    """
    pa, pq = _pyarrow(out)
    single = out.suffix.lower() == ".parquet"
    guard, losses = KeyGuard(out), Losses("parquet")
    sink = pa.BufferOutputStream()  # some 20 bytes a symbol
    with pq.ParquetWriter(sink, _schema(pa), compression="zstd") as writer:
        rows: list[dict[str, Any]] = []
        for page in pages:
            guard.check(page.name)
            name = inside(page.name, out)
            if not single:
                name = place_picture(page, name, out / IMAGES)
            rows += _rows(replace(page, name=name))
            for symbol in page.symbols:
                count_symbol_losses(losses, symbol, _HELD)
            if len(rows) >= GROUP:
                writer.write_table(_table(pa, rows, out))
                rows = []
        writer.write_table(_table(pa, rows, out))
    write_whole(out if single else out / TABLE, sink.getvalue().to_pybytes())
    losses.warn()


_HELD = frozenset(("score", "outlinks", "oriented_box", "ink_area", "second_name", "attributes"))


def _pyarrow(path: Path) -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(path, "parquet needs pyarrow; pip install pyarrow") from error
    return pyarrow, pyarrow.parquet


def _schema(pa: Any) -> Any:
    text, real, whole = pa.string(), pa.float64(), pa.int64()
    return pa.schema(
        {
            "page": text, "width": pa.int32(), "height": pa.int32(), "interline": real,
            "dpi": real, "source_file": text, "source_page": whole, "document": text,
            "licence": text, "page_attributes": text, "class": text, "x0": real, "y0": real,
            "x1": real, "y1": real, "score": real, "symbol_id": whole,
            "outlinks": pa.list_(whole), "oriented_box": pa.list_(real), "ink_area": whole,
            "second_name": text, "attributes": text,
        }
    )  # fmt: skip


def _table(pa: Any, rows: Sequence[Mapping[str, Any]], out: Path) -> Any:
    try:
        return pa.Table.from_pylist(rows, _schema(pa))
    except (OverflowError, pa.ArrowException) as error:
        raise InputError(
            out, f"a column cannot hold a value of these pages ({error}); write coco"
        ) from error


def _rows(page: Page) -> Iterator[dict[str, Any]]:
    of_page = {
        "page": page.name, "width": page.width, "height": page.height,
        **facts_of(page), "page_attributes": _json(page.attributes),
    }  # fmt: skip
    if not page.symbols:
        yield of_page
    for s in page.symbols:
        yield of_page | {
            "class": s.name, "x0": s.box.x0, "y0": s.box.y0, "x1": s.box.x1, "y1": s.box.y1,
            "score": s.score, "symbol_id": s.id, "outlinks": list(s.outlinks) or None,
            "oriented_box": flat(s.oriented_box) if s.oriented_box else None,
            "ink_area": s.ink_area, "second_name": s.second_name,
            "attributes": _json(s.attributes),
        }  # fmt: skip


def _json(attributes: Mapping[str, Attribute]) -> str | None:
    return json.dumps(dict(attributes), ensure_ascii=False) if attributes else None


def read(path: Path) -> Iterator[Page]:
    """The pages of a Parquet file, or of a folder of them, in the order of their rows.

    A picture is looked for in images/ and beside the file. Raises InputError.
    """
    guard = KeyGuard(path)
    for file in files_of(path, ".parquet"):
        for name, rows in groupby(_read_rows(file), key=lambda row: row["page"]):
            try:
                page = _page(str(name), list(rows), file.parent)
            except BROKEN as error:
                raise InputError(file, f"page {str(name)[:60]}: {said(error)}") from error
            guard.check(page.name)
            yield page


def _read_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    pa, pq = _pyarrow(file)
    try:
        with pq.ParquetFile(file) as table:
            missing = [name for name in NEEDED if name not in table.schema_arrow.names]
            if missing:
                raise InputError(file, f"has no column {missing[0]}; needed: {', '.join(NEEDED)}")
            for batch in table.iter_batches(GROUP):
                yield from batch.to_pylist()
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise InputError(file, f"cannot be read as Parquet: {reason(error)}") from error


def _page(name: str, rows: Sequence[Mapping[str, Any]], folder: Path) -> Page:
    first = rows[0]
    width, height = checked_size(first["width"], first["height"])
    return Page(
        name=name,
        width=width,
        height=height,
        symbols=[_symbol(row) for row in rows if row["class"] is not None],
        image=first_file((folder / IMAGES / inside(name, folder), folder / name)),
        attributes=_attributes(first.get("page_attributes")),
        **page_facts(first),
    )


def _symbol(row: Mapping[str, Any]) -> Symbol:
    oriented = row.get("oriented_box")
    return Symbol(
        name=str(row["class"]),
        box=Box(*checked_coordinates(row[side] for side in ("x0", "y0", "x1", "y1"))),
        id=optional(int, row.get("symbol_id")),
        score=optional(float, row.get("score")),
        oriented_box=corners(oriented) if oriented else None,
        outlinks=tuple(int(link) for link in row.get("outlinks") or ()),
        ink_area=optional(int, row.get("ink_area")),
        second_name=optional(str, row.get("second_name")),
        attributes=_attributes(row.get("attributes")),
    )


def _attributes(text: str | None) -> Mapping[str, Attribute]:
    return plain(json.loads(text)) if text else {}
