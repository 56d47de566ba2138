"""How well `omr dataset align` finds pages in photos, on photos whose truth is known.

    python -m benchmarks.align scores/ [--photos 100] [--seed 0] [--keep FOLDER]

SCORES are engraved, and each page is photographed by phone, as made up: bent as a book or wavy
paper, tilted, turned a little or by quarters, at 0.8 to 1.5 times its resolution, on a table,
in uneven light, out of focus and compressed. Printed are the errors at the page's four corners
and at those of the symbols' boxes, the share of symbols whose carried box has an IoU of 0.7 or
more with the true one, and how often each photo is refused as one of its own page and of other
pages: another work, another page of the same work, the same page in another engraving.
--keep writes the photos.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from deepscores_tools.alignment import Likeness, Reference, align
from deepscores_tools.degradation import PRESETS, WarpRanges, degrade
from deepscores_tools.degradation.geometry import carry
from deepscores_tools.degradation.warps import PageMap, Points, Warp, draw_warp
from deepscores_tools.engraving import RenderedPage, Score, draw_style, find_scores, generator
from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Box, Page, box_array

BENT = WarpRanges(
    perspective_chance=1.0,
    perspective=(0.0, 0.04),
    curl_chance=0.5,
    wave_chance=0.5,
)


class Camera(PageMap):
    """A bent page seen by a camera: turned, moved and scaled onto a picture of its own size."""

    def __init__(self, bent: Warp, rng: np.random.Generator) -> None:
        self._bent = bent
        scale, margin = rng.uniform(0.8, 1.5), rng.uniform(0.02, 0.12)
        angle = rng.normal(0, 4) + float(rng.choice([0, 0, 0, 0, 90, 180, 270]))
        sides = np.array([bent.width, bent.height]) * scale * (1 + 2 * margin)
        upright = round(angle / 90) % 2 == 0
        self.width, self.height = (int(s) for s in (sides if upright else sides[::-1]))
        turn = cv2.getRotationMatrix2D((bent.width / 2, bent.height / 2), angle, scale)
        turn[:, 2] += np.array([self.width, self.height]) / 2
        turn[:, 2] -= np.array([bent.width, bent.height]) / 2
        self._turn, self._back = turn, cv2.invertAffineTransform(turn)

    def source(self, points: Points) -> Points:
        return self._bent.source(points @ self._back[:, :2].T + self._back[:, 2])

    def target(self, points: Points) -> Points:
        return np.asarray(self._bent.target(points) @ self._turn[:, :2].T + self._turn[:, 2])


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A made-up photo: gray (H, W), how it was taken, and the truth on it."""

    gray: NDArray[np.uint8]
    camera: Camera
    truth: Page


def photograph(rendered: RenderedPage, rng: np.random.Generator) -> Photo:
    page = rendered.page
    camera = Camera(Warp(draw_warp(rng, BENT), page.width, page.height), rng)
    maps = camera.maps()
    drawn = cv2.remap(rendered.gray, *maps, cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    truth = carry(page, camera, maps)
    paper = degrade(drawn, truth.interline or 1.0, rng, PRESETS["phone-photo"])
    inside = cv2.remap(np.full_like(rendered.gray, 255), *maps, cv2.INTER_LINEAR)
    share = cv2.GaussianBlur(inside, (0, 0), 1.5).astype(np.float32) / 255
    grain = cv2.GaussianBlur(rng.normal(0, 40, drawn.shape).astype(np.float32), (0, 0), 3.0)
    table = np.clip(rng.uniform(30, 150) + 2 * grain, 0, 255)
    gray = (paper * share + table * (1 - share)).astype(np.uint8)
    return Photo(gray, camera, truth)


def engraved(scores: Path, seed: int) -> Iterator[tuple[list[RenderedPage], RenderedPage]]:
    """Up to two pages of a score, and the first once more in another engraving."""
    files = find_scores([scores])
    for number in generator(seed, "order").permutation(len(files)):
        file, rng = files[number], generator(seed, files[number].name)
        style = draw_style(rng)
        try:
            score = Score(file, style)
            names = [f"{file.stem}-{n}.png" for n in range(1, min(2, score.pages) + 1)]
            pages = [numbered(score.render(n, name)) for n, name in enumerate(names, start=1)]
            other = Score(file, replace(draw_style(rng), width=style.width, height=style.height))
            yield pages, other.render(1, f"{file.stem}-other.png")
        except InputError:
            continue


def numbered(rendered: RenderedPage) -> RenderedPage:
    """The page with symbols numbered from 0, to tell them apart on the photo."""
    symbols = [replace(s, id=n) for n, s in enumerate(rendered.page.symbols)]
    return replace(rendered, page=replace(rendered.page, symbols=symbols))


def reference(rendered: RenderedPage) -> Reference:
    return Reference(rendered.page, lambda: rendered.gray)


def corner_error(found: PageMap, camera: Camera, page: Page) -> float:
    """Mean distance of the page's four corners, found and true, in pixels of the photo."""
    ends = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (page.width, page.height) - 0.5
    return float(np.hypot(*(found.target(ends) - camera.target(ends)).T).mean())


def overlaps(found: Page, truth: Page) -> NDArray[np.float64]:
    """IoU of each true box with that of the same symbol as carried over, 0 where it is lost."""
    boxes = {s.id: s.box for s in found.symbols}
    nothing = Box(-2.0, -2.0, -1.0, -1.0)
    a, b = box_array(truth.symbols), np.array([boxes.get(s.id, nothing) for s in truth.symbols])
    sides = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    common = np.prod(np.maximum(sides, 0), axis=1)
    areas = np.prod(a[:, 2:] - a[:, :2], axis=1) + np.prod(b[:, 2:] - b[:, :2], axis=1)
    return np.asarray(common / (areas - common))


@dataclass(slots=True)
class Figures:
    """What is known so far; printed at the end, or when interrupted."""

    page_corners: list[float] = field(default_factory=list)
    box_corners: list[NDArray[np.float64]] = field(default_factory=list)
    shares: list[NDArray[np.float64]] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    refused: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))

    def add(self, photo: Photo, found: Likeness, page: Page) -> str:
        """Take in what was made of a photo of `page`; a line about it."""
        self.refused["the page itself"].append(not found.accepted)
        if found.fit is None:
            self.page_corners.append(np.inf)
            self.shares.append(np.zeros(len(photo.truth.symbols)))
            return ""
        self.page_corners.append(corner_error(found.fit, photo.camera, page))
        ends = box_array(page.symbols)[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2) - 0.5
        off = found.fit.target(ends) - photo.camera.target(ends)
        self.box_corners.append(np.hypot(off[..., 0], off[..., 1]).mean(axis=1))
        self.shares.append(overlaps(carry(page, found.fit), photo.truth))
        return (
            f"; page corners {self.page_corners[-1]:.2f} px, boxes' "
            f"{np.median(self.box_corners[-1]):.2f} px, "
            f"IoU >= .7 {(self.shares[-1] >= 0.7).mean():.4f}"
        )

    def show(self) -> None:
        shares, boxes = np.concatenate(self.shares), np.concatenate(self.box_corners)
        worst = min(float((s >= 0.7).mean()) for s in self.shares)
        print(
            f"{len(self.shares)} photos, {len(shares)} symbols\n"
            f"error of the page's corners: median {np.median(self.page_corners):.2f} px, "
            f"worst {max(self.page_corners):.2f} px\n"
            f"error of the symbols' corners: median {np.median(boxes):.2f} px, "
            f"99 % within {np.quantile(boxes, 0.99):.2f} px\n"
            f"symbols at IoU >= .7: {(shares >= 0.7).mean():.4f}, on the worst page {worst:.4f}\n"
            f"processor time a photo: {np.mean(self.spent):.1f} s"
        )
        for kind, outcomes in self.refused.items():
            print(f"refused as photos of {kind}: {sum(outcomes)} of {len(outcomes)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scores", type=Path)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder to write the photos to")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    figures = Figures()
    made = itertools.islice(engraved(arguments.scores, arguments.seed), arguments.photos)
    before: Reference | None = None
    try:
        for number, (pages, other) in enumerate(made):
            photo = photograph(pages[0], generator(arguments.seed, "photo", str(number)))
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(arguments.keep / f"{number:03d}.jpg"), photo.gray)
            own = reference(pages[0])
            started = time.process_time()
            found = align(photo.gray, [own])
            figures.spent.append(time.process_time() - started)
            about = figures.add(photo, found, pages[0].page)
            print(f"{number:3d} {pages[0].page.name:28s} {found}{about}", flush=True)
            wrong = {"another engraving": reference(other)}
            if len(pages) > 1:
                wrong["another page"] = reference(pages[1])
            if before is not None:
                wrong["another work"] = before
            for kind, other_page in wrong.items():
                against = align(photo.gray, [other_page])
                figures.refused[kind].append(not against.accepted)
                print(f"    {kind}: {against}", flush=True)
            before = own
    finally:
        figures.show()


if __name__ == "__main__":
    main()
