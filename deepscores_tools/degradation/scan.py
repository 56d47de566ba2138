"""A clean drawing in, what a scanner or a phone makes of a print of it out."""

from __future__ import annotations

import zlib
from dataclasses import replace

import cv2
import numpy as np

from deepscores_tools.degradation.camera import expose, light
from deepscores_tools.degradation.clutter import add_clutter
from deepscores_tools.degradation.geometry import warp_page
from deepscores_tools.degradation.ink import coverage, draw
from deepscores_tools.degradation.noise import Gray, enlarge
from deepscores_tools.degradation.paper import tone, weather
from deepscores_tools.degradation.presets import Preset
from deepscores_tools.degradation.warps import WarpRanges, draw_warp
from deepscores_tools.symbols import Page

# Paper never gets darker than this, ink never closer to its paper: below, real pages are not
# legible either. Focus and noise come after, so that thin lines may fall below it.
DARKEST_PAPER = 110.0
LEAST_CONTRAST = 75.0
AT_EDGE = 0.8  # of a page's words stand at its head or foot; a crop does not know where these are


def degrade(image: Gray, interline: float, rng: np.random.Generator, preset: Preset) -> Gray:
    """The picture of a page or crop, shape (H, W), gray, 255 paper; the input is not changed.

    interline: distance of staff lines in pixels, 4 or more to make sense. Symbols stay where
    they are. Everything random comes from rng: same state, same bytes.
    """
    if image.ndim != 2 or image.dtype != np.uint8:
        raise ValueError(f"expected uint8 of shape (H, W), got {image.dtype} of {image.shape}")
    if not np.isfinite(interline) or interline <= 0:
        raise ValueError(f"interline of {interline} pixels")
    if image.size == 0 or preset.name == "clean":
        return image.copy()
    if preset.bilevel:  # marks are cut to black and white with everything else
        marked = ~image
        add_clutter(marked, interline, rng, preset.clutter)
        ink = coverage(~marked, interline, rng, preset.ink)
    else:
        ink = coverage(image, interline, rng, preset.ink)
        add_clutter(ink, interline, rng, preset.clutter)
    level = draw(preset.ink.level, rng)
    return expose(_scene(ink, level, image, interline, rng, preset), interline, rng, preset.camera)


def _scene(
    ink: Gray, level: float, image: Gray, interline: float, rng: np.random.Generator, preset: Preset
) -> Gray:
    """Gray levels of ink of the given level on paper, both under the same light."""
    shape = (image.shape[0], image.shape[1])
    lit = light(shape, rng, preset.camera)
    if preset.paper.is_plain and lit is None:
        return np.asarray(cv2.convertScaleAbs(ink, alpha=(level - 255) / 255, beta=255), np.uint8)
    sheet = tone(shape, interline, rng, preset.paper)
    if lit is not None:
        sheet *= lit
    np.maximum(sheet, np.float32(DARKEST_PAPER), out=sheet)
    contrast = sheet - (level if lit is None else lit * np.float32(level))
    np.maximum(contrast, np.float32(LEAST_CONTRAST), out=contrast)
    paper, depth = (enlarge(field.astype(np.uint8), shape) for field in (sheet, contrast))
    weather(paper, image, interline, rng, preset.paper)
    np.maximum(paper, np.uint8(DARKEST_PAPER), out=paper)
    return np.asarray(cv2.subtract(paper, cv2.multiply(ink, depth, scale=1 / 255)), np.uint8)


def degrade_page(image: Gray, page: Page, preset: Preset, seed: int) -> tuple[Gray, Page]:
    """A whole page as a scan of this kind, and its symbols moved along.

    image: gray, shape (page.height, page.width). The warp and all else depend on the seed and
    the page's name, so that one seed serves a whole set. Kinds that are 1-bit come out as 0
    and 255 only. Page.interline must be known; the new page's is that of the warped page.
    """
    if page.interline is None:
        raise ValueError(f"{page.name}: degrading needs the page's interline")
    rng = np.random.default_rng([seed, zlib.crc32(page.name.encode())])
    if preset.warp != WarpRanges():
        image, page = warp_page(image, page, draw_warp(rng, preset.warp))
    preset = replace(preset, clutter=replace(preset.clutter, at_edge=AT_EDGE))
    if preset.bilevel:
        preset = replace(preset, camera=replace(preset.camera, one_bit_chance=1.0))
    return degrade(image, page.interline or 1.0, rng, preset), page
