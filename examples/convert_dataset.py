"""Take a dataset's noteheads alone, and write them in another format.

    python examples/convert_dataset.py muscima-pp/v2.0 noteheads --to yolo

`omr dataset convert` writes datasets in other formats; from Python, pages may be changed on the
way. They come one at a time, so that memory does not grow with their number.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepscores_tools.conversion import write_dataset
from deepscores_tools.dataset_reading import open_pages
from deepscores_tools.errors import InputError


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dataset")
    parser.add_argument("out", type=Path)
    parser.add_argument("--to", default="coco")
    options = parser.parse_args(arguments)
    try:
        noteheads = (
            replace(page, symbols=[s for s in page.symbols if s.name.startswith("notehead")])
            for page in open_pages(options.dataset)
        )
        counts = write_dataset(noteheads, options.out, options.to)
    except InputError as error:  # one line that names the file and the remedy
        parser.exit(2, f"{error}\n")
    print(f"{options.out}: {counts['pages']} pages, {counts['symbols']} noteheads")


if __name__ == "__main__":
    main()
