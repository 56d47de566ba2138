"""Draw the figures of the documentation: `python docs/figures.py`, or `make figures`.

The maps are the released model's on the example page, each cut to the same part of it. With a
Chromium and the extra `browser` at hand, the viewer's picture is taken, too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from deepscores_tools.page_images import read_first_page
from deepscores_tools.upright import upright
from omr import Detector
from omr.config import STRIDE
from omr.found import Found
from omr.overlay import draw_overlay, family_of
from omr.scaling import at_interline, padded
from omr.watershed import decode, energy_map

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "examples/page.png"
OUT = HERE / "figures"
PART = 52, 254, 542, 132  # x, y, width, height at the model's interline
ZOOM = 2
COLOURS = 64  # of a palette: pictures stay small

Picture = NDArray[np.uint8]


def main() -> None:
    OUT.mkdir(exist_ok=True)
    detector = Detector.load("printed")
    gray = read_first_page(PAGE).gray
    save("overlay", overlay(detector, gray))
    ink = model_ink(detector, gray)
    maps = Maps(detector, ink)
    save("ink", 255 - enlarged(cut(ink)))
    save("energy", maps.energy_picture())
    save("classes", maps.classes_picture())
    save("boxes", maps.boxes_picture())
    save("detections", maps.detections_picture())
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium:
        viewer(chromium)


def save(name: str, picture: Picture) -> None:
    image = Image.fromarray(picture)
    if picture.ndim == 3:
        image = image.quantize(COLOURS, dither=Image.Dither.NONE)
    else:
        image = image.quantize(16)
    image.save(OUT / f"{name}.png", optimize=True)
    print(f"{name}.png: {(OUT / f'{name}.png').stat().st_size // 1000} kB")


def overlay(detector: Detector, gray: Picture) -> Picture:
    """The upper part of the page as `omr detect --overlay` draws it, reduced."""
    drawn = draw_overlay(gray, detector.detect(gray))
    width = 1100
    height = round(drawn.shape[0] * width / drawn.shape[1])
    small = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small[: height // 3], dtype=np.uint8)


def model_ink(detector: Detector, gray: Picture) -> Picture:
    """The page's ink at the model's interline, its sides multiples of what the network takes."""
    page = upright(gray)
    assert page.staves.interline
    small = at_interline(page.ink, page.staves.interline, detector.config.interline)
    return padded(small)


def cut(page: Picture) -> Picture:
    x, y, width, height = PART
    return page[y : y + height, x : x + width]


def enlarged(picture: Picture) -> Picture:
    method = cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, None, fx=ZOOM, fy=ZOOM, interpolation=method), np.uint8)


class Maps:
    """What the network says of a page, and pictures of it."""

    def __init__(self, detector: Detector, ink: Picture) -> None:
        self.detector, self.ink = detector, ink
        net, config = detector.net, detector.config
        with torch.inference_mode():
            features, logits = detector.maps(ink)
            self.energy = energy_map(logits[0]).cpu().numpy()
            self.found: Found = decode(net, features[0], logits[0], config)
            self.family = self.energy.argmax(0)
            self.above = self.energy.max(0) > config.energy.cut
            rows, columns = np.nonzero(self.above)
            family = torch.from_numpy(self.family[rows, columns]).to(detector.device)
            vectors = features[0][:, rows, columns].T
            self.label = np.full(self.family.shape, -1)
            self.label[rows, columns] = net.classify(vectors, family).argmax(1).cpu().numpy()
            located = net.locate(vectors, family).cpu().numpy()
            self.box = np.zeros((*self.family.shape, 4))
            self.box[rows, columns] = located

    def energy_picture(self) -> Picture:
        """The highest plane at each pixel, in the colour of its height."""
        energy = np.repeat(np.repeat(self.energy.max(0), STRIDE, 0), STRIDE, 1)
        heat = cv2.applyColorMap(255 - cut((energy * 255).astype(np.uint8)), cv2.COLORMAP_MAGMA)
        return enlarged(np.asarray(heat[..., ::-1], dtype=np.uint8))

    def classes_picture(self) -> Picture:
        """The likeliest class at each pixel above the cut, in the colour of its family."""
        names = self.detector.config.classes
        colours = np.array([family_of(name).colour for name in names] + [(255, 255, 255)])
        picture = colours[self.label].astype(np.uint8)
        picture = np.repeat(np.repeat(picture, STRIDE, 0), STRIDE, 1)
        return enlarged(self.over_ink(cut(picture)))

    def boxes_picture(self) -> Picture:
        """The boxes that the pixels of the classes' picture vote for, every seventh."""
        picture = enlarged(self.pale())
        config = self.detector.config
        rows, columns = np.nonzero(self.above)
        for row, column in list(zip(rows, columns, strict=True))[::7]:
            dx, dy, log_width, log_height = self.box[row, column]
            x = (column + 0.5) * STRIDE + dx * config.interline
            y = (row + 0.5) * STRIDE + dy * config.interline
            w, h = np.exp(log_width) * config.interline, np.exp(log_height) * config.interline
            colour = family_of(config.classes[self.label[row, column]]).colour
            frame(picture, (x - w / 2, y - h / 2, x + w / 2, y + h / 2), colour)
        return picture

    def detections_picture(self) -> Picture:
        """One box a component, those that count by their scores."""
        picture = enlarged(self.pale())
        names = self.detector.config.classes
        found = self.found
        for box, label, score in zip(found.boxes, found.labels, found.scores, strict=True):
            if score >= 0.3:
                frame(picture, tuple(box.tolist()), family_of(names[label]).colour)
        return picture

    def pale(self) -> Picture:
        gray = 255 - cut(self.ink) // 3
        return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), dtype=np.uint8)

    def over_ink(self, picture: Picture) -> Picture:
        return np.minimum(picture, self.pale())


def frame(picture: Picture, box: tuple[float, ...], colour: tuple[int, int, int]) -> None:
    x, y, _, _ = PART
    corners = (np.array(box) - (x, y, x, y)) * ZOOM
    x0, y0, x1, y1 = (int(v) for v in corners.round())
    cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 1)


def viewer(chromium: str) -> None:
    """A picture of what `omr detect --html` makes, as a browser shows it."""
    from playwright.sync_api import sync_playwright  # the extra `browser`

    with tempfile.TemporaryDirectory() as folder:
        omr = [sys.executable, "-c", "from omr_cli.main import main; main()"]
        command = [*omr, "detect", str(PAGE), "-o", folder, "--html"]
        subprocess.run(command, check=True, capture_output=True)
        shot = Path(folder) / "shot.png"
        with sync_playwright() as browsers:
            browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            tab = browser.new_page(viewport={"width": 1200, "height": 700})
            tab.goto((Path(folder) / "view.html").as_uri())
            tab.wait_for_timeout(5000)  # milliseconds; pictures are decoded after loading
            tab.screenshot(path=shot)
            browser.close()
        with Image.open(shot) as image:
            save("viewer", np.asarray(image.convert("RGB")))


if __name__ == "__main__":
    main()
