"""Batches: one failure stops no other, nothing is done twice, whatever interrupts them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deepscores_tools.errors import InputError
from deepscores_tools.failures import write_failures
from deepscores_tools.folder_lock import only_writer
from deepscores_tools.page_sources import find_pages
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.whole_folder import whole_folder
from omr.batch import PageResult, detect_batch
from omr.outputs import Outputs, RunOptions

OPTIONS = RunOptions(model="fake", model_hash="0", formats=("coco", "mung", "csv"), overlay=True)


class Fake:
    """One stem a page. Notes the gray level of what it is shown, and may fail at one."""

    classes = ("stem",)

    def __init__(self, failing: int = -1, error: BaseException | None = None) -> None:
        self.seen: list[int] = []
        self.failing, self.error = failing, error

    def detect(self, image: NDArray[np.uint8], *, min_score: float | None = None) -> Page:
        level = int(image[0, 0])
        self.seen.append(level)
        if level == self.failing and self.error is not None:
            raise self.error
        height, width = image.shape
        stem = Symbol(name="stem", box=Box(2, 2, 4, 9 + level), score=0.5)
        return Page(name="page", width=width, height=height, symbols=[stem], interline=9.0)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "book").mkdir()
    for level in range(8):
        Image.new("L", (30, 40), level).save(tmp_path / "book" / f"{level}.png")
    return tmp_path / "book"


def run(
    detector: Fake, book: Path, out: Path, jobs: int = 1, **further: object
) -> list[PageResult]:
    sources, _ = find_pages([book])
    with only_writer(out):
        return detect_batch(detector, sources, Outputs(out, OPTIONS), jobs=jobs, **further)  # type: ignore[arg-type]


def content(out: Path) -> dict[str, bytes]:
    return {str(f.relative_to(out)): f.read_bytes() for f in out.rglob("*") if f.is_file()}


@pytest.mark.parametrize("jobs", [1, 3])
def test_pages_come_in_order_whatever_the_jobs(book: Path, tmp_path: Path, jobs: int) -> None:
    reported: list[str] = []
    results = run(
        Fake(), book, tmp_path / "out", jobs, report=lambda r: reported.append(r.source.name)
    )
    assert reported == [r.source.name for r in results] == [f"{n}.png" for n in range(8)]
    run(Fake(), book, tmp_path / "once")
    assert content(tmp_path / "out") == content(tmp_path / "once")


@pytest.mark.parametrize("jobs", [1, 3])
def test_an_interrupted_run_goes_on_where_it_was(book: Path, tmp_path: Path, jobs: int) -> None:
    def interrupt(result: PageResult) -> None:
        if result.source.name == "4.png":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Fake(), book, tmp_path / "out", jobs, report=interrupt)
    assert len(list((tmp_path / "out" / "pages").iterdir())) == 5, "page by page"
    assert len(list((tmp_path / "out" / "mung").iterdir())) == 5
    (tmp_path / "out" / "mung" / ".a.xml.77.part").touch()  # of a process that was killed
    again = Fake()
    results = run(again, book, tmp_path / "out", jobs)
    assert sorted(again.seen) == [5, 6, 7]
    assert [r.kept for r in results] == [True] * 5 + [False] * 3
    run(Fake(), book, tmp_path / "once")
    assert content(tmp_path / "out") == content(tmp_path / "once")


def test_a_page_of_another_book_by_the_same_name_is_refused(book: Path, tmp_path: Path) -> None:
    run(Fake(), book, tmp_path / "out")
    other = tmp_path / "other"
    other.mkdir()
    for name, level in (("3.png", 30), ("9.png", 9)):
        Image.new("L", (40, 30), level).save(other / name)
    results = run(Fake(), other, tmp_path / "out")
    assert ["holds a page of this name" in str(r.failure) for r in results] == [True, False]
    assert len(list((tmp_path / "out" / "pages").iterdir())) == 9
    Image.new("L", (40, 30), 31).save(book / "3.png")  # the same file, scanned anew
    again = Fake()
    run(again, book, tmp_path / "out")
    assert again.seen == [31]


def test_pages_that_are_gone_or_broken_do_not_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    leaves = [Image.new("L", (40, 30), level) for level in (10, 20, 30)]

    def pages(file: Path) -> list[str]:
        run(Fake(), file, out)
        joint = json.loads((out / "detections.json").read_bytes())
        assert len(list((out / "csv").iterdir())) == len(joint["images"])
        return [image["file_name"] for image in joint["images"]]

    leaf, book = tmp_path / "a.png", tmp_path / "book.tif"
    leaves[0].save(leaf)
    assert pages(leaf) == ["a.png"]
    leaf.write_bytes(leaf.read_bytes()[:50])
    assert pages(leaf) == []
    leaves[0].save(book, save_all=True, append_images=leaves[1:])
    assert pages(book) == ["book-001.tif", "book-002.tif", "book-003.tif"]
    leaves[0].save(book, save_all=True, append_images=leaves[1:2])
    assert pages(book) == ["book-001.tif", "book-002.tif"]


def test_a_page_with_a_file_missing_is_done_again(book: Path, tmp_path: Path) -> None:
    run(Fake(), book, tmp_path / "out")
    (tmp_path / "out" / "csv" / "3.csv").unlink()
    again = Fake()
    run(again, book, tmp_path / "out")
    assert again.seen == [3]


@pytest.mark.parametrize(
    "error",
    [
        InputError("a", "b"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: no memory"),
        cv2.error("(-4:Insufficient memory)"),
    ],
)
def test_one_failure_stops_no_other(book: Path, tmp_path: Path, error: Exception) -> None:
    results = run(Fake(failing=2, error=error), book, tmp_path / "out", jobs=2)
    assert [r.source.name for r in results if r.failure] == ["2.png"]
    assert len(list((tmp_path / "out" / "pages").iterdir())) == 7


def test_an_output_that_cannot_be_written_ends_the_run(book: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mung").touch()
    detector = Fake()
    with pytest.raises(InputError, match="mung"):
        run(detector, book, tmp_path / "out")
    assert len(detector.seen) < 8, "pages that nobody will see are not computed"


def test_few_pages_are_in_memory_at_a_time(book: Path, tmp_path: Path) -> None:
    begun, finished, most = 0, 0, 0
    lock = threading.Lock()

    class Counting(Fake):
        def detect(self, image: NDArray[np.uint8], *, min_score: float | None = None) -> Page:
            nonlocal begun, most
            with lock:
                begun += 1
                most = max(most, begun - finished)
            return super().detect(image, min_score=min_score)

    def report(_: PageResult) -> None:
        nonlocal finished
        with lock:
            finished += 1

    run(Counting(), book, tmp_path / "out", 2, report=report)
    assert most <= 4


def test_failures_are_listed_and_forgotten(tmp_path: Path) -> None:
    write_failures([InputError("a,b.png", 'no "music"')], tmp_path)
    with (tmp_path / "failures.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["where", "problem"], ["a,b.png", 'no "music"']]
    write_failures([], tmp_path)
    assert not (tmp_path / "failures.csv").exists()


def test_one_process_at_a_time_writes(tmp_path: Path) -> None:
    with (
        only_writer(tmp_path),
        pytest.raises(InputError, match="another process"),
        only_writer(tmp_path),
    ):
        pass
    with only_writer(tmp_path):
        pass


def test_folders_left_by_killed_processes_go(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    others = {f".out.{os.getppid()}.part", ".other.1.part", ".out.part"}
    for name in {f".out.{ended.pid}.part"} | others:
        (tmp_path / name).mkdir()
    with whole_folder(tmp_path / "out") as part:
        (part / "a").touch()
    assert {path.name for path in tmp_path.iterdir()} == {"out"} | others
