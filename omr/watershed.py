"""Maps to symbols: the energy is cut into components, each component becomes one symbol.

Maps have the output stride S = 2 (see targets.py). F: families, h, w: map size, M: components,
P: pixels above the cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torchvision.ops import batched_nms

from .config import STRIDE, ModelConfig
from .ridges import joined, lengthened


class Heads(Protocol):
    """What decoding needs of a network: class logits and boxes of feature vectors."""

    def classify(self, vectors: Tensor, family: Tensor) -> Tensor: ...

    def locate(self, vectors: Tensor, family: Tensor) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class Found:
    """M detections in input pixels: boxes (M, 4) half-open, label and score (M,), best first."""

    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]

    def moved(self, dx: int, dy: int) -> Found:
        """The same, seen from a frame whose origin lies dx, dy pixels to the upper left."""
        return Found(self.boxes + np.array([dx, dy, dx, dy]), self.labels, self.scores)


def energy_map(logits: Tensor) -> Tensor:
    """Energy (F, h, w) in 0..1 of logits (F, K, h, w): sigmoid, or the mean quantised level."""
    levels = logits.shape[1]
    if levels == 1:
        return logits[:, 0].contiguous().float().sigmoid_()
    steps = torch.linspace(0, 1, levels, device=logits.device)
    return (logits.float().softmax(1) * steps[None, :, None, None]).sum(1)


def summits(energy: Tensor, cut: float) -> tuple[Tensor, Tensor]:
    """Topographic watershed: pixels above `cut`, and the summit each belongs to.

    Every pixel points to the highest of its 3 x 3 neighbours; pointers are followed until they
    rest. Returns flat indices into energy (F, h, w): pixels (P,) and summits (P,).
    """
    _, h, w = energy.shape
    wide = w + 2
    height = functional.pad(energy, (1, 1, 1, 1), value=-1.0).flatten()
    inside = (height > cut).nonzero()[:, 0]  # few of all pixels: only these are looked at
    top, pointer = height[inside - wide - 1], inside - wide - 1
    for step in (-wide, -wide + 1, -1, 0, 1, wide - 1, wide, wide + 1):
        neighbour = height[inside + step]
        pointer = torch.where(neighbour > top, inside + step, pointer)
        top = torch.maximum(top, neighbour)
    upward = torch.searchsorted(inside, pointer)  # places in `inside`: whoever is higher is there
    while True:
        higher = upward[upward]
        if bool((higher == upward).all()):
            break
        upward = higher
    plane, place = inside // ((h + 2) * wide), inside % ((h + 2) * wide)
    pixels = plane * (h * w) + (place // wide - 1) * w + place % wide - 1
    return pixels, pixels[upward]


def connected(energy: Tensor, cut: float) -> tuple[Tensor, Tensor]:
    """The thesis's components: 8-connected pixels above `cut`, named by their first pixel."""
    planes, h, w = energy.shape
    pixels, names = [], []
    for plane in range(planes):
        binary = (energy[plane] > cut).cpu().numpy().astype(np.uint8)
        _, labels = cv2.connectedComponents(binary, connectivity=8)
        flat = labels.ravel()
        here = np.flatnonzero(flat)
        _, first, member = np.unique(flat[here], return_index=True, return_inverse=True)
        pixels.append(here + plane * h * w)
        names.append(here[first][member] + plane * h * w)
    both = [torch.from_numpy(np.concatenate(a)).to(energy.device) for a in (pixels, names)]
    return both[0], both[1]


def components(energy: Tensor, config: ModelConfig) -> tuple[Tensor, Tensor]:
    """Pixels (P,) and the names (P,) of their components, flat indices into energy (F, h, w)."""
    cut, (_, h, w) = config.energy.cut, energy.shape
    if config.decode.components == "cut":
        return connected(energy, cut)
    pixels, name = summits(energy, cut)
    for plane in config.ridge_planes:
        start = plane * h * w
        here = (pixels >= start) & (pixels < start + h * w)
        part, its = ((t[here] - start).cpu().numpy() for t in (pixels, name))
        whole = joined(energy[plane, None].cpu().numpy(), part, its, config.energy.least_pass)
        name[here] = torch.from_numpy(whole).to(name) + start
    return pixels, name


def decode(
    net: Heads,
    features: Tensor,
    logits: Tensor,
    config: ModelConfig,
    core: tuple[slice, slice] | None = None,
) -> Found:
    """The symbols of one page: features (D, h, w), energy logits (F, K, h, w).

    core: rows and columns of input pixels; components with their summit elsewhere are left out.
    Class and box are read at the component's pixels of at least half its summit's energy,
    weighted by energy; the length of a line is its component's. Score = mean energy there x mean
    probability of the class.
    """
    energy = energy_map(logits)
    pixels, name = components(energy, config)
    if core is not None:
        here = _inside(name, energy.shape, core)
        pixels, name = pixels[here], name[here]
    if not len(pixels):
        return Found(np.zeros((0, 4)), np.zeros(0, np.int64), np.zeros(0))
    _, component = torch.unique(name, return_inverse=True)
    count = int(component.max()) + 1
    height = energy.flatten()[pixels]
    top = torch.zeros(count, device=height.device).scatter_reduce_(0, component, height, "amax")
    inner = height >= (0.5 if config.decode.components == "peaks" else 0.0) * top[component]
    pixels, component, height = pixels[inner], component[inner], height[inner]
    return _read(net, features, energy.shape, pixels, component, height, count, config)


def _inside(name: Tensor, shape: torch.Size, core: tuple[slice, slice]) -> Tensor:
    """Which flat map indices (P,) lie in the core: (P,) booleans."""
    _, h, w = shape
    y, x = name % (h * w) // w * STRIDE, name % w * STRIDE
    rows, columns = core
    here: Tensor = (y >= rows.start) & (y < rows.stop)
    return here.logical_and((x >= columns.start) & (x < columns.stop))


def _read(
    net: Heads,
    features: Tensor,
    shape: torch.Size,
    pixels: Tensor,
    component: Tensor,
    height: Tensor,
    count: int,
    config: ModelConfig,
) -> Found:
    _, h, w = shape
    family = pixels // (h * w)
    y, x = pixels % (h * w) // w, pixels % w
    vectors = features.permute(1, 2, 0).flatten(0, 1)[pixels % (h * w)]
    probability = net.classify(vectors, family).softmax(1)
    box = net.locate(vectors, family)
    mass = torch.zeros(count, device=height.device).index_add_(0, component, height)
    weight = height / mass[component]

    def mean(values: Tensor) -> Tensor:
        weighted = values * weight.reshape(-1, *[1] * (values.dim() - 1))
        sums = torch.zeros(count, *values.shape[1:], device=values.device)
        return sums.index_add_(0, component, weighted)

    chance = mean(probability)
    if config.decode.vote == "majority":
        votes = functional.one_hot(probability.argmax(1), probability.shape[1]).float()
        label = mean(votes).argmax(1)
    else:
        label = chance.argmax(1)
    pixel = torch.stack(((x + 0.5) * STRIDE, (y + 0.5) * STRIDE), dim=1)
    if config.decode.box == "offset":
        centre = mean(pixel + box[:, :2] * config.interline)
        sides = mean(box[:, 2:]).clamp(-6, 5).exp() * config.interline
    else:
        centre = mean(pixel)
        if config.decode.box == "cached":
            sizes = [config.sizes.get(name, (1.0, 1.0)) for name in config.classes]
            sides = torch.tensor(sizes, device=label.device)[label] * config.interline
        else:
            sides = mean(box[:, 2:].clamp(-6, 5).exp()) * config.interline
    score = mean(height) * chance.gather(1, label[:, None])[:, 0]
    corners = torch.cat((centre - sides / 2, centre + sides / 2), dim=1)
    line = torch.isin(family, torch.tensor(config.ridge_planes, device=family.device).long())
    if bool(line.any()):
        rows, part = torch.unique(component[line], return_inverse=True)
        boxes, places, whose = (t.cpu().numpy() for t in (corners[rows], pixel[line], part))
        longer = lengthened(boxes, places, whose, config.energy, config.interline)
        corners[rows] = torch.from_numpy(longer).to(corners)
    return _best_first(corners, label, score.clamp(0, 1), config.decode.merge_iou)


def together(found: Sequence[Found], merge_iou: float) -> Found:
    """The detections of a page's parts, best first, those found twice once."""
    if len(found) == 1:
        return found[0]
    boxes, labels, scores = (
        np.concatenate([getattr(f, name) for f in found]) for name in ("boxes", "labels", "scores")
    )
    return merged(Found(boxes, labels, scores), merge_iou)


def merged(found: Found, merge_iou: float) -> Found:
    """Best first; of detections of one class that overlap by more only the best stays."""
    boxes, labels, scores = map(torch.from_numpy, (found.boxes, found.labels, found.scores))
    return _best_first(boxes, labels, scores, merge_iou)


def _best_first(boxes: Tensor, labels: Tensor, scores: Tensor, merge_iou: float) -> Found:
    """Sorted by score; of overlapping components of one class only the best stays."""
    keep = batched_nms(boxes.float(), scores.float(), labels, merge_iou)
    arrays = (t[keep].double().cpu().numpy() for t in (boxes, labels, scores))
    found_boxes, found_labels, found_scores = arrays
    return Found(found_boxes, found_labels.astype(np.int64), found_scores)
