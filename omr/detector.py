"""The Detector: a page in, its symbols out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from deepscores_tools.company import told_by_company
from deepscores_tools.staves import staves_as_symbols
from deepscores_tools.staves.position import named_by_place
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.upright import Upright, upright

from .calibration import calibrated
from .config import ModelConfig
from .device import fast_dtype, multiplies_bytes, pick_device
from .eight_bits import in_eight_bits
from .found import Found, fused, joint, non_maximum_suppression
from .layers import taken
from .memory import keep_freed_memory
from .model_store import load_model
from .network import WatershedNet
from .refiner import refine
from .ridges import united
from .scaling import view_of
from .sizes import of_known_size
from .tiling import REACH, parts
from .upside_down import DOUBTFUL, clefs_at_left, readable
from .watershed import decode


class Detector:
    """A loaded model that turns page images into symbols.

    net: taken over, and changed for speed.

    >>> page = Detector.load("printed").detect("page.png")
    >>> [(s.name, s.box, s.score) for s in page.symbols]
    """

    def __init__(self, net: WatershedNet, config: ModelConfig, device: torch.device) -> None:
        keep_freed_memory()
        self.config = config
        self.device = device
        self.dtype = fast_dtype(device)
        self.net = net.eval().to(device)
        _fold_batch_norms(self.net)
        self.in_bytes = bool(config.map_ranges) and multiplies_bytes(device)
        if self.in_bytes:
            in_eight_bits(self.net, config.map_ranges, self.dtype)
        for part in (self.net.pyramid, self.net.energy, self.net.refiner):
            if part is not None:
                part.to(memory_format=torch.channels_last).to(self.dtype)

    @classmethod
    def load(cls, model: str | Path = "printed", device: str = "auto") -> Detector:
        """A released model by name, or a model folder. Raises InputError."""
        net, config = load_model(model)
        return cls(net, config, pick_device(device))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of everything this model can find."""
        return self.config.all_classes

    def detect(
        self,
        image: NDArray[np.uint8] | Path | str,
        *,
        min_score: float | None = None,
        interline: float | None = None,
    ) -> Page:
        """The symbols of one page, best first, boxes in the frame of `image`.

        image: gray (H, W) or RGB (H, W, 3), uint8, or an image file's first page.
        min_score: None for the model's thresholds per class, 0 for all the watershed gives.
        interline: staff-line distance in pixels where it is known; found on the page otherwise.
        A page on its side, upside down or skewed is turned for the network; the degrees clockwise
        are in attributes["turned"]. A page on which no staves are found has no symbols and says
        so in attributes["notice"].
        Raises InputError for a file that cannot be read, ValueError for another array.
        """
        name = str(image) if isinstance(image, Path | str) else "page"
        gray = _gray(image)
        height, width = gray.shape
        page = upright(gray, interline)
        least = self.config.threshold if min_score is None else lambda name: min_score
        symbols = self._symbols(page, interline, least)
        if page.staves.staves and clefs_at_left(symbols, page.staves) < DOUBTFUL:
            turned = page.upside_down()
            others = self._symbols(turned, interline, least)
            if readable(others, turned.staves) > readable(symbols, page.staves):
                page, symbols = turned, others
        symbols = [s for s in symbols if cast(float, s.score) >= least(s.name)]
        return Page(
            name=name, width=width, height=height, symbols=page.as_given(symbols),
            interline=interline or page.staves.interline,
            attributes=_facts(page),
        )  # fmt: skip

    def _symbols(
        self, page: Upright, interline: float | None, least: Callable[[str], float]
    ) -> list[Symbol]:
        """All symbols of an upright page, in its frame; none where no interline is known.

        least: score of a class from which its boxes must be right.
        """
        interline = interline or page.staves.interline
        if interline is None:
            return []
        height, width = page.gray.shape
        names = self.config.classes
        scores = np.array([least(name) for name in names])
        found = self.run(page.ink, interline, scores).within(width, height)
        symbols = [
            Symbol(name=names[label], box=Box(*box), score=score)
            for box, label, score in zip(
                found.boxes.tolist(),
                found.labels.tolist(),
                found.scores.tolist(),
                strict=True,
            )
        ]
        handwritten = "staffLine" in self.config.staff_classes
        symbols = named_by_place(symbols, page.staves)
        symbols = told_by_company(symbols, interline)
        return symbols + staves_as_symbols(page.staves, handwritten)

    def run(
        self, ink: NDArray[np.uint8], interline: float, least: NDArray[np.float64] | None = None
    ) -> Found:
        """What the network finds on an ink channel (H, W), boxes in its frame.

        least (C,): scores below this keep the boxes of the first look; by default all get both.
        """
        views = [self._view(ink, interline * share) for share in self.config.decode.views]
        found = views[0] if len(views) == 1 else fused(views)
        boxes, scores = found.boxes, calibrated(found.scores, self.config.calibration)
        if self.net.refiner and self.config.refiner:
            worth = found.scores >= self.config.refiner.least_score
            if least is not None:
                worth &= scores >= least[found.labels]
            rows = np.flatnonzero(worth)
            boxes[rows] = refine(
                self.net.refiner, ink, boxes[rows], found.labels[rows], interline,
                self.config.refiner.rounds, self.in_bytes,
            )  # fmt: skip
        found = of_known_size(Found(boxes, found.labels, scores), self.config, interline)
        # What was apart may have been brought to one place.
        return non_maximum_suppression(found, self.config.merge_ious)

    def _view(self, ink: NDArray[np.uint8], interline: float) -> Found:
        """What is found on ink (H, W) brought from this interline to the model's, in its frame."""
        view = view_of(ink, interline, self.config.interline)
        return view.on_page(self._watershed(view.ink))

    def _watershed(self, ink: NDArray[np.uint8]) -> Found:
        """What is found on ink (H, W) of the model's interline, H and W multiples of MULTIPLE."""
        found = []
        for part in parts(*ink.shape):
            with torch.inference_mode():
                features, energy = self.maps(ink[part.read])
                here = decode(self.net, features[0], energy[0], self.config, part.core)
            rows, columns = part.read
            found.append(here.moved(columns.start, rows.start))
        if len(found) == 1:
            return found[0]
        lines = np.isin(self.config.family_of_class, self.config.ridge_planes)
        whole = united(joint(found), lines, REACH)
        return non_maximum_suppression(whole, self.config.merge_ious)

    def maps(self, ink: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """What the network tells of ink (H, W), sides multiples of MULTIPLE: see WatershedNet.

        Features may be bytes, which `classify` and `locate` take, too.
        """
        x = torch.from_numpy(ink).to(self.device)[None, None]
        features, energy = self.net(taken(x, self.dtype, self.in_bytes))
        return features, energy


def _facts(page: Upright) -> dict[str, str | int | float]:
    """What is worth telling of a page: how many staves, how it was turned, anything odd."""
    staves = page.staves
    facts: dict[str, str | int | float] = {"staves": len(staves.staves)}
    if page.degrees:
        facts["turned"] = page.degrees
    if not staves.staves:
        facts["notice"] = "no staves found"
    elif staves.several_sizes:
        facts["notice"] = "staves of several sizes; the commonest was used"
    return facts


def _gray(image: NDArray[np.uint8] | Path | str) -> NDArray[np.uint8]:
    if isinstance(image, Path | str):
        from deepscores_tools.page_images import read_first_page

        return read_first_page(image).gray
    if image.dtype != np.uint8 or not image.size or (image.ndim != 2 and image.shape[2:] != (3,)):
        raise ValueError(f"expected uint8 (H, W) or (H, W, 3), got {image.dtype} {image.shape}")
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


def _fold_batch_norms(module: nn.Module) -> None:
    """Fold every convolution's batch normalisation into its weights: one pass less over memory."""
    for child in module.children():
        if (
            isinstance(child, nn.Sequential)
            and len(child) > 1
            and isinstance(child[1], nn.BatchNorm2d)
        ):
            child[0] = fuse_conv_bn_eval(cast(nn.Conv2d, child[0]), child[1])
            child[1] = nn.Identity()
        else:
            _fold_batch_norms(child)
