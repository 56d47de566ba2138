"""`omr evaluate` and `omr dataset pages` on a miniature dataset: what is printed and written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from omr_cli.evaluate import evaluate
from omr_cli.pages import pages
from PIL import Image

from deepscores_tools.errors import InputError
from deepscores_tools.formats import coco, mung
from deepscores_tools.symbols import Box, Page, Symbol

INK = np.ones((5, 5), dtype=bool)


def page(writer: str, name: str, score: float | None = None) -> Page:
    mask = INK if score is None else None
    return Page(
        name=f"CVC-MUSCIMA_W-{writer}_N-01_D-ideal.png",
        width=70,
        height=70,
        symbols=[Symbol(name=name, box=Box(30, 30, 35, 35), mask=mask, score=score)],
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mung.write([page("01", "stem"), page("02", "beam")], tmp_path / "truth")
    coco.write([page("01", "stem", 0.9)], tmp_path / "found/detections.json", ["stem"])
    coco.write([page("01", "Stem", 0.9)], tmp_path / "renamed.json", ["Stem"])
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(evaluate, [str(a) for a in arguments], catch_exceptions=False)


def test_the_table_and_the_json_agree(folder: Path) -> None:
    file = folder / "report.json"
    truth = f"{folder}/truth#writer=01"
    result = run(truth, folder / "found", "--json", file, "--classes-with", 1, "--train", truth)
    assert "coco-dense" in result.output
    assert "Notice: hardly any score is below 0.05" in result.output
    report = json.loads(file.read_text())
    assert report["all_classes"]["mAP"] == pytest.approx(1.0)
    assert report["subsets"][">= 1 in training"]["classes"] == 1
    assert [c["name"] for c in report["classes"]] == ["stem"]


def test_a_detector_that_finds_nothing_and_a_truth_that_holds_nothing(folder: Path) -> None:
    made = page("01", "stem")
    coco.write([made], folder / "one.json", ["stem"])
    (folder / "nothing.json").write_text("[]\n")
    result = run(folder / "one.json", folder / "nothing.json", "--json", folder / "r.json")
    assert result.exit_code == 0
    assert json.loads((folder / "r.json").read_text())["at_thresholds"]["missed"] == 1
    coco.write([replace(made, symbols=[])], folder / "empty.json", ["stem"])
    result = run(folder / "empty.json", folder / "nothing.json")
    assert "Notice: the truth holds no symbol" in result.output


def test_the_html_report_needs_nothing_else_and_escapes_names(folder: Path) -> None:
    name = "<script>alert(1)</script>"
    coco.write([page("01", name, 0.9)], folder / "odd.json", ["stem", name])
    (folder / "map.csv").write_text("truth_name,detection_name\nstem,\n,none\n")
    mung.write([page("01", "stem"), page("02", name)], folder / "truth")
    run(f"{folder}/truth#writer=01", folder / "odd.json", "--html", folder / "report.html")
    text = (folder / "report.html").read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert text.count("data:image/png;base64,") == 1  # the stem that was taken for it
    fetched = re.findall(r"""(?:src|href)=["'](?!data:|#)[^"']*|url\((?!#)|@import""", text)
    assert not fetched


def test_one_score_may_be_the_threshold_of_all_classes(folder: Path) -> None:
    truth, found = f"{folder}/truth#writer=01", folder / "found"
    assert "precision 1.000  recall 1.000" in run(truth, found, "--min-score", 0.5).output
    assert "precision -  recall 0.000" in run(truth, found, "--min-score", 0.95).output
    assert "not both" in run(truth, found, "--min-score", 0.5, "-m", "printed").output


def test_some_classes_may_be_averaged_apart(folder: Path) -> None:
    truth, found = f"{folder}/truth#writer=01", folder / "found"
    output = run(truth, found, "--classes", "st*, beam").output
    assert re.search(r"^st\*, beam +1 +1 +1\.000", output, re.MULTILINE)
    with pytest.raises(InputError, match="fits no class"):
        run(truth, found, "--classes", "clef*")


def test_a_class_map_joins_names_that_differ(folder: Path) -> None:
    truth, found = f"{folder}/truth#writer=01", folder / "renamed.json"
    with pytest.raises(InputError, match="--class-map"):
        run(truth, found)
    (folder / "map.csv").write_text("truth_name,detection_name\nstem,Stem\n")
    output = run(truth, found, "--class-map", folder / "map.csv").output
    assert "1.000" in output
    assert "what is not there" not in output
    (folder / "map.csv").write_text("truth_name,detection_name\nstem,Stem\nbaem,Beam\n")
    output = run(truth, found, "--class-map", folder / "map.csv").output
    assert "Notice: the class map names what is not there: Beam, baem" in output
    (folder / "map.csv").write_text("stem,Stem\n")
    with pytest.raises(InputError, match="first line"):
        run(truth, found, "--class-map", folder / "map.csv")


def test_pages_that_were_not_looked_at_are_an_error(folder: Path) -> None:
    with pytest.raises(InputError, match="W-02"):
        run(folder / "truth", folder / "found")


def test_pages_are_written_as_png(folder: Path) -> None:
    spec = f"{folder}/truth#writer=02"
    result = CliRunner().invoke(pages, [spec, "-o", str(folder / "png")], catch_exceptions=False)
    assert result.output.endswith("1 pages\n")
    (file,) = (folder / "png").iterdir()
    assert file.name == "CVC-MUSCIMA_W-02_N-01_D-ideal.png"
    gray = np.asarray(Image.open(file))
    assert gray.shape == (65, 65)
    assert (gray[30:35, 30:35] == 0).all()
    assert (gray == 255).sum() == 65 * 65 - 25
