"""Labelled pages found in photos and scans of their prints, and their truth carried over."""

from deepscores_tools.alignment.align import Reference, align
from deepscores_tools.alignment.likeness import Likeness
from deepscores_tools.alignment.page_fit import PageFit
from deepscores_tools.alignment.photos import aligned_pages

__all__ = ["Likeness", "PageFit", "Reference", "align", "aligned_pages"]
