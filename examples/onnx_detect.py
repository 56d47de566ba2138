"""Find the symbols on a page with an exported model: ONNX Runtime and NumPy, no PyTorch.

    omr models export printed --onnx printed-onnx
    python examples/onnx_detect.py printed-onnx examples/page.png

Prints a line a symbol: class, score, x0, y0, x1, y1 in pixels of the page. It finds what
`omr detect` does, but for pages that are upside down, which it leaves so, and decodes as the
released models do (components "peaks", vote "mean", box "offset").

H, W: height, width of the page at the model's interline; h, w: of its maps, half of that. F:
energy planes, P: pixels above the energy's cut, M: symbols.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from deepscores_tools.company import told_by_company
from deepscores_tools.page_images import read_first_page
from deepscores_tools.staves import staves_as_symbols
from deepscores_tools.staves.position import named_by_place
from deepscores_tools.symbols import Box, Symbol
from deepscores_tools.upright import upright
from omr.calibration import calibrated
from omr.config import LOG_SIDES, STRIDE, ModelConfig
from omr.found import Found, fused, non_maximum_suppression
from omr.regions import seen_sides
from omr.ridges import joined, lengthened
from omr.scaling import view_of
from omr.sizes import of_known_size

Floats = NDArray[np.floating[Any]]
Whole = NDArray[np.int64]


class OnnxDetector:
    """An exported model, as omr.Detector but without PyTorch."""

    def __init__(self, folder: Path) -> None:
        text = (folder / "config.json").read_text(encoding="utf-8")
        self.config = ModelConfig.model_validate_json(text)
        self.graphs = {
            file.stem: onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
            for file in folder.glob("*.onnx")
        }

    def detect(self, gray: NDArray[np.uint8]) -> list[Symbol]:
        """The symbols of a page (H, W), those found in the staves' ink last."""
        page = upright(gray)
        interline = page.staves.interline
        if interline is None:
            return []
        height, width = page.gray.shape
        found = self.run(page.ink, interline).within(width, height)
        names = [self.config.classes[label] for label in found.labels]
        symbols = [
            Symbol(name=name, box=Box(*box), score=float(score))
            for name, box, score in zip(names, found.boxes, found.scores, strict=True)
        ]
        symbols = told_by_company(named_by_place(symbols, page.staves), interline)
        symbols = [s for s in symbols if (s.score or 0) >= self.config.threshold(s.name)]
        symbols += staves_as_symbols(page.staves, "staffLine" in self.config.staff_classes)
        return page.as_given(symbols)

    def run(self, ink: NDArray[np.uint8], interline: float) -> Found:
        """What the network finds on an ink channel, boxes in its frame, best first."""
        views = [self.view(ink, interline * share) for share in self.config.decode.views]
        found = views[0] if len(views) == 1 else fused(views)
        boxes, labels, scores = found.boxes, found.labels, found.scores
        if self.config.refiner:
            rows = np.flatnonzero(scores >= self.config.refiner.least_score)
            boxes[rows] = self.refined(ink, boxes[rows], labels[rows], interline)
        found = Found(boxes, labels, calibrated(scores, self.config.calibration))
        found = of_known_size(found, self.config, interline)
        return non_maximum_suppression(found, self.config.merge_ious)

    def view(self, ink: NDArray[np.uint8], interline: float) -> Found:
        """What is found on the ink brought from this interline to the model's, in its frame."""
        view = view_of(ink, interline, self.config.interline)
        return view.on_page(self.watershed(view.ink))

    def refined(
        self, ink: NDArray[np.uint8], boxes: NDArray[np.float64], labels: Whole, interline: float
    ) -> NDArray[np.float64]:
        """Boxes (M, 4) with their sides where the refiner sees them."""
        assert self.config.refiner

        def see(cells: NDArray[np.uint8], extent: NDArray[np.float32], rows: Whole) -> Floats:
            given: dict[str, NDArray[Any]] = {
                "cells": cells[:, None].astype(np.float32) / 255,
                "label": labels[rows],
                "extent": extent,
            }
            places = [
                self.graphs["refiner"].run(None, {k: v[i : i + 128] for k, v in given.items()})[0]
                for i in range(0, len(rows), 128)
            ]
            return np.concatenate(places)

        return seen_sides(see, ink, boxes, interline, self.config.refiner.rounds)

    def watershed(self, ink: NDArray[np.uint8]) -> Found:
        """What is found on ink (H, W) of the model's interline."""
        given = ink[None, None].astype(np.float32) / 255
        features, energy = self.graphs["net"].run(None, {"ink": given})
        _, h, w = energy.shape
        energies = self.config.energy
        pixels, name = summits(energy, energies.cut)
        height = energy.ravel()[pixels]
        for plane in self.config.ridge_planes:
            here = pixels // (h * w) == plane
            start = plane * h * w
            part, its = pixels[here] - start, name[here] - start
            name[here] = joined(height[here], part, its, w, energies.least_pass) + start
        _, component = np.unique(name, return_inverse=True)
        top = np.zeros(component.max(initial=-1) + 1, np.float32)
        np.maximum.at(top, component, height)
        inner = height >= 0.5 * top[component]
        order = np.flatnonzero(inner)[np.argsort(component[inner], kind="stable")]
        pixels, component, height = pixels[order], component[order], height[order]
        if not len(pixels):
            return Found(np.zeros((0, 4)), np.zeros(0, np.int64), np.zeros(0))
        starts = np.flatnonzero(np.diff(component, prepend=-1))
        weight = height / np.add.reduceat(height, starts)[component]

        def mean(values: Floats) -> Floats:
            """Of each component's pixels, weighted by energy: (P, ...) to (M, ...)."""
            weighted = values * weight.reshape(-1, *[1] * (values.ndim - 1))
            sums: Floats = np.add.reduceat(weighted, starts)
            return sums

        family, place = np.divmod(pixels, h * w)
        y, x = np.divmod(place, w)
        vectors = features[0].reshape(features.shape[1], -1).T[place]
        probability, box = self.graphs["heads"].run(None, {"vectors": vectors, "family": family})
        chance = mean(probability)
        labels = chance.argmax(1)
        pixel = np.stack(((x + 0.5) * STRIDE, (y + 0.5) * STRIDE), axis=1)
        centre = mean(pixel + box[:, :2] * self.config.interline)
        sides = np.exp(mean(box[:, 2:]).clip(*LOG_SIDES)) * self.config.interline
        scores = (mean(height) * chance[np.arange(len(labels)), labels]).clip(0, 1)
        boxes = np.hstack((centre - sides / 2, centre + sides / 2)).astype(np.float64)
        line = np.isin(family, self.config.ridge_planes)
        if line.any():
            rows, part = np.unique(component[line], return_inverse=True)
            boxes[rows] = lengthened(
                boxes[rows], pixel[line], part, energies, self.config.interline
            )
        found = Found(boxes, labels, scores.astype(np.float64))
        return non_maximum_suppression(found, self.config.merge_ious)


def summits(energy: Floats, cut: float) -> tuple[Whole, Whole]:
    """Pixels (P,) of energy (F, h, w) above `cut`, and the summit each climbs to: flat indices."""
    _, h, w = energy.shape
    wide = w + 2
    height = np.pad(energy, ((0, 0), (1, 1), (1, 1)), constant_values=-1).ravel()
    inside = np.flatnonzero(height > cut)
    around = inside[:, None] + np.array(
        [-wide - 1, -wide, -wide + 1, -1, 0, 1, wide - 1, wide, wide + 1]
    )
    highest = around[np.arange(len(inside)), height[around].argmax(1)]
    upward = np.searchsorted(inside, highest)
    while True:
        higher = upward[upward]
        if (higher == upward).all():
            break
        upward = higher
    plane, place = np.divmod(inside, (h + 2) * wide)
    pixels = plane * (h * w) + (place // wide - 1) * w + place % wide - 1
    return pixels, pixels[upward]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path, help="folder that omr models export wrote")
    parser.add_argument("page", type=Path)
    options = parser.parse_args(arguments)
    for s in OnnxDetector(options.model).detect(read_first_page(options.page).gray):
        print(s.name, f"{s.score:.3f}", *(f"{v:.1f}" for v in s.box))


if __name__ == "__main__":
    main()
