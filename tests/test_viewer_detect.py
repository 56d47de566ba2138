"""`omr detect --html`, and `omr view` of what it leaves behind: pictures are found again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from omr_cli.main import main
from PIL import Image
from test_cli_detect import _fake_model, detect, page
from test_viewer import data

import omr.model_store
import omr.viewer.viewing

__all__ = ["_fake_model"]  # an autouse fixture: no weights are needed


@pytest.fixture(autouse=True)
def _thresholds(_fake_model: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(omr.viewer.viewing, "model_thresholds", lambda _: {"noteheadBlack": 0.3})
    for name in ("model_folder", "model_hash"):
        monkeypatch.setattr(omr.viewer.viewing, name, getattr(omr.model_store, name))


def records(file: str) -> list[dict[str, object]]:
    return data(Path(file).read_text(encoding="utf-8"), "page")


def test_html_of_everything_in_out() -> None:
    page("in/rag/leaf.pdf", more=1)
    result = detect("in", "--html", "-o", "out")
    assert result.exit_code == 0, result.output
    assert "out/view.html: 2 pages, 4 symbols, " in result.stdout
    assert detect(page("a.png"), "--html", "-o", "out").exit_code == 0
    found = {record["image"]["file_name"]: record["notice"] for record in records("out/view.html")}  # type: ignore[index]
    assert found == {"a.png": "", "rag/leaf-001.pdf": "", "rag/leaf-002.pdf": ""}


def test_view_finds_the_pictures_again() -> None:
    detect("in", page("a.png"), page("in/b.png"))
    result = CliRunner().invoke(main, ["view", "detections"], catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [record["notice"] for record in records("detections/view.html")] == ["", ""]
    Path("a.png").unlink()
    result = CliRunner().invoke(main, ["view", "detections"], catch_exceptions=False)
    assert result.stderr.startswith("Notice: there is no picture of a.png; say with --images")
    shutil.rmtree("in")
    Path("view.html").unlink(missing_ok=True)
    result = CliRunner().invoke(main, ["view", "detections"], catch_exceptions=False)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_html_is_no_option_of_the_run() -> None:
    detect(page("a.png"))
    assert detect("a.png", "--html").exit_code == 0
    assert "html" not in json.loads(Path("detections/run.json").read_text())


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    detect(page("a.png"))
    Image.fromarray(np.zeros((90, 90), np.uint8)).save("a.png")
    result = CliRunner().invoke(main, ["view", "detections"], catch_exceptions=False)
    assert result.exit_code == 2
    assert "is 90 x 90 pixels, its page 60 x 80" in result.stderr


def test_a_runs_own_pictures_go_with_it() -> None:
    Path("more").mkdir()
    page("more/b.png")
    detect(page("a.png"), "more")
    run = ["dataset", "convert", "detections", "studio", "--to", "labelstudio"]
    result = CliRunner().invoke(main, run, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert {f.name for f in Path("studio/images").iterdir()} == {"a.png", "b.png"}


def test_nothing_to_show() -> None:
    Path("torn.png").write_bytes(Path(page("good.png")).read_bytes()[:-40])
    result = detect("torn.png", "--html")
    assert result.exit_code == 2
    assert not Path("detections/view.html").exists()


@pytest.mark.parametrize("content", ["", "[]", '{"inputs": 3}'])
def test_damaged_notes_are_as_good_as_none(content: str) -> None:
    detect(page("a.png"))
    Path("detections/inputs.json").write_text(content)
    result = CliRunner().invoke(main, ["view", "detections"], catch_exceptions=False)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "--images" in result.stderr
