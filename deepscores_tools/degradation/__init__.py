"""Make engraved pages look scanned: ink, paper, marks, capture, and exact geometry.

Training crops: `degrade(crop, interline, rng, draw_preset(rng))`. Whole pages with their truth:
`degrade_page(image, page, PRESETS["flatbed-1bit"], seed)`.
"""

from deepscores_tools.degradation.geometry import warp_page
from deepscores_tools.degradation.presets import PRESETS, Preset, draw_preset
from deepscores_tools.degradation.scan import degrade, degrade_page
from deepscores_tools.degradation.warps import WarpParameters, WarpRanges, draw_warp

__all__ = [
    "PRESETS",
    "Preset",
    "WarpParameters",
    "WarpRanges",
    "degrade",
    "degrade_page",
    "draw_preset",
    "draw_warp",
    "warp_page",
]
