"""Training crops: class-aware sampling, degradation, targets.

Crop number `i` depends on (seed, i) alone, so a resumed run sees the same data in the same order
whatever the number of workers.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from deepscores_tools.canvas import window
from deepscores_tools.degradation import degrade, draw_preset
from deepscores_tools.ink import ink_of

from ..config import ModelConfig
from .looks import Looks, bare, make_looks
from .page_cache import CachedPage
from .recipe import AugmentConfig, TrainConfig
from .targets import Targets, make_targets

# The refiner sees a symbol whole or not at all, and long ones seldom lie in a crop: some are cut
# out of the page for it, of all classes alike, and of bare lines as often as of the rest.
LONG = 0.5  # of a crop's side
LONG_LOOKS = 8  # at and beside one
BESIDE, WIDER = 3.0, 0.3  # interlines, or share of its sides, around it


class CropDataset(Dataset[tuple[Tensor, Targets, Looks]]):
    """Crop `i` of an endless, seeded sequence: ink (1, crop, crop) in 0..1, targets and looks."""

    def __init__(
        self,
        pages: Sequence[CachedPage],
        model: ModelConfig,
        augment: AugmentConfig,
        training: TrainConfig,
    ) -> None:
        self.pages = pages
        self.model = model
        self.augment = augment
        self.training = training
        self.page_of = np.concatenate([np.full(len(p.labels), i) for i, p in enumerate(pages)])
        self.symbol_of = np.concatenate([np.arange(len(p.labels)) for p in pages])
        labels = np.concatenate([p.labels for p in pages])
        counts = np.bincount(labels, minlength=len(model.classes)).astype(float)
        rarity = np.where(counts > 0, np.maximum(counts, 1) ** -0.5, 0.0) * np.minimum(counts, 10)
        self.class_chance = rarity / rarity.sum()
        order = np.argsort(labels, kind="stable")
        self.members = np.split(order, np.cumsum(counts[:-1]).astype(int))
        sides = np.concatenate([(p.boxes[:, 2:] - p.boxes[:, :2]) / p.interline for p in pages])
        self.long = np.flatnonzero(  # rows of page_of and symbol_of
            sides.max(1, initial=0) > LONG * training.crop / model.interline
        )
        kinds = labels[self.long] * 2 + bare(sides[self.long])
        self.long_chance = 1 / np.bincount(kinds)[kinds] / len(np.unique(kinds))

    def __len__(self) -> int:
        return self.training.steps * self.training.batch

    def __getitem__(self, i: int) -> tuple[Tensor, Targets, Looks]:
        ink, boxes, labels, interline = self._picture(i)
        looks = self._looks(i, ink, boxes, labels, interline)
        ink, boxes = self._scaled(ink, boxes)
        size = self.training.crop
        targets = make_targets(boxes, labels, self.model, (size, size))
        return torch.from_numpy(ink)[None].float() / 255, targets, looks

    def scene(self, i: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]]:
        """Crop `i` as other detectors learn from it: ink (crop, crop), boxes (n, 4), labels (n,).

        Boxes may reach beyond the crop.
        """
        ink, boxes, labels, _ = self._picture(i)
        return *self._scaled(ink, boxes), labels

    def _looks(
        self,
        i: int,
        ink: NDArray[np.uint8],
        boxes: NDArray[np.float32],
        labels: NDArray[np.int64],
        interline: float,
    ) -> Looks:
        """What the refiner learns from crop `i` and from a long symbol elsewhere."""
        rng = np.random.default_rng((self.training.seed, i, 1))
        learns = self.model.refiner and "refiner" not in self.training.frozen
        count = self.training.looks if learns else 0
        rough = self.augment.roughness
        looks = make_looks(ink, boxes.astype(np.float64), labels, interline, count, rough, rng)
        if not count or not len(self.long):
            return looks
        row = rng.choice(self.long, p=self.long_chance)
        page = self.pages[int(self.page_of[row])]
        box = page.boxes[self.symbol_of[row]]
        # Nearly always more than the refiner's regions take: where these are cut off would tell
        # it the ends.
        beside = np.maximum(BESIDE * page.interline, WIDER * (box[2:] - box[:2]))
        low = np.floor(box[:2] - beside).astype(int)
        extent = np.ceil(box[2:] + beside).astype(int) - low
        gray, boxes, labels = _part(page, low, extent)
        ink = ink_of(self._worn(gray, page.interline, rng), page.interline)
        count = min(count, LONG_LOOKS)
        long = make_looks(ink, boxes.astype(np.float64), labels, page.interline, count, rough, rng)
        return Looks.together([looks, long])

    def _picture(
        self, i: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64], float]:
        """Crop `i` at its page's own resolution: ink, boxes, labels, interline."""
        rng = np.random.default_rng((self.training.seed, i))
        page, focus = self._choose(rng)
        gray, boxes, labels, interline = self._cut(page, focus, rng)
        if self.augment.margin_crops:
            gray, boxes, labels = self._with_margin(gray, boxes, labels, rng)
        return ink_of(self._worn(gray, interline, rng), interline), boxes, labels, interline

    def _worn(
        self, gray: NDArray[np.uint8], interline: float, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """The pixels as some scanner or pen would have left them."""
        if rng.random() < self.augment.degrade:
            return degrade(gray, interline, rng, draw_preset(rng))
        if rng.random() < self.augment.thickness:
            return _thicker_or_thinner(gray, interline, rng)
        return gray

    def _scaled(
        self, ink: NDArray[np.uint8], boxes: NDArray[np.float32]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A crop and its boxes at the size that the network sees."""
        size = self.training.crop
        scale = np.array([size / ink.shape[1], size / ink.shape[0]] * 2, dtype=np.float32)
        method = cv2.INTER_AREA if scale.max() < 1 else cv2.INTER_LINEAR
        small = cv2.resize(ink, (size, size), interpolation=method)
        return np.asarray(small, np.uint8), boxes * scale

    def _choose(self, rng: np.random.Generator) -> tuple[CachedPage, NDArray[np.float32] | None]:
        """A page, and the box to look at where the crop is drawn by class."""
        if rng.random() < self.augment.balanced:
            label = rng.choice(len(self.class_chance), p=self.class_chance)
            row = rng.choice(self.members[label])
            page = self.pages[int(self.page_of[row])]
            return page, page.boxes[self.symbol_of[row]]
        return self.pages[int(rng.integers(len(self.pages)))], None

    def _cut(
        self, page: CachedPage, focus: NDArray[np.float32] | None, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64], float]:
        """A crop at the page's own resolution, with all boxes in the crop's frame."""
        scale = np.exp(rng.uniform(*np.log(self.augment.scale)))
        squeeze = np.exp(rng.uniform(*np.log(self.augment.squeeze)))
        side = self.training.crop * page.interline / self.model.interline / scale
        extent = np.maximum(np.round([side * squeeze, side]), 32).astype(int)  # (x, y)
        size = np.array(np.load(page.pixels, mmap_mode="r").shape[::-1])
        if focus is None:
            corner = rng.uniform(-0.1 * extent, np.maximum(size - 0.9 * extent, 1))
        else:
            centre = (focus[:2] + focus[2:]) / 2
            corner = centre - rng.uniform(0.1, 0.9, 2) * extent
            corner = np.clip(corner, -0.2 * extent, np.maximum(size - 0.8 * extent, 0))
        return *_part(page, np.round(corner).astype(int), extent), page.interline

    def _with_margin(
        self,
        gray: NDArray[np.uint8],
        boxes: NDArray[np.float32],
        labels: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]]:
        """The crop with a margin at its top that holds cuttings from any pages, side by side.

        Elezi 2020, section 6.6.1: 12 of 80 x 130 pixels, which fill the width of a crop of 960.
        Classes are drawn evenly, so that a rare one is met as often as a common one. As with
        crops, symbols count where their centre is, and keep their true size. As many cuttings
        as fit side by side are made.
        """
        size, (width, height) = self.training.crop, self.augment.margin_size
        scale = np.array(gray.shape[::-1]) / size  # (x, y): pixels of the crop to one of the model
        bottom = round(height * scale[1])
        gray = gray.copy()
        gray[:bottom] = 255
        below = (boxes[:, 1] + boxes[:, 3]) / 2 >= bottom
        all_boxes, all_labels = [boxes[below]], [labels[below]]
        present = np.flatnonzero(self.class_chance)
        for k in range(min(self.augment.margin_crops, size // width)):
            row = int(rng.choice(self.members[int(rng.choice(present))]))
            page = self.pages[int(self.page_of[row])]
            left, right = round(k * width * scale[0]), round((k + 1) * width * scale[0])
            cell = np.array([right - left, bottom])
            extent = np.round(np.array([width, height]) * page.interline / self.model.interline)
            box = page.boxes[self.symbol_of[row]]
            corner = np.round((box[:2] + box[2:]) / 2 - rng.uniform(0.35, 0.65, 2) * extent)
            cut, near, its = _part(page, corner.astype(int), extent.astype(int))
            method = cv2.INTER_AREA if (cell < extent).all() else cv2.INTER_LINEAR
            gray[:bottom, left:right] = cv2.resize(
                cut, (int(cell[0]), int(cell[1])), interpolation=method
            )
            near = near * np.tile(cell / extent, 2)
            centres = (near[:, :2] + near[:, 2:]) / 2
            inside = ((centres >= 0) & (centres < cell)).all(axis=1)
            all_boxes.append((near[inside] + np.array([left, 0, left, 0])).astype(np.float32))
            all_labels.append(its[inside])
        return gray, np.concatenate(all_boxes), np.concatenate(all_labels)


def _part(
    page: CachedPage, corner: NDArray[np.int64], extent: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]]:
    """Pixels from corner (x, y) on, extent (width, height); boxes and labels of what they show."""
    pixels = np.load(page.pixels, mmap_mode="r")
    gray = window(pixels, (int(corner[0]), int(corner[1])), (int(extent[0]), int(extent[1])))
    boxes = page.boxes - np.tile(corner, 2).astype(np.float32)
    near = ((boxes[:, :2] < extent) & (boxes[:, 2:] > 0)).all(axis=1)
    return gray, boxes[near], page.labels[near]


def _thicker_or_thinner(
    gray: NDArray[np.uint8], interline: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Ink grown or shrunk by up to 5 % of an interline, by blurring and shifting the threshold."""
    sigma = interline * rng.uniform(0.03, 0.08)
    soft = cv2.GaussianBlur(gray, (0, 0), sigma).astype(np.float32)
    middle = rng.uniform(70, 200)
    return np.asarray(np.clip((soft - middle) * 3 + 127, 0, 255), dtype=np.uint8)
