"""Detect the pages of a dataset and say how good that was, class by class.

    python examples/evaluate.py truth/

The same as `omr detect` with --min-score 0 and `omr evaluate`, without files between them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats import read_dataset
from omr import Detector
from omr.evaluation import evaluate


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("truth", type=Path, help="a dataset in any format, with pictures")
    parser.add_argument("--model", default="printed")
    options = parser.parse_args(arguments)
    try:
        detector = Detector.load(options.model)
        truth = list(read_dataset(options.truth))
        found = [
            replace(detector.detect(page_image(page), min_score=0.0), name=page.name)
            for page in truth
        ]
        report = evaluate(truth, found)
    except InputError as error:  # one line that names the file and the remedy
        parser.exit(2, f"{error}\n")
    print(f"mAP {report.map:.3f}, AP50 {report.ap50:.3f}")
    for result in report.classes:
        print(f"{result.name:<28} {result.instances:>6} {result.ap:.3f}")


if __name__ == "__main__":
    main()
