"""Scores engraved into pages whose every symbol is known: class, box and mask.

`render_scores` streams pages, `render_dataset` writes a dataset; the parts are verovio
(`engrave`), its SVG (`svg`), the labels (`labels`), times (`note_times`), the painter (`paint`,
`raster`), and music made up for rare symbols (`compose`).
"""

from deepscores_tools.engraving.engrave import RenderedPage, Score, render_svg
from deepscores_tools.engraving.music_fonts import FONTS, RESERVED_FONTS
from deepscores_tools.engraving.plan import RenderPlan
from deepscores_tools.engraving.render import render_scores
from deepscores_tools.engraving.rendered_dataset import render_dataset
from deepscores_tools.engraving.sources import find_scores, of_set
from deepscores_tools.engraving.style import Style, draw_style, generator

__all__ = [
    "FONTS",
    "RESERVED_FONTS",
    "RenderPlan",
    "RenderedPage",
    "Score",
    "Style",
    "draw_style",
    "find_scores",
    "generator",
    "of_set",
    "render_dataset",
    "render_scores",
    "render_svg",
]
