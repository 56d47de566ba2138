"""Frames a second of the viewer while a page of many symbols is dragged and zoomed.

    python -m benchmarks.viewer [--symbols 3000]

A made-up page of A4 at 300 dpi in a headless Chromium that draws on the processor (no GPU), a
window of 1280 x 900: a slower screen than most users have. Needs playwright and a Chromium.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from deepscores_tools.symbols import Box, Page, Symbol
from omr.viewer import PageRecords, ViewedPage, write_document

WIDTH, HEIGHT = 2480, 3508
CLASSES = tuple(f"class{k}" for k in range(40))
TURNS = 60  # movements of the hand or the wheel
COUNT = """() => {
  window.intervals = []; let last = 0;
  const tick = (now) => { if (last) intervals.push(now - last); last = now;
                          window.ticking = requestAnimationFrame(tick); };
  window.ticking = requestAnimationFrame(tick);
}"""
DRAW = """() => {
  const begun = performance.now();
  for (let k = 0; k < 20; k++) draw();
  return (performance.now() - begun) / 20;
}"""
STOP = "() => { cancelAnimationFrame(ticking); return intervals; }"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", type=int, default=3000)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("no Chromium here")
    with TemporaryDirectory() as folder, sync_playwright() as engine:
        file = Path(folder) / "view.html"
        page = _page(options.symbols)
        gray = np.full((HEIGHT, WIDTH), 255, np.uint8)
        gray[::40] = 0
        write_document([ViewedPage(page, gray)], file, PageRecords(CLASSES), title="Many symbols")
        browser = engine.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(file.as_uri())
        tab.wait_for_function("picture.page === state.page && !frame")
        for name, move in (("drag", _drag), ("zoom", _zoom)):
            tab.evaluate(COUNT)
            move(tab)
            times = np.array(tab.evaluate(STOP))
            drawing = tab.evaluate(DRAW)
            print(
                f"{name}: {1000 / times.mean():.0f} frames/s, the slowest of 20 takes"
                f" {np.quantile(times, 0.95):.0f} ms; drawing itself {drawing:.1f} ms"
            )
        browser.close()


def _page(count: int) -> Page:
    rng = np.random.default_rng(0)
    places = rng.uniform((20, 20), (WIDTH - 80, HEIGHT - 80), (count, 2))
    symbols = [
        Symbol(name=CLASSES[k % len(CLASSES)], box=Box(x, y, x + 30, y + 24), score=0.9)
        for k, (x, y) in enumerate(places.tolist())
    ]
    return Page(name="page.png", width=WIDTH, height=HEIGHT, symbols=symbols, interline=20.0)


def _drag(tab: Any) -> None:
    tab.mouse.move(500, 500)
    tab.mouse.down()
    for k in range(TURNS):
        tab.mouse.move(500 + 4 * (k % 30), 500 - 3 * (k % 20))
    tab.mouse.up()


def _zoom(tab: Any) -> None:
    for k in range(TURNS):
        tab.mouse.wheel(0, -40 if k < TURNS // 2 else 40)


if __name__ == "__main__":
    main()
