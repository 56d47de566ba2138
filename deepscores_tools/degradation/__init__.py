"""Make engraved pages look scanned: ink, paper, marks, capture, and exact geometry.

Training crops: `degrade(crop, interline, rng, draw_preset(rng))`.
"""

from deepscores_tools.degradation.presets import PRESETS, Preset, draw_preset
from deepscores_tools.degradation.scan import degrade

__all__ = ["PRESETS", "Preset", "degrade", "draw_preset"]
