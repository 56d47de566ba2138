"""`omr detect` as people use it: what it writes, resumes, refuses and says. No weights needed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bad_files import encrypted_pdf
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from omr_cli.main import main
from PIL import Image

import omr.detector
import omr.model_store
import omr.viewer.viewing  # takes its names before they are patched
from deepscores_tools.formats import coco, mung
from deepscores_tools.symbols import Box, Page, Symbol


class FakeDetector:
    """Finds a notehead on every page that has ink, no staves on blank ones. Counts its calls."""

    classes = ("noteheadBlack", "staff")
    calls = 0

    def detect(self, image: NDArray[np.uint8], *, min_score: float | None = None) -> Page:
        FakeDetector.calls += 1
        height, width = image.shape
        if image.min() == 255:
            notice = {"notice": "no staves found"}
            return Page(name="page", width=width, height=height, attributes=notice)
        scores = [s for s in (0.9, 0.2) if s >= (0.3 if min_score is None else min_score)]
        notes = [Symbol(name="noteheadBlack", box=Box(5.5, 6.25, 17, 15), score=s) for s in scores]
        staff = Symbol(name="staff", box=Box(0, 2, width, 40), score=1.0)
        return Page(name="page", width=width, height=height, symbols=[*notes, staff], interline=9.5)


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = omr.model_store.model_folder
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(FakeDetector, "calls", 0)
    monkeypatch.setattr(
        omr.model_store,
        "model_folder",
        lambda name: Path(name) if name != "unknown" else real(name),
    )
    monkeypatch.setattr(omr.model_store, "model_hash", lambda folder: f"hash of {folder}")
    monkeypatch.setattr(omr.detector.Detector, "load", lambda *_: FakeDetector())


def page(path: str, *, blank: bool = False, more: int = 0) -> str:
    """Write a page of 60 x 80 pixels (TIFF and PDF: and more of them), give back its path."""
    gray = np.full((80, 60), 255, np.uint8)
    if not blank:
        gray[10:20] = 0
    image = Image.fromarray(gray)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **({"save_all": True, "append_images": [image] * more} if more else {}))
    return path


def detect(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["detect", *arguments], catch_exceptions=False)


def images(out: str = "detections") -> dict[str, dict[str, object]]:
    joint = json.loads(Path(out, "detections.json").read_text())
    return {image["file_name"]: image for image in joint["images"]}


def test_defaults() -> None:
    result = detect(page("page.png"))
    assert result.exit_code == 0
    assert result.stdout.startswith("page.png: 2 symbols, 1 staves, interline 9.5 px, ")
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == ""
    assert sorted(path.name for path in Path("detections").iterdir()) == [
        "detections.json",
        "inputs.json",
        "pages",
        "run.json",
    ]
    (read,) = coco.read(Path("detections/detections.json"))
    assert (read.width, read.height, read.interline) == (60, 80, 9.5)
    assert [(s.name, s.box, s.score) for s in read.symbols] == [
        ("noteheadBlack", Box(5.5, 6.25, 17, 15), 0.9),
        ("staff", Box(0, 2, 60, 40), 1.0),
    ]


def test_everything_at_once() -> None:
    page("in/rag/leaf.pdf", more=1)
    page("in/a.png")
    formats = ["-f", "csv", "-f", "coco", "-f", "mung"]
    result = detect("in", "-o", "out", *formats, "--overlay", "--min-score", "0")
    assert result.exit_code == 0, result.output
    keys = ["a", "rag__leaf-001", "rag__leaf-002"]
    for folder, suffix in (("mung", "xml"), ("csv", "csv"), ("overlay", "png"), ("pages", "json")):
        found = sorted(path.name for path in Path("out", folder).iterdir())
        assert found == [f"{key}.{suffix}" for key in keys]
    entry = images("out")["rag/leaf-002.pdf"]
    assert (entry["source_file"], entry["source_page"]) == ("rag/leaf.pdf", 2)
    assert entry["dpi"] == 300
    symbols = next(iter(mung.read(Path("out/mung")))).symbols
    assert symbols[0].box == Box(5, 6, 17, 15)
    assert [s.score for s in symbols if s.name != "staff"] == [0.9, 0.2]
    with Image.open("out/overlay/a.png") as overlay:
        assert overlay.size[0] > 60


def test_resume_keeps_finished_pages_and_equals_one_run() -> None:
    names = [page("a.png"), page("b.png"), page("c.png")]
    detect(names[1])
    result = detect(*names)
    assert FakeDetector.calls == 3
    assert "kept" in result.stdout.splitlines()[1]
    detect(*names, "-o", "once")
    for file in ("detections.json", "run.json"):
        assert Path("detections", file).read_bytes() == Path("once", file).read_bytes()


def test_a_changed_picture_is_done_again() -> None:
    detect(page("a.png"))
    result = detect(page("a.png", blank=True))
    assert "0 symbols" in result.stdout


def test_other_options_are_refused_without_overwrite() -> None:
    page("b.png")
    detect(page("a.png"), "b.png")
    for other in (["--min-score", "0"], ["-f", "mung"], ["--overlay"], ["-m", "another"]):
        result = detect("a.png", *other)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
        assert "--overwrite" in result.stderr
    assert list(images()) == ["a.png", "b.png"]
    assert detect("a.png", "--min-score", "0", "--overwrite").exit_code == 0
    assert list(images()) == ["a.png"]
    assert detect("a.png", "--min-score", "0", "--device", "cpu").exit_code == 0


def test_the_files_of_others_survive_overwrite() -> None:
    page("out/mung/own.png")
    Path("out/pages").mkdir()
    Path("out/pages/notes.json").write_text("{}")
    detect(page("a.png"), "-o", "out", "-f", "mung")
    assert detect("a.png", "-o", "out", "--overwrite").exit_code == 0
    assert Path("out/mung/own.png").exists()
    assert Path("out/pages/notes.json").exists()
    assert not Path("out/mung/a.xml").exists()


def test_bad_files_stop_no_other() -> None:
    Path("empty.png").touch()
    Path("text.png").write_text("Lilium inter spinas")
    Path("locked.pdf").write_bytes(encrypted_pdf())
    Image.new("L", (1, 1)).save("dot.png")
    Path("torn.png").write_bytes(Path(page("good.png")).read_bytes()[:-40])
    bad = ["missing.png", "empty.png", "torn.png", "text.png", "locked.pdf", "dot.png"]
    result = detect(*bad[:3], "good.png", *bad[3:])
    assert result.exit_code == 2
    assert list(images()) == ["good.png"]
    lines = result.stderr.splitlines()
    assert len(lines) == len(bad)
    for name in bad:
        assert sum(line.startswith(f"Error: {name}: ") for line in lines) == 1
    assert result.stdout.startswith("good.png: 2 symbols")


def test_an_empty_name_is_not_the_current_folder() -> None:
    page("one.png")
    for command in (["detect", ""], ["dataset", "info", ""], ["evaluate", "", "x"], ["view", ""]):
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 2
        assert "an empty name" in result.output
    assert FakeDetector.calls == 0


def test_one_page_alone_may_be_bad() -> None:
    result = detect("missing.png")
    assert (result.exit_code, result.stdout, Path("detections").exists()) == (2, "", False)


def test_failures_are_of_the_latest_run() -> None:
    Path("out").mkdir()
    Path("out/failures.csv").write_text("where,problem\nold.png,gone\n")
    assert detect("missing.png", "-o", "out").exit_code == 2
    assert [f.name for f in Path("out").iterdir()] == ["failures.csv"]
    _, *rows = Path("out/failures.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["missing.png"]


def test_unknown_model() -> None:
    result = detect(page("a.png"), "-m", "unknown")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "no such model" in result.stderr


def test_pages_without_staves() -> None:
    page("book/1.png", blank=True)
    page("book/2.png")
    result = detect("book")
    assert result.exit_code == 0
    assert "1.png: 0 symbols" in result.stdout
    assert "no staves found" in result.stdout
    assert list(images()) == ["1.png", "2.png"]

    result = detect("book", page("title.png", blank=True), "-o", "more")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: title.png: no staves")
    assert list(images("more")) == ["1.png", "2.png", "title.png"]


def test_where_nothing_can_be_written() -> None:
    Path("file").touch()
    result = detect(page("a.png"), "-o", "file")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_overlays_are_no_pages_of_the_next_run() -> None:
    page("in/a.png")
    for _ in range(2):
        assert detect("in", "-o", "in/out", "--overlay").exit_code == 0
    assert list(images("in/out")) == ["a.png"]
