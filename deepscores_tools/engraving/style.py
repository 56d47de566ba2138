"""How one score is engraved: font, page size, line widths and spacing, drawn from a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepscores_tools.engraving.music_fonts import FONTS, font_options

_TEXT_FAMILIES = {"computer-modern": 0.5, "stix": 0.35, "dejavu-serif": 0.1, "dejavu-sans": 0.05}
"""Faces of words and how often each is drawn: old editions have no sans serif, most the hairlines
of Computer Modern."""
BY_HAND = 0.4  # share of the engravings
FINGERINGS = ("computer-modern", "stix", "dejavu-serif")
"""Faces of fingerings by hand, alike often: old prints have them from hairline to slab serifs."""

ATTRIBUTES = ("note@grace", "chord@grace", "note@staff", "chord@staff", "hairpin@form", "staff@n")


@dataclass(frozen=True, slots=True)
class Style:
    """One engraving: page size in pixels, staff space in pixels, and verovio's options.

    hand: how unevenly it is punched and cut, 0 for a computer's, see hand.py.
    """

    font: str
    width: int
    height: int
    interline: float
    text_family: str
    fingering_family: str
    options: Mapping[str, object]
    hand: float = 0.0


def generator(seed: int, *names: str) -> np.random.Generator:
    """A random generator that depends on the seed and the names alone."""
    digest = hashlib.sha256("\0".join((str(seed), *names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def draw_style(rng: np.random.Generator, fonts: Sequence[str] = FONTS) -> Style:
    """Draw an engraving within the ranges that printed editions show."""

    def between(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 3)

    font = str(rng.choice(list(fonts)))
    width = int(rng.integers(1500, 2501))
    interline = round(min(26.0, max(16.0, width / between(75, 135))), 3)  # spaces a page width
    height = round(width * between(1.28, 1.46))
    pixel = interline / 18
    # Verovio's unit is half a staff space, and 0.30 its limit. Scans of engraved editions show
    # lines of 0.14-0.20 spaces, the spread of the ink included; music fonts ask for 0.08-0.13.
    staff_line = between(0.13, 0.30)
    options: dict[str, object] = {
        **font_options(font),
        "pageWidth": round(width / pixel),
        "pageHeight": round(height / pixel),
        "pageMarginLeft": int(rng.integers(40, 140)),
        "pageMarginRight": int(rng.integers(40, 140)),
        "pageMarginTop": int(rng.integers(40, 160)),
        "pageMarginBottom": int(rng.integers(40, 160)),
        "staffLineWidth": staff_line,
        "stemWidth": between(0.14, 0.36),
        "ledgerLineThickness": between(staff_line, 0.42),
        "barLineWidth": between(0.18, 0.55),
        "thickBarlineThickness": between(0.8, 1.4),
        "beamMaxSlope": int(rng.integers(4, 17)),
        "spacingLinear": between(0.14, 0.32),
        "spacingNonLinear": between(0.36, 0.62),
        "spacingStaff": int(rng.integers(8, 17)),
        "spacingSystem": int(rng.integers(3, 14)),
        "slurMidpointThickness": between(0.35, 0.9),
        "slurEndpointThickness": between(0.07, 0.2),
        "tieMidpointThickness": between(0.3, 0.8),
        "tieEndpointThickness": between(0.07, 0.2),
        "slurCurveFactor": between(0.7, 1.6),
        "hairpinThickness": between(0.12, 0.35),
        "hairpinSize": between(2.2, 4.0),
        "tupletBracketThickness": between(0.12, 0.35),
        "octaveLineThickness": between(0.12, 0.35),
        "repeatEndingLineThickness": between(0.12, 0.35),
        "ledgerLineExtension": between(0.35, 0.7),
        "graceFactor": between(0.65, 0.78),
        "lyricSize": between(3.6, 5.2),
        "useBraceGlyph": bool(rng.random() < 0.3),
        "multiRestStyle": str(rng.choice(["auto", "block", "symbols"])),
        "barLineSeparation": between(0.6, 1.2),
        "repeatBarLineDotSeparation": between(0.25, 0.6),
        "dashedBarLineDashLength": between(0.8, 1.6),
        "dashedBarLineGapLength": between(0.8, 1.6),
        "bracketThickness": between(0.7, 1.4),
        "subBracketThickness": between(0.12, 0.5),
        "pedalLineThickness": between(0.12, 0.35),
        "lyricLineThickness": between(0.15, 0.35),
        "textEnclosureThickness": between(0.12, 0.35),
        "multiRestThickness": between(1.4, 2.6),
        "slurSymmetry": between(0.0, 1.0),
        "slurMaxSlope": int(rng.integers(40, 75)),
        "tupletAngledOnBeams": bool(rng.random() < 0.3),
        "octaveAlternativeSymbols": bool(rng.random() < 0.3),
        "octaveNoSpanningParentheses": bool(rng.random() < 0.5),
        "staccatoCenter": bool(rng.random() < 0.5),
        "graceRightAlign": bool(rng.random() < 0.3),
        "fingeringScale": between(0.6, 0.85),
        "dynamDist": between(0.7, 2.0),
        "lyricWordSpace": between(0.9, 2.0),
        "spacingBraceGroup": int(rng.integers(7, 15)),
        "spacingBracketGroup": int(rng.integers(7, 15)),
        "ossiaStaffSize": between(0.6, 0.8),
        "beamFrenchStyle": bool(rng.random() < 0.2),
        "justifyVertically": bool(rng.random() < 0.7),
        "tupletNumHead": bool(rng.random() < 0.3),
        "pedalStyle": str(rng.choice(["auto", "auto", "auto", "line"])),
        "mnumInterval": int(rng.choice([0, 0, 0, 1, 5])),
        "systemDivider": str(rng.choice(["auto"] * 8 + ["left", "left-right"])),
        "header": str(rng.choice(["auto", "auto", "auto", "none"])),
        "footer": "none",
    }
    family = str(rng.choice(list(_TEXT_FAMILIES), p=list(_TEXT_FAMILIES.values())))
    hand = between(0.3, 1.0) if rng.random() < BY_HAND else 0.0
    fingerings = family
    if hand:  # what only computers do: Times, a number on every bar, grace notes large
        family, fingerings = "computer-modern", str(rng.choice(FINGERINGS))
        options["mnumInterval"] = 0 if options["mnumInterval"] == 1 else options["mnumInterval"]
        options["beamMaxSlope"] = int(rng.integers(0, 9))  # often level
        options["graceFactor"] = between(0.52, 0.72)
        options["fingeringScale"] = between(0.65, 1.05)
    return Style(font, width, height, interline, family, fingerings, options, hand)
