"""Whether others read MUSCIMA++ as we do, before and after we wrote it.

    python -m benchmarks.muscima_agreement MUSCIMA

Every page, field by field: the `mung` package on the files as they are and as we write them;
pycocotools on the masks of the COCO that we write. Exits with 1 after the first difference.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from mung.io import read_nodes_from_file
from pycocotools import mask as pycocotools_mask
from pycocotools.coco import COCO
from tqdm import tqdm

from deepscores_tools.formats import coco, mung
from deepscores_tools.links import ONE_SIDED, one_sided
from deepscores_tools.symbols import Page


def mung_differences(file: Path, page: Page) -> Iterator[str]:
    """Where the `mung` package reads a file otherwise than we did."""
    nodes = read_nodes_from_file(str(file))
    inlinks: dict[int | None, set[int | None]] = {s.id: set(one_sided(s)) for s in page.symbols}
    for symbol in page.symbols:
        for link in symbol.outlinks:
            inlinks[link].add(symbol.id)
    if len(nodes) != len(page.symbols):
        yield f"{file}: {len(nodes)} nodes, {len(page.symbols)} symbols"
    for node, s in zip(nodes, page.symbols, strict=False):
        data = {k: json.dumps(v) if isinstance(v, list) else v for k, v in node.data.items()}
        pairs = {
            "id": (node.id, s.id),
            "class": (node.class_name, s.name),
            "box": ((node.left, node.top, node.right, node.bottom), tuple(s.box)),
            "outlinks": (tuple(node.outlinks), s.outlinks),
            "inlinks": (set(node.inlinks), inlinks[s.id]),
            "mask": (node.mask is None, s.mask is None),
            "data": (data, {k: v for k, v in s.attributes.items() if k != ONE_SIDED}),
            "document": (node.document, page.document),
            "dataset": (node.dataset, page.attributes.get("dataset")),
        }
        for field, (theirs, ours) in pairs.items():
            if theirs != ours:
                yield f"{file}, node {node.id}, {field}: mung {theirs}, we {ours}"
        if s.mask is not None and node.mask is not None and (node.mask != s.mask).any():
            yield f"{file}, node {node.id}: other mask"


def coco_differences(pages: Iterator[Page], file: Path) -> Iterator[str]:
    """Where pycocotools decodes other masks than the symbols have."""
    with redirect_stdout(None):  # which tells what it does
        theirs = COCO(str(file))
    for number, page in enumerate(pages, 1):
        rows = theirs.imgToAnns[number]
        for row, s in zip(rows, page.symbols, strict=True):
            if s.mask is None:
                continue
            x0, y0, x1, y1 = (int(v) for v in s.box)
            inside = theirs.annToMask(row)[y0:y1, x0:x1]
            # Its area is that of the runs; counting the whole page's pixels would take longer.
            ink = int(pycocotools_mask.area(theirs.annToRLE(row)))
            if (inside != s.mask).any() or ink != np.count_nonzero(s.mask):
                yield f"{page.name}, {s.id}: other mask"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="the folder of MUSCIMA++ 2.x")
    counts: Counter[str] = Counter()
    files = mung.files(parser.parse_args().dataset)
    with tempfile.TemporaryDirectory() as folder:
        for file in tqdm(files, disable=None):
            page = mung.read_page(file)
            written = Path(folder, file.name)
            mung.write_page(page, written)
            joint = Path(folder, "page.json")
            coco.write([page], joint)
            for difference in (
                *mung_differences(file, page),
                *mung_differences(written, page),
                *coco_differences(iter([page]), joint),
            ):
                print(difference)
                return 1
            counts.update(pages=1, symbols=len(page.symbols))
            counts["masks"] += sum(s.mask is not None for s in page.symbols)
            counts["links"] += sum(len(s.outlinks) for s in page.symbols)
    print(", ".join(f"{count} {what}" for what, count in counts.items()), "agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
