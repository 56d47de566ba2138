"""The named kinds of scan, and which to train on.

Ranges come from three places: published augmentations that helped on real scans (ink 20-90
levels above black, blur of radius 1, salt 10 %, pepper 0.1 %, JPEG 60-95), looking at scans of
engraved editions of 1878-1915 side by side with degraded renders, and judgement.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from deepscores_tools.degradation.camera import CameraRanges
from deepscores_tools.degradation.clutter import ClutterRanges
from deepscores_tools.degradation.ink import InkRanges
from deepscores_tools.degradation.paper import PaperRanges
from deepscores_tools.degradation.warps import WarpRanges


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One kind of scan: what ink, paper, marks and capture are drawn from.

    warp: for whole pages only, where the truth is warped along; crops keep their geometry.

    weight: how often draw_preset() takes it. bilevel: whole pages of it are 0 and 255 only
    (crops mostly show such pages reduced to the model's interline, hence in grays).
    """

    name: str
    weight: float
    bilevel: bool = False
    ink: InkRanges = field(default_factory=InkRanges)
    paper: PaperRanges = field(default_factory=PaperRanges)
    clutter: ClutterRanges = field(default_factory=ClutterRanges)
    camera: CameraRanges = field(default_factory=CameraRanges)
    warp: WarpRanges = field(default_factory=WarpRanges)


UNDER_GLASS = WarpRanges(rotation=0.6, curl_chance=0.25, curl=(0.001, 0.006), wave_chance=0.2)

CLEAN = Preset(name="clean", weight=0.12)

FLATBED_GRAY = Preset(
    name="flatbed-gray",
    weight=0.2,
    ink=InkRanges(
        level=(0, 90),
        spread=(0.02, 0.06),
        bleed=(-0.06, 0.15),
        unevenness=(0.02, 0.08),
        mottle=(0.015, 0.06),
        raggedness=(0, 0.08),
        pinholes=(0, 0.25),
        specks=(0, 0.15),
    ),
    paper=PaperRanges(
        level=(215, 255),
        fibre=(0, 4),
        blotches=(0, 3),
        foxing_chance=0.15,
        show_through_chance=0.3,
        show_through=(0.03, 0.15),
    ),
    clutter=ClutterRanges(pencil_chance=0.15, word_chance=0.15, stamp_chance=0.04, hair_chance=0.1),
    camera=CameraRanges(
        gradient=(0, 0.08), focus=(0.025, 0.07), noise=(0, 4), jpeg_chance=0.5, pepper=(0, 2e-4)
    ),
    warp=UNDER_GLASS,
)

FLATBED_1BIT = Preset(
    name="flatbed-1bit",
    weight=0.34,
    bilevel=True,
    ink=InkRanges(
        spread=(0.025, 0.065),
        bleed=(-0.06, 0.2),
        unevenness=(0, 0.1),
        mottle=(0, 0.05),
        raggedness=(0.02, 0.085),
        pinholes=(0, 0.45),
        specks=(0, 0.45),
        sharpness=(1.0, 1.8),
    ),
    clutter=ClutterRanges(
        scribble_chance=0.05,
        word_chance=0.12,
        stamp_chance=0.03,
        hair_chance=0.15,
        border_chance=0.05,
    ),
    camera=CameraRanges(one_bit_chance=0.25, pepper=(0, 1.5e-4)),
    warp=UNDER_GLASS,
)

OLD_PRINT = Preset(
    name="old-print",
    weight=0.16,
    ink=InkRanges(
        level=(20, 90),
        spread=(0.03, 0.075),
        bleed=(-0.06, 0.18),
        unevenness=(0.02, 0.12),
        mottle=(0.02, 0.09),
        raggedness=(0.03, 0.1),
        pinholes=(0.1, 0.5),
        specks=(0, 0.35),
        hollow=(0, 0.08),
    ),
    paper=PaperRanges(
        level=(180, 235),
        fibre=(1, 7),
        blotches=(1, 6),
        stain_chance=0.25,
        foxing_chance=0.4,
        fold_chance=0.15,
        show_through_chance=0.5,
        show_through=(0.05, 0.18),
    ),
    clutter=ClutterRanges(
        pencil_chance=0.25,
        scribble_chance=0.1,
        word_chance=0.15,
        stamp_chance=0.1,
        border_chance=0.08,
    ),
    camera=CameraRanges(
        gradient=(0, 0.15),
        vignette=(0, 0.08),
        focus=(0.02, 0.08),
        halftone_chance=0.04,
        noise=(0, 6),
        jpeg_chance=0.5,
    ),
    warp=UNDER_GLASS,
)

PHOTOCOPY = Preset(
    name="photocopy",
    weight=0.08,
    ink=InkRanges(
        level=(0, 50),
        spread=(0.04, 0.09),
        bleed=(-0.12, 0.2),
        unevenness=(0.03, 0.12),
        raggedness=(0.03, 0.1),
        pinholes=(0.05, 0.35),
        specks=(0.2, 0.6),
        hollow=(0, 0.25),
        sharpness=(1.0, 1.6),
    ),
    paper=PaperRanges(level=(235, 255), fibre=(0, 5), blotches=(0, 2)),
    clutter=ClutterRanges(
        pencil_chance=0.1,
        scribble_chance=0.1,
        word_chance=0.2,
        hair_chance=0.2,
        border_chance=0.2,
    ),
    camera=CameraRanges(
        gradient=(0, 0.05),
        focus=(0, 0.05),
        noise=(0, 8),
        salt=(0, 0.05),
        pepper=(0, 1e-3),
        jpeg_chance=0.3,
        one_bit_chance=0.15,
    ),
    warp=UNDER_GLASS,
)

PHONE_PHOTO = Preset(
    name="phone-photo",
    weight=0.1,
    ink=InkRanges(
        level=(10, 80),
        spread=(0.02, 0.05),
        bleed=(-0.08, 0.12),
        unevenness=(0, 0.05),
        raggedness=(0, 0.05),
    ),
    paper=PaperRanges(
        level=(200, 250),
        fibre=(0, 4),
        blotches=(0, 4),
        fold_chance=0.15,
        show_through_chance=0.3,
        show_through=(0.03, 0.12),
    ),
    clutter=ClutterRanges(pencil_chance=0.25, scribble_chance=0.05, word_chance=0.1),
    camera=CameraRanges(
        gradient=(0.05, 0.4),
        vignette=(0, 0.2),
        shadow_chance=0.45,
        focus=(0.03, 0.1),
        motion_chance=0.2,
        noise=(2, 10),
        jpeg_chance=0.9,
        jpeg_quality=(55, 92),
    ),
    warp=WarpRanges(rotation=0.9, perspective_chance=0.9, curl_chance=0.5, wave_chance=0.4),
)

PRESETS = {
    preset.name: preset
    for preset in (CLEAN, FLATBED_GRAY, FLATBED_1BIT, OLD_PRINT, PHOTOCOPY, PHONE_PHOTO)
}


def draw_preset(rng: np.random.Generator) -> Preset:
    """A preset for one training crop, by the presets' weights: mostly 1-bit and gray flatbed."""
    presets = list(PRESETS.values())
    weights = np.array([preset.weight for preset in presets])
    return presets[int(rng.choice(len(presets), p=weights / weights.sum()))]
