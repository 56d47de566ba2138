"""Finding a page in a photo: local features of the ink, matched, and a robust homography.

SIFT (Lowe 2004) on the ink, with the square-rooted descriptors of Arandjelovic and Zisserman
2012; MAGSAC++ (Barath et al. 2020) of OpenCV. Features grow from a few interlines to several
bars, so that repetitive music still has distinct ones; lyrics and titles help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LONG_SIDE = 1500  # pixels that pages are reduced to for this
MOST = 6000  # features of a page
RATIO = 0.85  # of the distances to the best and the second best match
NEAR = 5.0  # pixels of the reduced photo that a match may be off: paper is not flat
FEWEST = 12  # matches that make a page worth a closer look


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Places (N, 2) in pixels of the page, pixel centres, and descriptors (N, 128)."""

    places: NDArray[np.float64]
    descriptors: NDArray[np.float32]
    scale: float


def features_of(ink: NDArray[np.uint8]) -> Features:
    """The features of a page of ink, uint8 (H, W), 255 = ink."""
    scale = min(1.0, LONG_SIDE / max(ink.shape))
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    sift = cv2.SIFT.create(nfeatures=MOST, contrastThreshold=0.02, edgeThreshold=20)
    points, descriptors = sift.detectAndCompute(cv2.GaussianBlur(small, (0, 0), 1.0), None)
    if descriptors is None:
        return Features(np.zeros((0, 2)), np.zeros((0, 128), np.float32), scale)
    rooted = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-9))
    places = np.array([p.pt for p in points], np.float64)
    return Features((places + 0.5) / scale - 0.5, rooted.astype(np.float32), scale)


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A page seen in a photo: homography (3, 3) from page to photo, by this many matches."""

    homography: NDArray[np.float64]
    matches: int


def sight(page: Features, photo: Features) -> Sighting | None:
    """Where the photo shows the page, None where it shows nothing of it."""
    if min(len(page.places), len(photo.places)) < FEWEST:
        return None
    pairs: Sequence[Sequence[cv2.DMatch]] = cv2.BFMatcher(cv2.NORM_L2).knnMatch(
        photo.descriptors, page.descriptors, k=2
    )
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < RATIO * p[1].distance]
    if len(good) < FEWEST:
        return None
    there = photo.places[[m.queryIdx for m in good]]
    here = page.places[[m.trainIdx for m in good]]
    cv2.setRNGSeed(0)
    found, inliers = cv2.findHomography(
        here, there, cv2.USAC_MAGSAC, NEAR / photo.scale, maxIters=10_000, confidence=0.9999
    )
    if found is None or inliers.sum() < FEWEST:
        return None
    homography = np.asarray(found, np.float64)
    if not _is_a_page(homography, here[inliers[:, 0] > 0]):
        return None
    return Sighting(homography, int(inliers.sum()))


def _is_a_page(homography: NDArray[np.float64], places: NDArray[np.float64]) -> bool:
    """Whether the map keeps the page's face up and in front of the camera."""
    w = places @ homography[2, :2] + homography[2, 2]
    return bool(np.linalg.det(homography) > 0 and (w > 0).all())
