"""Where the pictures of a run lie: `omr detect` notes what it was given, others look there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from deepscores_tools.whole_file import write_whole

INPUTS = "inputs.json"


def note_inputs(out: Path, inputs: Iterable[Path]) -> None:
    """Add files and folders to those that OUT's pages came from, the latest first."""
    paths = dict.fromkeys([*(str(path.resolve()) for path in inputs), *_noted(out)])
    write_whole(out / INPUTS, json.dumps({"inputs": list(paths)}, indent=1) + "\n")


def run_inputs(out: Path) -> list[Path]:
    """The files and folders noted in OUT, or beside a file of OUT, that are still at hand."""
    folder = out if out.is_dir() else out.parent
    return [path for path in map(Path, _noted(folder)) if path.exists()]


def _noted(out: Path) -> list[str]:
    try:
        return [str(path) for path in json.loads((out / INPUTS).read_bytes())["inputs"]]
    except (OSError, ValueError, TypeError, KeyError):
        return []
