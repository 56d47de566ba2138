"""What a run of detections writes into its folder (run_folder.py), and what it may write over."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.errors import InputError, reason
from deepscores_tools.failures import FAILURES
from deepscores_tools.formats import coco, csv, mung
from deepscores_tools.formats.coco_read import DETECTIONS
from deepscores_tools.package_version import package_version
from deepscores_tools.symbols import Page
from deepscores_tools.whole_file import remove_parts, write_whole

from . import spool
from .overlay import overlay_png
from .run_folder import INPUTS, OVERLAY, RUN, SPOOL, VIEW
from .spool import Origin

FORMATS = ("coco", "mung", "csv")
_SUFFIXES = {"mung": ".xml", "csv": ".csv", OVERLAY: ".png"}  # of the kinds with a file a page


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What decides the content of OUT. The device does not: a run may be resumed on another.

    model: a released one's name or a folder, for who looks at the run; its hash is what counts.
    """

    model: str
    model_hash: str
    formats: tuple[str, ...] = ("coco",)
    overlay: bool = False
    min_score: float | None = None

    def record(self) -> dict[str, object]:
        """As run.json holds it."""
        formats = [name for name in FORMATS if name in self.formats]
        return {**asdict(self), "formats": formats, "version": package_version()}


class Outputs:
    """OUT, opened for one run. No other process may write into it meanwhile: see folder_lock."""

    def __init__(self, out: Path, options: RunOptions, *, overwrite: bool = False) -> None:
        """Open OUT, new or of a run with the same options.

        overwrite: forget the pages of an earlier run, whatever its options. Raises InputError
        for a run with other options, or where OUT cannot be written.
        """
        self.out = out
        self.options = options
        self.spool = out / SPOOL
        if overwrite:
            self._clear()
        else:
            self._refuse_other_options()
        for folder in (out, self.spool, *(out / kind for kind in _SUFFIXES)):
            remove_parts(folder)
        write_whole(out / RUN, json.dumps(options.record(), indent=1) + "\n")

    def finished(self, key: str, origin: Origin) -> Page | None:
        """The page of this key if it is done, with all its files, from this very picture. One of
        another picture, which that file held before, is removed.

        Raises InputError where another file, still there, gave the page of this key.
        """
        found = spool.load(spool.spool_file(self.spool, key))
        if found is None:
            return None
        page, before = found
        if before.picture == origin.picture:
            return page if all(self.file(kind, key).is_file() for kind in self._kinds()) else None
        if before.file != origin.file and Path(before.file).exists():
            raise InputError(
                origin.file,
                f"{self.out} holds a page of this name from {before.file}; give another -o, or "
                "detect both in one run of the folder above them",
            )
        self._remove(page)  # whether its successor can be read or not
        return None

    def file(self, kind: str, key: str) -> Path:
        """Where a page's MuNG, CSV or overlay lies."""
        return self.out / kind / (key + _SUFFIXES[kind])

    def add(self, page: Page, origin: Origin, gray: NDArray[np.uint8]) -> None:
        """Take in a detected page: write the files that are its own, then put it into the spool."""
        if self.options.overlay:
            write_whole(self.file(OVERLAY, page.key), overlay_png(gray, page))
        for kind, write in (("mung", mung.write_page), ("csv", csv.write_page)):
            if kind in self.options.formats:
                write(page, self.file(kind, page.key))
        spool.save(page, origin, self.spool)

    def assemble(
        self, classes: Sequence[str], files: Collection[str], keys: Collection[str]
    ) -> None:
        """Write the joint file from the spool: every page of OUT, in sorted order.

        classes: the detector's, which become the categories. files: those that were gone through,
        and had the pages of these keys; what they had before goes. Without any page there is no
        joint file, unless an earlier run wrote one.
        """
        joint = self.out / DETECTIONS
        pages = self._remaining(files, keys)
        if "coco" in self.options.formats and (joint.exists() or any(self.spool.glob("*.json"))):
            coco.write(pages, joint, classes)
        deque(pages, maxlen=0)  # without a joint file they are gone through all the same

    def _remaining(self, files: Collection[str], keys: Collection[str]) -> Iterator[Page]:
        for page, origin in spool.entries(self.spool):
            if origin.file in files and page.key not in keys:
                self._remove(page)
            else:
                yield page

    def _remove(self, page: Page) -> None:
        spool.spool_file(self.spool, page.key).unlink(missing_ok=True)
        for kind in _SUFFIXES:
            self.file(kind, page.key).unlink(missing_ok=True)

    def _kinds(self) -> list[str]:
        """Of what this run writes a file for each page."""
        asked = (*self.options.formats, *([OVERLAY] if self.options.overlay else []))
        return [kind for kind in _SUFFIXES if kind in asked]

    def _refuse_other_options(self) -> None:
        file = self.out / RUN
        if not file.exists():
            if (self.out / DETECTIONS).exists():
                raise InputError(
                    self.out / DETECTIONS,
                    f"is there already, without the {RUN} of ours; give another -o, or --overwrite",
                )
            return
        try:
            earlier = json.loads(file.read_bytes())
            theirs, ours = dict(earlier), self.options.record()
        except (OSError, ValueError, TypeError) as error:
            raise InputError(file, f"cannot be read ({reason(error)}); use --overwrite") from None
        differing = sorted(
            key for key in {*theirs, *ours} - {"model"} if theirs.get(key) != ours.get(key)
        )
        if differing:
            what = ", ".join(key.replace("_", " ") for key in differing)
            raise InputError(
                self.out,
                f"holds a run with other options ({what}); give another -o, or --overwrite",
            )

    def _clear(self) -> None:
        """Remove what earlier runs wrote, and nothing else that may lie in OUT."""
        for page, _ in spool.entries(self.spool):
            self._remove(page)
        for name in (RUN, INPUTS, DETECTIONS, VIEW, FAILURES):
            (self.out / name).unlink(missing_ok=True)
