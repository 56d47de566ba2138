"""The viewer in a real browser: clicks, slider, keys, fingers, the queue and the file it saves.

Skipped where there is no playwright (`pip install '.[browser]'`) or no Chromium.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from omr_cli.main import main
from PIL import Image

from deepscores_tools.dataset_image import page_image
from deepscores_tools.formats import read_selected
from deepscores_tools.symbols import Box, Page, Symbol
from omr.viewer import PageRecords, ViewedPage, write_document

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip

WIDTH, HEIGHT = 600, 800
CLASSES = ("noteheadBlack", "noteheadHalf", "stem", "beam", "restQuarter")
THRESHOLDS = dict.fromkeys(CLASSES, 0.3) | {"stem": 0.5}


def paper(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    pixels = np.full((height, width), 255, np.uint8)
    pixels[100:140:10] = pixels[400:440:10] = 0
    return pixels


def symbol(name: str, x: float, y: float, score: float | None = None) -> Symbol:
    return Symbol(name=name, box=Box(x, y, x + 20, y + 16), score=score)


FIRST = (symbol("noteheadBlack", 100, 100, 0.9), symbol("noteheadBlack", 200, 100, 0.32),
         symbol("stem", 300, 100, 0.48), symbol("beam", 100, 400, 0.7))  # fmt: skip
SECOND = (symbol("restQuarter", 100, 100, 0.8), symbol("noteheadBlack", 200, 100, 0.31))
TRUTH = (
    symbol("noteheadBlack", 101, 100),
    symbol("stem", 300, 101),
    symbol("noteheadHalf", 400, 400),
)


def book(file: Path, *, truth: bool = False, thresholds: bool = True) -> Path:
    """Two pages, by the thresholds 3 and 2 symbols."""
    pages = [Page(name=f"{name}.png", width=WIDTH, height=HEIGHT, symbols=symbols, interline=10.0)
             for name, symbols in (("one", FIRST), ("two", SECOND))]  # fmt: skip
    shown = [ViewedPage(page, paper(), TRUTH if truth else None) for page in pages]
    records = PageRecords(CLASSES)
    limits = THRESHOLDS if thresholds else None
    write_document(shown, file, records, title="A book", thresholds=limits)
    return file


class Viewer:
    """A tab with a viewer in it."""

    def __init__(self, browser: Any, file: Path, **context: Any) -> None:
        context.setdefault("viewport", {"width": 1200, "height": 860})
        self.context = browser.new_context(**context)
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.address = file.as_uri()
        self.open()

    def open(self) -> None:
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(self.address)
        self.settle()

    def settle(self) -> None:
        """Until the picture is there and a frame is drawn."""
        for _ in range(200):
            if self.js("picture.page === state.page && !frame && !asked"):
                return
            self.page.wait_for_timeout(10)
        raise AssertionError("the page does not settle")

    def js(self, code: str) -> Any:
        return self.page.evaluate(code)

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def click(self, selector: str) -> None:
        self.page.click(selector)
        self.settle()

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector)).strip()

    def centre(self, box: tuple[float, float, float, float]) -> tuple[float, float]:
        """Where on the screen the centre of a box of the page is."""
        x0, y0, x1, y1 = box
        x, y = self.js(f"toScreen({(x0 + x1) / 2}, {(y0 + y1) / 2})")
        place = self.page.locator("#view").bounding_box()
        return x + place["x"], y + place["y"]

    def shown(self) -> list[str]:
        """Names of the classes of the symbols that are drawn."""
        return sorted(self.js("visible.all.map(({cls}) => classes[cls].name)"))

    def selected(self) -> Any:
        return self.js(
            "state.selected && {...state.selected, name: classes[state.selected.cls].name}"
        )

    def save(self) -> dict[str, Any]:
        """Save all pages; the content of the file."""
        with self.page.expect_download() as download:
            self.keys("s")
            if self.page.is_visible("#save-all"):
                self.page.click("#save-all")
        assert download.value.suggested_filename == "annotations.json"
        content: dict[str, Any] = json.loads(Path(download.value.path()).read_text("utf-8"))
        return content


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def viewer(browser: Any, tmp_path: Path) -> Iterator[Viewer]:
    opened = Viewer(browser, book(tmp_path / "view.html"))
    yield opened
    assert not opened.errors
    assert {url.partition(":")[0] for url in opened.requests} <= {"file", "data", "blob"}
    opened.context.close()


@pytest.fixture
def compared(browser: Any, tmp_path: Path) -> Iterator[Viewer]:
    opened = Viewer(browser, book(tmp_path / "view.html", truth=True))
    yield opened
    assert not opened.errors
    opened.context.close()


def test_classes_and_pages(viewer: Viewer) -> None:
    assert viewer.text("#total") == "3 symbols, 2 classes"
    assert viewer.shown() == ["beam", "noteheadBlack", "noteheadBlack"]
    viewer.click('.row[data-name="noteheadBlack"] .name')
    assert viewer.shown() == ["beam"]
    viewer.click('.row[data-name="noteheadBlack"] .name')
    viewer.page.hover('.row[data-name="noteheadBlack"]')
    viewer.click('.row[data-name="noteheadBlack"] .only')
    assert viewer.shown() == ["noteheadBlack", "noteheadBlack"]
    viewer.keys("PageDown")
    assert viewer.js("state.page") == 1
    assert viewer.shown() == ["noteheadBlack"]  # hidden classes stay so from page to page
    viewer.click("#all")
    assert viewer.shown() == ["noteheadBlack", "restQuarter"]
    viewer.click("#none")
    assert viewer.shown() == []
    viewer.keys("*", "PageUp", "PageUp")
    assert len(viewer.shown()) == 3
    viewer.page.select_option("#page", "1")
    viewer.settle()
    assert viewer.text("#total") == "2 symbols, 2 classes"


def test_the_slider(viewer: Viewer) -> None:
    assert viewer.js("one('#level').value") == "each class's own"
    for score, count in (("0", 4), ("0.4", 3), ("0.8", 1)):
        viewer.page.fill("#slider", score)
        viewer.settle()
        assert len(viewer.shown()) == count
    assert viewer.js("one('#level').value") == "at least 0.80"
    viewer.click("#level-model")
    assert len(viewer.shown()) == 3


def test_hover_says_class_score_and_box(viewer: Viewer) -> None:
    viewer.page.mouse.move(*viewer.centre((200, 100, 220, 116)))
    tip = viewer.text("#tip")
    assert "noteheadBlack" in tip
    assert "score 0.32" in tip
    assert "x 200\u2013220, y 100\u2013116" in tip
    viewer.page.mouse.move(*viewer.centre((500, 600, 520, 616)))
    assert not viewer.page.is_visible("#tip")


def test_symbols_of_a_class_by_key(viewer: Viewer) -> None:
    viewer.page.mouse.click(*viewer.centre((100, 100, 120, 116)))
    assert viewer.selected()["score"] == 0.9
    viewer.keys("n")
    assert viewer.selected()["score"] == 0.32
    viewer.keys("n", "p")
    assert viewer.selected()["score"] == 0.32
    viewer.keys("o")
    assert viewer.shown() == ["noteheadBlack"] * 2
    viewer.keys("o", "h")
    assert viewer.shown() == ["beam"]
    viewer.keys("Escape")
    assert viewer.selected() is None


def test_zoom_and_pan(viewer: Viewer) -> None:
    x, y = viewer.centre((100, 400, 120, 416))
    viewer.page.mouse.move(x, y)
    before = viewer.js("view.scale")
    viewer.page.mouse.wheel(0, -500)
    viewer.page.wait_for_timeout(50)
    assert viewer.js("view.scale") > 1.5 * before
    assert viewer.centre((100, 400, 120, 416)) == pytest.approx((x, y), abs=1)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x + 70, y + 40, steps=4)
    viewer.page.mouse.up()
    assert viewer.centre((100, 400, 120, 416)) == pytest.approx((x + 70, y + 40), abs=1)
    assert viewer.selected() is None  # a drag is no click
    viewer.keys("0")
    assert viewer.js("view.scale") == pytest.approx(before)


def test_two_fingers_zoom(browser: Any, tmp_path: Path) -> None:
    viewer = Viewer(browser, book(tmp_path / "v.html"), has_touch=True, is_mobile=True,
                    viewport={"width": 820, "height": 1180})  # fmt: skip
    session = viewer.context.new_cdp_session(viewer.page)

    def touch(kind: str, *points: tuple[int, int]) -> None:
        where = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    before = viewer.js("view.scale")
    touch("touchStart", (200, 500))
    touch("touchStart", (200, 500), (300, 500))
    for step in range(1, 6):
        touch("touchMove", (200 - 10 * step, 500), (300 + 10 * step, 500))
    touch("touchEnd")
    viewer.page.wait_for_timeout(50)
    assert viewer.js("view.scale") == pytest.approx(2 * before, rel=0.05)
    assert viewer.selected() is None
    small = viewer.js(
        "[...document.querySelectorAll('header button, #classes button')].filter((b) =>"
        " b.offsetParent && Math.min(b.offsetHeight, b.offsetWidth) < 36).map((b) => b.id)"
    )
    assert small == []
    assert not viewer.errors
    viewer.context.close()


def test_misses_and_false_alarms(compared: Viewer) -> None:
    def chips() -> dict[str, str]:
        found = compared.js(
            "Object.fromEntries([...document.querySelectorAll('#chips button')].map((chip) =>"
            " [chip.dataset.kind, chip.querySelector('.number').textContent]))"
        )
        return dict(found)

    # The stem's score is below its threshold: the true one is then missed.
    assert chips() == {"hit": "1", "false": "2", "miss": "2", "truth": "3"}
    compared.page.fill("#slider", "0.4")
    compared.settle()
    assert chips() == {"hit": "2", "false": "1", "miss": "1", "truth": "3"}
    compared.keys("m")
    assert compared.selected()["name"] == "noteheadHalf"
    compared.keys("f")
    assert compared.selected()["name"] == "beam"
    compared.click('#chips [data-kind="hit"]')
    assert compared.shown() == ["beam", "noteheadHalf"]
    compared.keys("r", "m", "Enter")  # a missed one is taken over
    assert chips() == {"hit": "2", "false": "1", "corrected": "1", "miss": "0", "truth": "3"}
    compared.keys("PageDown")
    assert chips()["miss"] == "3"


def test_the_queue(viewer: Viewer) -> None:
    viewer.keys("r")
    # Distance to the class's threshold as a part of what is possible: .029, .04, .57, .86
    assert viewer.selected()["score"] == 0.32
    viewer.keys("Enter")
    assert viewer.selected()["score"] == 0.48
    assert viewer.text("#progress-text").startswith("1 of 4 reviewed")
    viewer.keys("Enter")  # below its threshold, but kept: now it counts
    assert "stem" in viewer.shown()
    viewer.keys("Space")
    assert viewer.selected()["score"] == 0.9
    viewer.keys("Delete")
    assert viewer.selected()["score"] == 0.7  # what was left is not forgotten
    viewer.keys("c")
    viewer.page.keyboard.type("rest")
    assert viewer.page.is_visible("#choices")
    viewer.keys("Enter")
    assert viewer.selected()["name"] == "restQuarter"
    assert viewer.shown() == ["noteheadBlack", "restQuarter", "stem"]
    viewer.keys("u", "u")
    assert viewer.shown() == ["beam", "noteheadBlack", "noteheadBlack", "stem"]
    viewer.keys("Shift+U")
    assert viewer.shown() == ["beam", "noteheadBlack", "stem"]


def test_the_queue_of_all_pages(viewer: Viewer) -> None:
    viewer.keys("r")
    viewer.click("#scope-book")
    assert viewer.text("#progress-text").startswith("0 of 6 reviewed")
    assert (viewer.js("state.page"), viewer.selected()["score"]) == (1, 0.31)
    viewer.keys("Enter")
    assert (viewer.js("state.page"), viewer.selected()["score"]) == (0, 0.32)
    viewer.keys("b")
    assert viewer.js("state.page") == 1


def test_boxes_by_key_and_by_hand(viewer: Viewer) -> None:
    viewer.keys("r", "ArrowRight", "ArrowDown", "Shift+ArrowRight", "Alt+ArrowLeft")
    assert viewer.selected()["box"] == [211, 101, 230, 117]
    viewer.keys("u")
    assert viewer.selected()["box"] == [200, 100, 220, 116]  # nudges are undone together
    scale = viewer.js("view.scale")
    x, y = viewer.centre((200, 100, 220, 116))
    viewer.page.mouse.move(x, y)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x + 10 * scale, y + 5 * scale, steps=3)
    viewer.page.mouse.up()
    assert viewer.selected()["box"] == pytest.approx([210, 105, 230, 121], abs=0.5)
    x, y = viewer.centre((230, 121, 230, 121))
    viewer.page.mouse.move(x + 4, y + 4)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x + 4 + 6 * scale, y + 4 + 9 * scale, steps=3)
    viewer.page.mouse.up()
    assert viewer.selected()["box"] == pytest.approx([210, 105, 236, 130], abs=0.5)
    viewer.keys("u", "u")
    assert viewer.selected()["box"] == [200, 100, 220, 116]


def test_adding(viewer: Viewer) -> None:
    viewer.keys("r", "0", "a")
    x, y = viewer.centre((400, 600, 400, 600))
    scale = viewer.js("view.scale")
    viewer.page.mouse.move(x, y)
    viewer.page.mouse.down()
    viewer.page.mouse.move(x + 30 * scale, y + 20 * scale, steps=3)
    viewer.page.mouse.up()
    viewer.page.keyboard.type("nh")  # notehead half, by its initials
    viewer.keys("Enter")
    assert viewer.selected()["name"] == "noteheadHalf"
    assert viewer.selected()["box"] == pytest.approx([400, 600, 430, 620], abs=1)
    viewer.keys("a", "Enter", "Enter")  # without a pointer: in the middle, of the same class
    assert viewer.shown().count("noteheadHalf") == 2
    viewer.keys("u")
    assert viewer.shown().count("noteheadHalf") == 1


def test_nothing_is_lost(viewer: Viewer) -> None:
    viewer.keys("r", "Delete", "a", "Enter", "Escape", "v")
    assert viewer.text("#kept") == "2 decisions kept in this browser."
    before = viewer.shown()
    viewer.page.close()
    viewer.open()
    assert "2 decisions of an earlier visit restored" in viewer.text("#toast")
    assert viewer.shown() == before
    viewer.keys("r")
    assert viewer.page.is_checked("#checked")
    viewer.page.click("#toast button")
    viewer.page.wait_for_timeout(300)
    viewer.settle()
    assert len(viewer.shown()) == 3


def test_what_is_saved_is_ground_truth(viewer: Viewer, tmp_path: Path) -> None:
    viewer.keys("r", "ArrowRight", "Space", "Delete", "0", "a", "Enter")
    viewer.page.keyboard.type("half")
    viewer.keys("Enter")
    folder = tmp_path / "truth"
    folder.mkdir()
    for name in ("one", "two"):
        Image.fromarray(paper()).save(folder / f"{name}.png")
    (folder / "annotations.json").write_text(json.dumps(viewer.save()))

    one, two = read_selected(str(folder))  # as omr train reads it
    assert [(page.name, page.interline) for page in (one, two)] == [
        ("one.png", 10),
        ("two.png", 10),
    ]
    assert (page_image(one) == paper()).all()
    names = sorted(symbol.name for symbol in one.symbols)
    assert names == ["beam", "noteheadBlack", "noteheadBlack", "noteheadHalf"]
    assert Box(201, 100, 221, 116) in [symbol.box for symbol in one.symbols]
    assert all(symbol.score is None for symbol in (*one.symbols, *two.symbols))
    for command in ("info", "check"):
        result = CliRunner().invoke(main, ["dataset", command, str(folder)])
        assert result.exit_code == 0, result.output
    assert "no defect" in result.output


def test_corrections_of_pdf_pages_get_pictures(browser: Any, tmp_path: Path) -> None:
    blank = Image.fromarray(paper())
    (tmp_path / "scans").mkdir()
    blank.save(tmp_path / "scans/leaf.pdf", resolution=300, save_all=True, append_images=[blank])
    page = Page(name="leaf-002.pdf", width=WIDTH, height=HEIGHT, symbols=FIRST, interline=10.0,
                source="leaf.pdf", source_page=2)  # fmt: skip
    write_document([ViewedPage(page, paper())], tmp_path / "v.html", PageRecords(), title="leaf")
    viewer = Viewer(browser, tmp_path / "v.html")
    viewer.keys("r")
    (tmp_path / "annotations.json").write_text(json.dumps(viewer.save()))
    viewer.context.close()
    step = [str(tmp_path / name) for name in ("annotations.json", "truth")]
    step += ["--to", "coco", "--images", str(tmp_path / "scans")]
    result = CliRunner().invoke(main, ["dataset", "convert", *step])
    assert result.exit_code == 0, result.output
    (read,) = read_selected(str(tmp_path / "truth"))
    assert (read.name, read.interline, len(read.symbols)) == ("leaf-002.png", 10, 4)
    assert page_image(read).shape == (HEIGHT, WIDTH)


def test_only_checked_pages(viewer: Viewer) -> None:
    viewer.keys("r", "PageDown", "v", "s")
    with viewer.page.expect_download() as download:
        viewer.click("#save-checked")
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert [image["file_name"] for image in saved["images"]] == ["two.png"]
    assert len(saved["annotations"]) == 2
    assert [category["name"] for category in saved["categories"]] == list(CLASSES)


def test_dark_and_light(browser: Any, tmp_path: Path) -> None:
    viewer = Viewer(browser, book(tmp_path / "v.html"), color_scheme="dark")
    ground = "getComputedStyle(document.querySelector('header')).backgroundColor"
    dark = viewer.js(ground)
    viewer.keys("d")
    assert viewer.js(ground) == "rgb(255, 255, 255)" != dark
    viewer.page.close()
    viewer.open()
    assert viewer.js(ground) == "rgb(255, 255, 255)"  # the choice is remembered
    viewer.context.close()


def test_help_lists_the_keys(viewer: Viewer) -> None:
    viewer.keys("?")
    assert "next symbol of its class" in viewer.text("#keys")
    viewer.keys("r")  # keys are not for the page behind
    assert viewer.js("state.mode") == "view"
    viewer.keys("Escape")
    assert not viewer.page.is_visible("#help")


def test_names_are_text(browser: Any, tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    page = Page(name=f"{evil}.png", width=WIDTH, height=HEIGHT, symbols=[symbol(evil, 9, 9, 0.5)])
    shown = [ViewedPage(page, paper())]
    write_document(shown, tmp_path / "v.html", PageRecords(), title=evil)
    viewer = Viewer(browser, tmp_path / "v.html")
    assert viewer.text(".row .text") == evil
    assert viewer.js("document.querySelectorAll('img').length") == 0
    assert not viewer.errors
    viewer.context.close()


def test_three_thousand_symbols(browser: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    low = rng.uniform(0, 2000, (3000, 2))
    boxes = np.hstack([low, low + rng.uniform(5, 60, (3000, 2))])
    symbols = [Symbol(name=CLASSES[i % 5], box=Box(*box), score=0.5) for i, box in enumerate(boxes)]
    page = Page(name="p.png", width=2100, height=2100, symbols=symbols, interline=16.0)
    shown = [ViewedPage(page, paper(2100, 2100))]
    write_document(shown, tmp_path / "v.html", PageRecords(), title="dense")
    viewer = Viewer(browser, tmp_path / "v.html")
    # The script's share of a frame; how long the frame takes depends on the machine's load.
    spent = viewer.js("""() => {
      const times = [];
      for (let i = 0; i < 60; i += 1) {
        const start = performance.now();
        i % 2 ? panBy(i % 4 - 2, 3) : zoomBy(i < 30 ? 1.05 : 1 / 1.05);
        draw();
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[30];
    }""")
    assert spent < 8, "half of a sixtieth of a second"
    viewer.context.close()
