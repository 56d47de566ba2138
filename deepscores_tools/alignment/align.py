"""A photo against labelled pages: which one it shows, and the map from the one to the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from deepscores_tools.alignment.features import Sighting, features_of, sight
from deepscores_tools.alignment.likeness import Likeness, likeness
from deepscores_tools.alignment.page_fit import PageFit
from deepscores_tools.alignment.register import register
from deepscores_tools.alignment.spline import SplineField
from deepscores_tools.ink import ink_of
from deepscores_tools.staves import find_staves
from deepscores_tools.symbols import Page

CLOSER = 3  # pages that are looked at closely, those with the most matches first


class Reference:
    """A labelled page to be found in photos. picture: gives its gray image, (height, width)."""

    def __init__(self, page: Page, picture: Callable[[], NDArray[np.uint8]]) -> None:
        self.page, self._picture = page, picture
        ink = self.ink()
        self.features = features_of(ink)
        known = page.interline or find_staves(ink).interline
        self.interline = known or page.width / 100  # in pixels, about right without staves too

    def ink(self) -> NDArray[np.uint8]:
        """The page's ink, made anew: that of a whole dataset would fill the memory."""
        return ink_of(self._picture(), self.page.interline)


def align(photo: NDArray[np.uint8], references: Sequence[Reference]) -> Likeness:
    """The page that a photo, gray (H, W), shows, and how it lies there.

    The likeness to the first page accepted among the few that have most in common with the
    photo, else the greatest.
    """
    ink = ink_of(photo)
    seen = features_of(ink)
    sightings = [(n, sight(reference.features, seen)) for n, reference in enumerate(references)]
    found = sorted(((s.matches, n, s) for n, s in sightings if s is not None), key=lambda t: -t[0])
    best = Likeness()
    for _, number, sighting in found[:CLOSER]:
        closer = _look(references[number], number, ink, sighting)
        if closer.accepted:
            return closer
        best = max(best, closer, key=lambda one: one.found)
    return best


def _look(
    reference: Reference, number: int, ink: NDArray[np.uint8], sighting: Sighting
) -> Likeness:
    page, space, drawn = reference.page, reference.interline, reference.ink()
    field = SplineField(page.width, page.height, 10 * space)
    start = PageFit(sighting.homography, field, ink.shape[1], ink.shape[0])
    fit = register(drawn, ink, space, start)
    return likeness(drawn, page.symbols, space, ink, fit, number)
