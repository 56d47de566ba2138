"""Maps to symbols: the energy is cut into components, each component becomes one symbol.

Maps have the output stride S = 2 (see network.py). F: families, h, w: map size, M: components,
P: pixels above the cut.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .config import LOG_SIDES, STRIDE, ModelConfig
from .found import Found, non_maximum_suppression
from .ridges import joined, lengthened


class Heads(Protocol):
    """What decoding needs of a network: class logits and boxes of feature vectors."""

    def classify(self, vectors: Tensor, family: Tensor) -> Tensor: ...

    def locate(self, vectors: Tensor, family: Tensor) -> Tensor: ...


def energy_map(logits: Tensor) -> Tensor:
    """Energy (F, h, w) in 0..1 of logits (F, K, h, w): sigmoid, or the mean quantised level."""
    levels = logits.shape[1]
    if levels == 1:
        return logits[:, 0].contiguous().float().sigmoid_()
    steps = torch.linspace(0, 1, levels, device=logits.device)
    return (logits.float().softmax(1) * steps[None, :, None, None]).sum(1)


@dataclass(frozen=True, slots=True)
class Pixels:
    """The P pixels of a map (h, w, F) above the cut, and the component each belongs to.

    at, name (P,): flat indices, `at` increasing; a component's name is one of its pixels.
    energy (P,).
    """

    shape: tuple[int, int, int]
    at: Tensor
    name: Tensor
    energy: Tensor

    def __getitem__(self, rows: Tensor) -> Pixels:
        return Pixels(self.shape, self.at[rows], self.name[rows], self.energy[rows])


def summits(height: Tensor, cut: float) -> tuple[Tensor, Tensor]:
    """Topographic watershed: pixels above `cut`, and the summit each belongs to.

    Every pixel points to the highest of its 3 x 3 neighbours; pointers are followed until they
    rest. Returns flat indices into height (h, w, F): pixels (P,) and summits (P,).
    """
    h, w, planes = height.shape
    flat = height.flatten()
    inside = _places(flat > cut)  # few of all pixels: only these are looked at
    place, plane = inside // planes, inside % planes
    y, x = place // w, place % w
    rows = [(y + dy).clamp(0, h - 1) * (w * planes) + plane for dy in (-1, 0, 1)]
    columns = [(x + dx).clamp(0, w - 1) * planes for dx in (-1, 0, 1)]  # what is beyond: as within
    top, pointer = torch.tensor(-torch.inf).to(flat).expand(len(inside)), inside
    for row, column in itertools.product(rows, columns):  # the first of equals
        neighbour = row + column
        here = flat[neighbour]
        pointer = torch.where(here > top, neighbour, pointer)
        top = torch.maximum(top, here)
    upward = torch.searchsorted(inside, pointer)  # places in `inside`: whoever is higher is there
    while True:
        further = upward[upward]
        if bool((further == upward).all()):
            break
        upward = further
    return inside, inside[upward]


def _places(mask: Tensor) -> Tensor:
    """The indices of what is true in a flat mask. NumPy finds few among many in half the time."""
    if mask.is_cuda:
        return mask.nonzero()[:, 0]
    return torch.from_numpy(np.flatnonzero(mask.numpy()))


def connected(height: Tensor, cut: float) -> tuple[Tensor, Tensor]:
    """The thesis's components: 8-connected pixels above `cut`, named by one of them."""
    above = height > cut
    inside = _places(above.flatten())
    names = torch.empty_like(height, dtype=torch.long)
    for plane, binary in enumerate(above.movedim(-1, 0).byte().cpu().numpy()):
        _, labels = cv2.connectedComponents(np.ascontiguousarray(binary), connectivity=8)
        _, first, member = np.unique(labels, return_index=True, return_inverse=True)
        names[..., plane] = torch.from_numpy(first[member].reshape(labels.shape)).to(names)
    planes = height.shape[2]
    return inside, names.flatten()[inside] * planes + inside % planes


def components(logits: Tensor, config: ModelConfig) -> Pixels:
    """What of the energy, given as logits (F, K, h, w), is above the cut, by component."""
    quantised, cut = logits.shape[1] > 1, config.energy.cut
    # A sigmoid keeps the order of heights: only the pixels above the cut need theirs.
    energy = energy_map(logits) if quantised else logits[:, 0]
    height = energy.permute(1, 2, 0).contiguous()  # as the network writes it, pixel by pixel
    level = cut if quantised else _not_above(math.log(cut / (1 - cut)), height.dtype)
    find = summits if config.decode.components == "peaks" else connected
    at, name = find(height, level)
    tops = height.flatten()[at].float()
    tops = tops if quantised else tops.sigmoid()
    h, w, planes = height.shape
    for plane in config.ridge_planes if config.decode.components == "peaks" else ():
        here = at % planes == plane
        high, place, its = (
            t.cpu().numpy() for t in (tops[here], at[here] // planes, name[here] // planes)
        )
        whole = joined(high, place, its, w, config.energy.least_pass)
        name[here] = torch.from_numpy(whole).to(name) * planes + plane
    return Pixels((h, w, planes), at, name, tops)


def _not_above(value: float, dtype: torch.dtype) -> float:
    """The greatest number of dtype that is not above value: comparisons round to the nearest."""
    nearest = torch.tensor(value, dtype=dtype)
    below = torch.nextafter(nearest, torch.tensor(-torch.inf, dtype=dtype))
    return float(nearest if float(nearest) <= value else below)


def decode(
    net: Heads,
    features: Tensor,
    logits: Tensor,
    config: ModelConfig,
    core: tuple[slice, slice] | None = None,
) -> Found:
    """The symbols of one page: features (D, h, w), energy logits (F, K, h, w).

    core: rows and columns of input pixels; components with their summit elsewhere are left out,
    but for lines that reach into it, to be `united` with what other parts see of them.
    Class and box are read at the component's pixels of at least half its summit's energy,
    weighted by energy; the length of a line is its component's. Score = mean energy there x mean
    probability of the class.
    """
    pixels = components(logits, config)
    if core is not None:
        pixels = pixels[_inside(pixels, core, config.ridge_planes)]
    if not len(pixels.at):
        return Found(np.zeros((0, 4)), np.zeros(0, np.int64), np.zeros(0))
    names, component = torch.unique(pixels.name, return_inverse=True)
    top = torch.zeros(len(names), device=component.device)
    top.scatter_reduce_(0, component, pixels.energy, "amax")
    share = 0.5 if config.decode.components == "peaks" else 0.0
    inner = pixels.energy >= share * top[component]
    return _read(net, features, pixels[inner], component[inner], len(names), config)


def _inside(pixels: Pixels, core: tuple[slice, slice], ridges: tuple[int, ...]) -> Tensor:
    """Which pixels' components have their name in the core, or are ridges and any pixel: (P,)."""
    _, w, planes = pixels.shape
    ridge = torch.isin(pixels.at % planes, torch.tensor(ridges, device=pixels.at.device).long())
    place = torch.where(ridge, pixels.at, pixels.name) // planes
    y, x = place // w * STRIDE, place % w * STRIDE
    rows, columns = core
    here = (y >= rows.start) & (y < rows.stop) & (x >= columns.start) & (x < columns.stop)
    return torch.isin(pixels.name, pixels.name[here])


def _read(
    net: Heads,
    features: Tensor,
    pixels: Pixels,
    component: Tensor,
    count: int,
    config: ModelConfig,
) -> Found:
    _, w, planes = pixels.shape
    family, place, height = pixels.at % planes, pixels.at // planes, pixels.energy
    y, x = place // w, place % w
    vectors = features.permute(1, 2, 0).flatten(0, 1)[place]
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
        sides = mean(box[:, 2:]).clamp(*LOG_SIDES).exp() * config.interline
    else:
        centre = mean(pixel)
        if config.decode.box == "cached":
            sizes = [config.sizes.get(name, (1.0, 1.0)) for name in config.classes]
            sides = torch.tensor(sizes, device=label.device)[label] * config.interline
        else:
            sides = mean(box[:, 2:].clamp(*LOG_SIDES).exp()) * config.interline
    score = mean(height) * chance.gather(1, label[:, None])[:, 0]
    corners = torch.cat((centre - sides / 2, centre + sides / 2), dim=1)
    line = torch.isin(family, torch.tensor(config.ridge_planes, device=family.device).long())
    if bool(line.any()):
        rows, part = torch.unique(component[line], return_inverse=True)
        boxes, places, whose = (t.cpu().numpy() for t in (corners[rows], pixel[line], part))
        longer = lengthened(boxes, places, whose, config.energy, config.interline)
        corners[rows] = torch.from_numpy(longer).to(corners)
    arrays = (t.double().cpu().numpy() for t in (corners, label, score.clamp(0, 1)))
    boxes, labels, scores = arrays
    found = Found(boxes, labels.astype(np.int64), scores)
    return non_maximum_suppression(found, config.merge_ious)
