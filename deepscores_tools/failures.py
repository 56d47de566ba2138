"""failures.csv: what a long run could not do, beside what it did."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from deepscores_tools.errors import InputError
from deepscores_tools.whole_file import write_whole

FAILURES = "failures.csv"


def write_failures(failures: Sequence[InputError], folder: Path) -> None:
    """Write failures.csv, a row each; where there are none, remove an earlier run's. InputError."""
    file = folder / FAILURES
    if not failures:
        file.unlink(missing_ok=True)
        return
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("where", "problem"))
    writer.writerows((failure.where, failure.problem) for failure in failures)
    write_whole(file, table.getvalue())
