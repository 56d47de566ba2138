"""`omr dataset render`: formats, resumption after a kill, scores that fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from omr_cli.dataset import dataset
from PIL import Image

from deepscores_tools.checking import CheckReport, check_dataset
from deepscores_tools.class_maps import class_map
from deepscores_tools.dataset_reading import open_pages
from deepscores_tools.engraving import RenderPlan, generator, render_dataset
from deepscores_tools.engraving.compose import compose_score
from deepscores_tools.errors import InputError
from deepscores_tools.formats import coco
from deepscores_tools.vocabularies import DEEPSCORES

V1 = class_map("printed", "deepscores-v1").by_source


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scores")
    for k in range(3):
        (folder / f"{k}.mei").write_text(compose_score(generator(k, "score")))
    return folder


@pytest.fixture(scope="module")
def rendered(scores: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pages as COCO, by a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("rendered") / "out"
    render_dataset([scores], out, "coco", plan(workers=2))
    return out


def plan(**options: int) -> RenderPlan:
    return RenderPlan(pages=4, seed=7, max_pages_per_score=1, composed_fraction=0.3, **options)


def content(folder: Path) -> dict[str, bytes]:
    files = [f for f in folder.rglob("*") if f.is_file()]
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in files}


def test_same_seed_same_bytes_whatever_the_workers(
    scores: Path, rendered: Path, tmp_path: Path
) -> None:
    render_dataset([scores], tmp_path / "one", "coco", plan())
    assert len(list((rendered / "images").iterdir())) == 4
    assert content(tmp_path / "one") == content(rendered)


def test_a_killed_run_goes_on_to_the_same_bytes(
    scores: Path, rendered: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    work = tmp_path / ".out.unfinished"
    command = (
        "import time; from pathlib import Path; from deepscores_tools.engraving import *\n"
        "def halting(pages):\n"  # so that it is never done before it is killed
        "    yield next(pages)\n"
        "    yield next(pages)\n"
        "    time.sleep(600)\n"
        "plan = RenderPlan(pages=4, seed=7, max_pages_per_score=1, composed_fraction=0.3)\n"
        f"if __name__ == '__main__': render_dataset([Path({str(scores)!r})], Path({str(out)!r}),"
        " 'coco', plan, halting)"
    )
    script = tmp_path / "run.py"
    script.write_text(command)
    root = Path(__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root)}
    run = subprocess.Popen([sys.executable, str(script)], env=environment)
    deadline = time.monotonic() + 600
    while len(list(work.glob("*/annotations.json"))) < 2 and time.monotonic() < deadline:
        assert run.poll() is None
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not out.exists()
    done = {f: f.stat().st_mtime_ns for f in work.glob("*/annotations.json")}
    assert done

    with pytest.raises(InputError, match="another seed"):
        render_dataset([scores], out, "coco", RenderPlan(pages=4, max_pages_per_score=1,
                                                         composed_fraction=0.3))  # fmt: skip
    kept: dict[Path, int] = {}

    def watch(pages):  # type: ignore[no-untyped-def]
        for page in pages:
            kept.update((f, f.stat().st_mtime_ns) for f in done)
            yield page

    render_dataset([scores], out, "coco", plan(), watch)
    assert kept == done, "pages that were there are not rendered again"
    assert content(out) == content(rendered)
    assert not work.exists()


@pytest.mark.parametrize("name", ["deepscores-v2", "deepscores-v1", "mung"])
def test_every_format_is_whole_and_comes_back(
    name: str, rendered: Path, scores: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    report = render_dataset([scores], out, name, plan())
    assert (report.pages, report.failures) == (4, [])
    defects = list(check_dataset(str(out), CheckReport(), None))
    assert not defects
    originals = list(coco.read(rendered))
    for page, other in zip(open_pages(str(out)), originals, strict=True):
        found = [s for s in other.symbols if name != "deepscores-v2" or s.name in DEEPSCORES]
        names = [s.name for s in found]
        if name == "deepscores-v1":
            names = [V1[n].target or n for n in names]
            assert "noteheadBlack" in names
        assert [s.name for s in page.symbols] == names
        for one, two in zip(page.symbols, found, strict=True):
            assert one.box == pytest.approx(two.box, abs=1e-6)
            if name != "deepscores-v1":
                assert one.attributes == two.attributes
        picture = page.image or out / "images" / page.name
        assert other.image is not None
        assert np.array_equal(np.asarray(Image.open(picture)), np.asarray(Image.open(other.image)))
    if name != "mung":
        folder = {"deepscores-v1": "pix_annotations_png", "deepscores-v2": "segmentation"}[name]
        for file in (out / folder).iterdir():
            assert len(np.unique(np.asarray(Image.open(file)))) > 30
        assert len(list((out / folder).iterdir())) == 4


def test_the_command_writes_a_dataset(scores: Path, tmp_path: Path) -> None:
    index = tmp_path / "index.csv"
    index.write_text("corpus,file,set\n" + f"{scores.name},0.mei,train\n{scores.name},1.mei,test\n")
    out = tmp_path / "out"
    arguments = ["render", str(scores), "-o", str(out), "--pages", "2", "--seed", "4",
                 "--set", "train", "--index", str(index), "--skew", "0.5"]  # fmt: skip
    result = CliRunner().invoke(dataset, arguments)
    assert result.exit_code == 0, result.output
    pages = list(coco.read(out))
    assert len(pages) == 2
    assert {p.document for p in pages} <= {"0", "composed"}
    assert all(p.interline and p.image and p.image.is_file() for p in pages)
    assert sorted(f.name for f in out.iterdir()) == ["annotations.json", "images"]
    again = CliRunner().invoke(dataset, arguments)
    assert isinstance(again.exception, InputError)
    assert "is there already" in str(again.exception)


def test_a_seed_below_0_is_refused_at_once(tmp_path: Path) -> None:
    arguments = ["render", "a.krn", "-o", str(tmp_path / "out"), "--seed", "-1"]
    result = CliRunner().invoke(dataset, arguments)
    assert result.exit_code == 2
    assert "--seed" in result.output


def test_scores_that_fail_are_listed_and_not_tried_again(
    scores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "scores"
    shutil.copytree(scores, folder)
    (folder / "broken.musicxml").write_text("<score-partwise><part></score-partwise>")
    (folder / "empty.krn").write_text("")
    out = tmp_path / "out"
    once = RenderPlan(max_pages_per_score=1, composed_fraction=0.0)
    report = render_dataset([folder], out, "coco", once)
    assert report.pages == 3
    rows = (out / "failures.csv").read_text().splitlines()
    assert rows[0] == "where,problem"
    assert sorted(row.split("/")[-1].split(",")[0] for row in rows[1:]) == [
        "broken.musicxml", "empty.krn"]  # fmt: skip
    assert not list(check_dataset(str(out), CheckReport(), None))


def test_a_full_disk_is_no_fault_of_the_score(scores: Path, tmp_path: Path) -> None:
    """The run stops, and goes on once there is room."""
    out = tmp_path / "out"
    blocked = tmp_path / ".out.unfinished/000000/images"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("in the way of a folder, as a full disk would be")
    with pytest.raises(InputError, match="cannot be written"):
        render_dataset([scores], out, "coco", plan())
    assert not out.exists()
    blocked.unlink()
    assert render_dataset([scores], out, "coco", plan()).pages == 4


def test_where_all_scores_fail_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.krn").write_text("no music")
    with pytest.raises(InputError, match="not one score"):
        render_dataset([tmp_path / "a.krn"], tmp_path / "out", "coco",
                       RenderPlan(composed_fraction=0.0))  # fmt: skip
    assert [f.name for f in tmp_path.iterdir()] == ["a.krn"]
