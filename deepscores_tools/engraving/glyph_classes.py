"""Which class a music glyph has: SMuFL code points under the elements that verovio uses."""

from __future__ import annotations

from collections.abc import Mapping

SMALL = 0.63
"""Glyph scales below this are grace or cue size (0.54 against 0.72)."""

_DIGITS = range(10)

NOTEHEADS: Mapping[int, str] = {
    0xE0A0: "noteheadDoubleWhole",
    0xE0A1: "noteheadDoubleWhole",
    0xE0A2: "noteheadWhole",
    0xE0A3: "noteheadHalf",
    0xE0A4: "noteheadBlack",
}
OTHER_NOTEHEADS: Mapping[int, str] = {
    0xE0A9: "noteheadXBlack",
    0xE0DB: "noteheadDiamondBlack",
    0xE0E2: "noteheadDiamondBlack",
    0xE0DD: "noteheadDiamondWhite",
    0xE0D9: "noteheadDiamondWhite",
}
_RESTS = {
    0xE4E0: "restMaxima",
    0xE4E1: "restLonga",
    0xE4E2: "restDoubleWhole",
    0xE4E3: "restWhole",
    0xE4E4: "restHalf",
    0xE4E5: "restQuarter",
    0xE4E6: "rest8th",
    0xE4E7: "rest16th",
    0xE4E8: "rest32nd",
    0xE4E9: "rest64th",
    0xE4EA: "rest128th",
    0xE4EB: "rest256th",
    0xE9F0: "restMaxima",  # what verovio draws where MEI says maxima
}
_FLAGS = {
    0xE240 + 2 * k + down: f"flag{name}{'Down' if down else 'Up'}"
    for k, name in enumerate(("8th", "16th", "32nd", "64th", "128th", "256th"))
    for down in (0, 1)
}
_ACCIDENTALS = {
    0xE260: "accidentalFlat",
    0xE261: "accidentalNatural",
    0xE262: "accidentalSharp",
    0xE263: "accidentalDoubleSharp",
    0xE264: "accidentalDoubleFlat",
    0xE26A: "accidentalParensLeft",
    0xE26B: "accidentalParensRight",
}
_KEY = {0xE260: "keyFlat", 0xE261: "keyNatural", 0xE262: "keySharp"}
_ARTICULATIONS = {
    code + below: f"artic{name}{'Below' if below else 'Above'}"
    for name, codes in {
        "Accent": (0xE4A0,),
        "Staccato": (0xE4A2,),
        "Tenuto": (0xE4A4,),
        "Staccatissimo": (0xE4A6, 0xE4A8, 0xE4AA),
        "Marcato": (0xE4AC,),
    }.items()
    for code in codes
    for below in (0, 1)
} | {
    0xE610: "stringsDownBow",
    0xE611: "stringsDownBow",
    0xE612: "stringsUpBow",
    0xE613: "stringsUpBow",
    0xE614: "stringsHarmonic",
    0xE631: "pluckedSnapPizzicato",
    0xE630: "pluckedSnapPizzicato",
    0xE633: "pluckedLeftHandPizzicato",
}
_FERMATAS = {
    0xE4C0 + 2 * k + below: f"fermata{'Below' if below else 'Above'}"
    for k in range(5)
    for below in (0, 1)
}
_DYNAMICS = {
    0xE520: "dynamicP",
    0xE521: "dynamicM",
    0xE522: "dynamicF",
    0xE523: "dynamicR",
    0xE524: "dynamicS",
    0xE525: "dynamicZ",
    0xE526: "dynamicNiente",
}
_METER = {0xE080 + d: f"timeSig{d}" for d in _DIGITS} | {
    0xE08A: "timeSigCommon",
    0xE08B: "timeSigCutCommon",
}
_TUPLETS = {0xE880 + d: f"tuplet{d}" for d in _DIGITS}
_TREMOLOS = {0xE220 + k: f"tremolo{k + 1}" for k in range(5)}
_ORNAMENTS = {
    0xE566: "ornamentTrill",
    0xE567: "ornamentTurn",
    0xE568: "ornamentTurnInverted",
    0xE569: "ornamentTurnSlash",
    0xE56C: "ornamentShortTrill",
    0xE56D: "ornamentMordent",
    0xE56E: "ornamentTremblement",
}
_MARKS = {
    0xE047: "segno",
    0xE048: "coda",
    0xE4CE: "breathMarkComma",
    0xE4CF: "breathMarkTick",
    0xE4D1: "caesura",
    0xE4D2: "caesura",
    0xE4D3: "caesura",
    0xE4D4: "caesura",
    0xE650: "keyboardPedalPed",
    0xE655: "keyboardPedalUp",
    0xE500: "repeat1Bar",
    0xE501: "repeat2Bars",
    0xE504: "repeatBarSlash",
    0xE564: "graceNoteSlash",
    0xE565: "graceNoteSlash",
}
_CLEFS = {
    **dict.fromkeys((*range(0xE050, 0xE05C), 0xE07A), "clefG"),
    **dict.fromkeys((0xE05C, 0xE05D, 0xE07B), "clefC"),
    **dict.fromkeys((*range(0xE062, 0xE069), 0xE07C), "clefF"),
    0xE069: "clefUnpitchedPercussion",
    0xE06A: "clefUnpitchedPercussion",
}
WIGGLES = (0xEAA4, 0xE59E, 0xE59D)
"""Pieces of the wavy line after a trill."""

CLEF_DIGITS: Mapping[int, tuple[int, str]] = {
    0xE051: (0xE050, "clef15"),
    0xE052: (0xE050, "clef8"),
    0xE053: (0xE050, "clef8"),
    0xE054: (0xE050, "clef15"),
    0xE05D: (0xE05C, "clef8"),
    0xE063: (0xE062, "clef15"),
    0xE064: (0xE062, "clef8"),
    0xE065: (0xE062, "clef8"),
    0xE066: (0xE062, "clef15"),
}
"""Compound clefs: the plain clef they are built on and the class of their digit."""

ANYWHERE: Mapping[int, str] = {
    **_RESTS,
    **_FLAGS,
    **_ACCIDENTALS,
    **_ARTICULATIONS,
    **_FERMATAS,
    **_DYNAMICS,
    **_TREMOLOS,
    **_ORNAMENTS,
    **_MARKS,
    **_CLEFS,
    **OTHER_NOTEHEADS,
    0xE044: "repeatDot",
}
BY_ELEMENT: Mapping[str, Mapping[int, str]] = {
    "keyAccid": _KEY,
    "keySig": _KEY,
    "meterSig": _METER,
    "tupletNum": _TUPLETS,
}
"""Glyphs whose class depends on the element; digits elsewhere (repeat counts) are no symbols."""

_HAVE_SMALL = {
    "flag8thUp",
    "flag8thDown",
    "accidentalFlat",
    "accidentalNatural",
    "accidentalSharp",
}


def glyph_class(element: str, code: int, scale: float) -> str | None:
    """The class of a glyph drawn under an element; None where it is no symbol of ours."""
    name = BY_ELEMENT.get(element, {}).get(code) or ANYWHERE.get(code)
    if name in _HAVE_SMALL and scale < SMALL:
        return f"{name}Small"
    return name
