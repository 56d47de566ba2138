"""The viewer's file: what is in it, what it is made from, what it refuses. No browser needed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from omr_cli.main import main
from PIL import Image

from deepscores_tools.errors import InputError
from deepscores_tools.formats import coco, mung
from deepscores_tools.symbols import Box, Page, Symbol
from omr import spool
from omr.evaluation import evaluate
from omr.evaluation.class_pairs import ClassPairs
from omr.model_store import model_folder, model_hash
from omr.overlay import FAMILIES, family_of
from omr.viewer import PageRecords, ViewedPage, write_document
from omr.viewer.colours import BRIGHTEST, class_colours
from omr.viewer.page_record import partners
from omr.viewer.picture import LONGEST_SIDE, picture_uri

BREAKOUT = "</script><script>alert(1)</script><!--"


def gray(width: int = 60, height: int = 80) -> NDArray[np.uint8]:
    pixels = np.full((height, width), 255, np.uint8)
    pixels[10:20] = 0
    return pixels


def symbol(name: str, x: float, score: float | None = None) -> Symbol:
    return Symbol(name=name, box=Box(x, 10, x + 10, 20), score=score)


def page(name: str = "a.png", *symbols: Symbol) -> Page:
    return Page(name=name, width=60, height=80, symbols=symbols, interline=9.5)


def data(text: str, kind: str) -> list[Any]:
    """The JSON of every script element of a kind."""
    found = re.findall(rf'<script type="application/json" class="{kind}"[^>]*>(.*?)</script>', text)
    return [json.loads(part) for part in found]


def view(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["view", *arguments], catch_exceptions=False)


def run_folder(out: Path, *pages: Page) -> str:
    """A folder as `omr detect` leaves it."""
    for one in pages:
        spool.save(one, spool.Origin("picture", "page.png"), out / "pages")
    options = {"model": "printed", "model_hash": model_hash(model_folder("printed"))}
    (out / "run.json").write_text(json.dumps(options))
    return str(out)


def dataset(out: Path, *pages: Page) -> str:
    """A COCO dataset with pictures."""
    for one in pages:
        file = out / "images" / one.name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(gray()).save(file)
    coco.write(pages, out / "annotations.json")
    return str(out)


def test_one_file_without_network(tmp_path: Path) -> None:
    shown = [ViewedPage(page("a.png", symbol("stem", 5, 0.5)), gray()) for _ in range(2)]
    written = write_document(shown, tmp_path / "v.html", PageRecords(["beam"]), title="A & B")
    text = (tmp_path / "v.html").read_text(encoding="utf-8")
    assert (written.pages, written.symbols, written.without_picture) == (2, 2, ())
    assert "<title>A &amp; B</title>" in text
    assert not re.findall(r"https?:|//[a-z]+\.|@import|url\(", text)
    (book,) = data(text, "book")
    assert [c["name"] for c in book["classes"]] == ["beam", "stem"]
    assert data(text, "page")[0]["symbols"] == [[1, 5.0, 10.0, 15.0, 20.0, 0.5]]
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert "default-src 'none'" in policy
    for kind, tag in (("script", "script"), ("style", "style")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_names_cannot_break_out(tmp_path: Path) -> None:
    shown = [ViewedPage(page(f"{BREAKOUT}.png", symbol(BREAKOUT, 5)), gray())]
    write_document(shown, tmp_path / "v.html", PageRecords(), title=BREAKOUT)
    text = (tmp_path / "v.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert text.count("<script") == text.count("</script>") == 4  # page, picture, book, ours
    assert data(text, "book")[0]["classes"][0]["name"] == BREAKOUT
    assert data(text, "page")[0]["image"]["file_name"] == f"{BREAKOUT}.png"


def test_pictures_are_bounded_and_sharp() -> None:
    def decoded(uri: str) -> Image.Image:
        assert uri.startswith("data:image/png;base64,")
        return Image.open(BytesIO(base64.b64decode(uri.partition(",")[2])))

    wide = np.tile(np.arange(0, 250, 10, dtype=np.uint8), (4, 200))
    assert decoded(picture_uri(wide)).size == (LONGEST_SIDE, 3)
    assert (np.asarray(decoded(picture_uri(wide, full=True))) == wide).all()
    back = np.asarray(decoded(picture_uri(wide[:, :25])).convert("L"))
    assert np.abs(back.astype(int) - wide[:, :25]).max() <= 8
    assert set(np.unique(np.asarray(decoded(picture_uri(gray())).convert("L")))) == {0, 255}


def test_colours_are_those_of_the_overlay() -> None:
    names = ["stem", "noteheadBlackOnLine", "noteheadBlackInSpace", "keySharp", "accidentalSharp"]
    colours = class_colours(names)
    assert len(set(colours)) == len(names)
    assert colours[0] == "#{:02x}{:02x}{:02x}".format(*family_of("stem").colour)
    for family in FAMILIES:
        assert class_colours([family.patterns.split()[0].replace("*", "X")])
    for colour in class_colours([f"accidental{i}" for i in range(40)]):
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
        assert luminance < BRIGHTEST + 0.02


def test_detections_find_their_truth() -> None:
    truth = [symbol("stem", 0), symbol("stem", 30), symbol("note", 0)]
    found = [symbol("stem", 1, 0.4), symbol("stem", 0, 0.9), symbol("note", 50, 0.5),
             symbol("other", 30, 0.5)]  # fmt: skip
    assert partners(found, truth, ClassPairs()) == [-1, 0, -1, -1]
    as_stem = ClassPairs((("stem", "other"), ("stem", "stem"), ("", "note")))
    assert partners(found, truth, as_stem) == [-1, 0, None, 1]


def test_what_the_whole_truth_lacks_is_left_out_as_in_evaluation(tmp_path: Path) -> None:
    """A false alarm of a class that only another page has is wrong; no page has a flag."""
    truth = [page("a.png", symbol("stem", 0)), page("b.png", symbol("beam", 0))]
    found = [page("a.png", *(symbol(name, 0, 0.5) for name in ("stem", "beam", "flag"))),
             page("b.png", symbol("beam", 0, 0.5))]  # fmt: skip
    rest = tmp_path / "rest.csv"
    rest.write_text("truth_name,detection_name\n,*\n")
    out = str(tmp_path / "v.html")
    result = view(dataset(tmp_path / "found", *found), "-o", out, "--class-map", str(rest),
                  "--truth", dataset(tmp_path / "truth", *truth))  # fmt: skip
    assert result.exit_code == 0, result.output
    records = data(Path(out).read_text(encoding="utf-8"), "page")
    assert [record["partners"] for record in records] == [[0, -1, None], [0]]
    report = evaluate(truth, found, class_pairs=ClassPairs.from_file(rest))
    assert [(c.name, c.counts.wrong) for c in report.classes] == [("beam", 1), ("stem", 0)]


def test_a_run_with_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = run_folder(tmp_path / "out", page("b.jpg", symbol("stem", 30, 0.5)),
                     page("a.jpg", symbol("stem", 1, 0.8)))  # fmt: skip
    truth = dataset(tmp_path / "truth", page("a.png", symbol("stem", 0), symbol("beam", 30)))
    result = view(out, "--truth", truth)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{out}/view.html: 2 pages, 2 symbols, ")
    assert len(result.stderr.splitlines()) == 1
    assert "there is no picture of b.jpg" in result.stderr
    text = Path(out, "view.html").read_text(encoding="utf-8")
    with_truth, without = data(text, "page")
    assert with_truth["image"]["file_name"] == "a.jpg"
    assert with_truth["partners"] == [0]
    assert [row[1:] for row in with_truth["truth"]] == [[0, 10, 10, 20], [30, 10, 40, 20]]
    assert "truth" not in without
    assert without["notice"] == "there is no picture of this page"
    (book,) = data(text, "book")
    assert book["thresholds"] is True  # those of the model printed
    assert next(c["threshold"] for c in book["classes"] if c["name"] == "stem") > 0
    assert len(book["classes"]) > 100


def test_a_run_of_a_model_that_is_gone_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(gray()).save("a.png")
    out = run_folder(tmp_path / "out", page("a.png", symbol("stem", 1, 0.8)))
    Path(out, "run.json").write_text(json.dumps({"model": "gone", "model_hash": "0"}))
    result = view(out, "--images", "a.png")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "Notice: the model of this run is not at hand; name it with -m for its thresholds"
    ]
    assert view(out, "--images", "a.png", "-m", "printed").stderr == ""


def test_a_run_with_its_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(gray()).save("a.png")
    out = run_folder(tmp_path / "out", page("a.png", symbol("stem", 1, 0.8)))
    assert view(out, "--images", "a.png", "-o", "x/y.html").exit_code == 0
    (record,) = data(Path("x/y.html").read_text(encoding="utf-8"), "page")
    assert record["notice"] == ""
    assert record["image"]["interline"] == 9.5


def test_masks_are_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mask = np.ones((10, 10), bool)
    drawn = Symbol(name="stem", box=Box(5, 5, 15, 15), id=0, mask=mask)
    mung.write([page("a.png", drawn)], tmp_path / "mung")
    result = view("mung")
    assert result.exit_code == 0, result.output
    (record,) = data(Path("view.html").read_text(encoding="utf-8"), "page")
    assert record["symbols"] == [[0, 5, 5, 15, 15, None]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no such file"),
        (["out"], "a.png: there is no picture of it, nor of any other page; say with --images"),
        (["out", "--images", "nowhere"], "no such file or folder"),
        (["out", "--truth", "other"], "has none of the pages to be shown (a)"),
        (["truth", "-m", "nomodel"], "no such model"),
        (["truth", "-o", "file/view.html"], "cannot be written"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    run_folder(tmp_path / "out", page("a.png", symbol("stem", 1, 0.8)))
    dataset(tmp_path / "other", page("z.png", symbol("stem", 0)))
    dataset(tmp_path / "truth", page("a.png", symbol("stem", 0)))
    Path("file").touch()
    result = view(*arguments)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), result.output
    assert said in result.stderr
    assert not list(tmp_path.rglob("*.html"))


def test_no_pages(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no page"):
        write_document([], tmp_path / "v.html", PageRecords(), title="empty")
    assert not list(tmp_path.iterdir())
