"""Find the symbols on every page of a PDF, and count them.

    python examples/detect_pdf.py score.pdf

`omr detect score.pdf` does this and writes files; here the symbols are Python's.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from deepscores_tools.errors import InputError
from deepscores_tools.page_images import page_images
from omr import Detector


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pdf", type=Path)
    parser.add_argument("--model", default="printed")
    options = parser.parse_args(arguments)
    try:
        detector = Detector.load(options.model)
        for image in page_images([options.pdf]):  # one page in memory at a time, at 300 dpi
            page = detector.detect(image.gray)
            counts = Counter(symbol.name for symbol in page.symbols)
            commonest = ", ".join(f"{count} {name}" for name, count in counts.most_common(5))
            print(f"{image.source.name}: {len(page.symbols)} symbols: {commonest}")
    except InputError as error:  # one line that names the file and the remedy
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
