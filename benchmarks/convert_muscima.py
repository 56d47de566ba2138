"""Seconds and memory to convert MUSCIMA++ (MuNG, masks and links) to COCO without images.

    python -m benchmarks.convert_muscima MUSCIMA [--repeat 3]

MUSCIMA is the folder with annotations/. Target, 120 pages and 88,106 objects on two free cores:
20 s of processor time, 12 s by the wall clock. The least of the repetitions is the figure on a
busy machine.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from deepscores_tools.conversion import write_dataset
from deepscores_tools.dataset_reading import open_pages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="the folder of MUSCIMA++ 2.x")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    print(f"{'CPU s':>7} {'wall s':>7} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.repeat):
            processor, wall = time.process_time(), time.perf_counter()
            out = Path(folder) / "muscima.json"
            counts = write_dataset(open_pages(options.dataset), out, "coco")
            processor, wall = time.process_time() - processor, time.perf_counter() - wall
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{processor:7.1f} {wall:7.1f} {peak:8.0f}", flush=True)
        megabytes = out.stat().st_size / 1e6
    print(f"{counts['pages']} pages, {counts['symbols']} objects, {megabytes:.0f} MB of JSON")


if __name__ == "__main__":
    main()
