"""The folder that `omr detect` writes: what lies where, and where its pages came from.

OUT/run.json             the options of the run
OUT/inputs.json          the files and folders that it was given
OUT/pages/<page>.json    the spool of finished pages
OUT/detections.json      COCO, all pages; named where COCO is read
OUT/mung/<page>.xml      OUT/csv/<page>.csv      OUT/overlay/<page>.png
OUT/failures.csv         what could not be done, where that is anything
OUT/view.html            the viewer
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from deepscores_tools.page_choice import parse_spec
from deepscores_tools.picture_source import PictureSource
from deepscores_tools.whole_file import write_whole

RUN = "run.json"
INPUTS = "inputs.json"
SPOOL = "pages"
OVERLAY = "overlay"
VIEW = "view.html"


def is_run(path: Path) -> bool:
    """Whether a folder was written by `omr detect`, in whatever formats."""
    return (path / RUN).is_file() and (path / SPOOL).is_dir()


def is_overlay(folder: Path) -> bool:
    """Whether a folder holds the overlays of a run."""
    return folder.name == OVERLAY and is_run(folder.parent)


def note_inputs(out: Path, inputs: Iterable[Path]) -> None:
    """Add files and folders to those that OUT's pages came from, the latest last.

    A page whose name an earlier one had already was refused while that one's file was there.
    """
    paths = dict.fromkeys([*_noted(out), *(str(path.absolute()) for path in inputs)])
    write_whole(out / INPUTS, json.dumps({"inputs": list(paths)}, indent=1) + "\n")


def pictures_of(spec: str, images: Path | None) -> PictureSource:
    """Of a dataset, the pictures in `images`; where that is not said, those a run was given."""
    path, _ = parse_spec(spec)
    return PictureSource(*([images] if images is not None else _run_inputs(path)))


def _run_inputs(out: Path) -> list[Path]:
    """The files and folders noted in OUT, or beside a file of OUT, that are still at hand."""
    folder = out if out.is_dir() else out.parent
    return [path for path in map(Path, _noted(folder)) if path.exists()]


def _noted(out: Path) -> list[str]:
    try:
        return [str(path) for path in json.loads((out / INPUTS).read_bytes())["inputs"]]
    except (OSError, ValueError, TypeError, KeyError):
        return []
