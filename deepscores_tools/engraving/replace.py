"""Rare symbols in place of similar common ones (Elezi 2020, section 6.6.1 b).

The change is made in the score, as MEI, before it is engraved: the rare symbol stands among real
music, and its label is as exact as any. Note values that change on the page keep their length in
time (`dur.ges`), so that voices stay aligned; a measure then need not add up to its meter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from lxml import etree

SHARE = 0.25
"""Part of the common symbols of a kind that are replaced, at the most."""

_SEEN: Mapping[str, int] = {
    "accidentalDoubleSharp": 59, "accidentalDoubleFlat": 93, "accidentalParensLeft": 25,
    "articStaccatissimoAbove": 12, "articStaccatissimoBelow": 18, "articMarcatoAbove": 183,
    "articMarcatoBelow": 10, "articTenutoAbove": 158, "articTenutoBelow": 30, "caesura": 4,
    "dynamicR": 5, "dynamicZ": 17, "fermataBelow": 47, "fingering0": 28, "fingering1": 25,
    "fingering2": 10, "fingering3": 1, "fingering4": 2, "fingering5": 16, "flag32nd": 41,
    "graceNoteAcciaccaturaStemUp": 77, "graceNoteAppoggiaturaStemUp": 69, "ornamentTurn": 7,
    "noteheadHalfSmall": 34, "noteheadWholeSmall": 37, "ornamentTurnInverted": 2,
    "ornamentShortTrill": 7, "rest32nd": 27, "stringsDownBow": 20, "stringsUpBow": 7,
    "timeSig5": 12, "timeSig9": 37, "timeSigCutCommon": 9, "tremolo1": 72, "tremolo2": 47,
    "tremolo3": 8, "tuplet2": 4, "tuplet5": 2, "tuplet6": 14, "tuplet9": 11, "tupletBracket": 260,
}  # fmt: skip
"""Instances on 400 OpenScore pages; none of the others."""

_MEI = "{http://www.music-encoding.org/ns/mei}"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)

_Element = etree._Element


@dataclass(frozen=True, slots=True)
class _Rare:
    """A rare symbol: what it is called in `_SEEN`, and what an element must become to show it."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    tag: str = ""
    text: str = ""

    def replace(self, element: _Element) -> None:
        if "dur" in self.attributes:
            element.set("dur.ges", element.get("dur", ""))
        for key, value in self.attributes.items():
            element.set(key, value)
        if self.tag:
            element.tag = _MEI + self.tag
        if self.text:
            element.text = self.text

    @property
    def weight(self) -> float:
        """The rarer, the likelier to be drawn."""
        return 1.0 / (1 + _SEEN.get(self.name, 0))


@dataclass(frozen=True, slots=True)
class _Kind:
    """Common symbols that look alike, and the rare ones that may stand in their place.

    tags: MEI elements. fits: which of them. alike: what is equal in the score stays equal.
    """

    tags: Sequence[str]
    fits: Callable[[_Element], bool]
    rare: Sequence[_Rare]
    alike: bool = False


def replace_common(mei: str, rng: np.random.Generator) -> str:
    """MEI in which some common symbols are replaced by rare ones. The same rng, the same text.

    Raises etree.XMLSyntaxError for text that is not XML.
    """
    root = etree.fromstring(mei.encode(), _PARSER)
    share = rng.uniform(0.2, 1.0) * SHARE
    by_tag: dict[str, list[_Element]] = {}
    for element in root.iter(f"{_MEI}*"):
        by_tag.setdefault(_tag(element), []).append(element)
    for kind in _KINDS:
        fitting = [e for tag in kind.tags for e in by_tag.get(tag, ()) if kind.fits(e)]
        if fitting:
            _replace_some(fitting, kind, share, rng)
    _other_clefs(root, share, rng)
    return str(etree.tostring(root, encoding="unicode"))


def _replace_some(
    fitting: Sequence[_Element], kind: _Kind, share: float, rng: np.random.Generator
) -> None:
    weights = np.array([rare.weight for rare in kind.rare])
    weights /= weights.sum()
    if kind.alike:
        for group in _alike(fitting):
            if rng.random() < 2 * share:
                rare = kind.rare[int(rng.choice(len(weights), p=weights))]
                for element in group:
                    rare.replace(element)
        return
    chosen = np.flatnonzero(rng.random(len(fitting)) < share)
    for k, number in zip(chosen, rng.choice(len(weights), len(chosen), p=weights), strict=True):
        kind.rare[int(number)].replace(fitting[int(k)])


def _alike(elements: Sequence[_Element]) -> Iterator[list[_Element]]:
    groups: dict[tuple[str | None, ...], list[_Element]] = {}
    for element in elements:
        facts = tuple(element.get(key) for key in ("count", "unit", "sym"))
        groups.setdefault(facts, []).append(element)
    yield from groups.values()


def _other_clefs(root: _Element, share: float, rng: np.random.Generator) -> None:
    """G and F clefs with an 8 or a 15, alto clefs on the fourth line: for whole staves.

    The notes of the staff move by as many octaves, so that they keep their places.
    """
    for definition in list(root.iter(f"{_MEI}staffDef")):
        clef = definition.find(f"{_MEI}clef")
        number = definition.get("n")
        staves = [s for s in root.iter(f"{_MEI}staff") if s.get("n") == number]
        changes = any(s.find(f".//{_MEI}clef") is not None for s in staves)
        if clef is None or changes or clef.get("dis") or rng.random() >= 2 * share:
            continue
        if clef.get("shape") == "C":
            clef.set("line", "4" if clef.get("line") == "3" else "3")
            continue
        octaves = int(rng.choice([1, 2]))
        above = bool(rng.random() < 0.4)
        clef.set("dis", "8" if octaves == 1 else "15")
        clef.set("dis.place", "above" if above else "below")
        for note in (n for s in staves for n in s.iter(f"{_MEI}note")):
            octave = note.get("oct")
            if octave is not None and octave.lstrip("-").isdecimal():
                note.set("oct", str(int(octave) + (octaves if above else -octaves)))


def _tag(element: _Element) -> str:
    return str(element.tag).removeprefix(_MEI)


def _is(**wanted: str) -> Callable[[_Element], bool]:
    """Whether attributes have one of some values (separated by spaces)."""
    return lambda element: all(element.get(k) in v.split() for k, v in wanted.items())


def _inside(element: _Element, *tags: str) -> bool:
    return any(_tag(parent) in tags for parent in element.iterancestors())


def _alone(values: str) -> Callable[[_Element], bool]:
    """Notes and chords of some values that are no grace notes, and in no beam or tremolo."""
    return lambda e: (
        e.get("dur") in values.split()
        and e.get("grace") is None
        and not _inside(e, "beam", "bTrem", "fTrem", "chord", "graceGrp")
    )


def _unbeamed_grace(element: _Element) -> bool:
    return element.get("grace") is not None and not _inside(element, "beam", "chord")


def _plain_text(words: str) -> Callable[[_Element], bool]:
    return lambda e: len(e) == 0 and (e.text or "").strip() in words.split()


def _inner_barline(element: _Element) -> bool:
    return element.get("right") in (None, "single") and element.get("left") is None


_HEADS = (
    _Rare("noteheadXBlack", {"head.shape": "x"}),
    _Rare("noteheadDiamondBlack", {"head.shape": "diamond"}),
)

_KINDS: Sequence[_Kind] = (
    _Kind(("accid",), _is(accid="s f n"), (
        _Rare("accidentalDoubleSharp", {"accid": "x"}),
        _Rare("accidentalDoubleFlat", {"accid": "ff"}),
        _Rare("accidentalParensLeft", {"enclose": "paren"}),
    )),
    _Kind(("rest",), _is(dur="4 8 16"), (
        _Rare("rest32nd", {"dur": "32"}),
        _Rare("rest64th", {"dur": "64"}),
        _Rare("rest128th", {"dur": "128"}),
        _Rare("rest256th", {"dur": "256"}),
    )),
    _Kind(("rest",), _is(dur="1 2"), (
        _Rare("restDoubleWhole", {"dur": "breve"}),
        _Rare("restLonga", {"dur": "long"}),
        _Rare("restMaxima", {"glyph.auth": "smufl", "glyph.num": "U+E4E0"}),
    )),
    _Kind(("mRest",), lambda _: True, (
        _Rare("repeat1Bar", tag="mRpt"),
        _Rare("repeat2Bars", tag="mRpt2"),
    )),
    _Kind(("note", "chord"), _alone("8 16"), (
        _Rare("flag32nd", {"dur": "32"}),
        _Rare("flag64th", {"dur": "64"}),
        _Rare("flag128th", {"dur": "128"}),
        _Rare("flag256th", {"dur": "256"}),
    )),
    # No small eighths: one by itself looks like an appoggiatura, and is none.
    _Kind(("note",), _alone("4"), (*_HEADS, _Rare("noteheadBlackSmall", {"cue": "true"}))),
    _Kind(("note",), _alone("8"), _HEADS),
    _Kind(("note",), _alone("1 2"), (
        _Rare("noteheadDoubleWhole", {"dur": "breve"}),
        _Rare("noteheadDoubleWholeSmall", {"dur": "breve", "cue": "true"}),
        _Rare("noteheadWholeSmall", {"dur": "1", "cue": "true"}),
        _Rare("noteheadHalfSmall", {"dur": "2", "cue": "true"}),
        _Rare("noteheadDiamondWhite", {"head.shape": "diamond"}),
    )),
    _Kind(("note", "chord"), _alone("2 4"), tuple(
        _Rare(f"tremolo{n}", {"stem.mod": f"{n}slash"}) for n in range(1, 6)
    )),
    _Kind(("note",), _unbeamed_grace, tuple(
        _Rare(f"graceNote{name}Stem{way.title()}",
              {"grace": grace, "stem.mod": slash, "stem.dir": way})
        for name, grace, slash in (
            ("Acciaccatura", "unacc", "1slash"), ("Appoggiatura", "acc", "none"),
        )
        for way in ("up", "down")
    )),
    _Kind(("artic",), _is(artic="stacc acc ten"), (*(
        _Rare(f"{name}{side.title()}", {"artic": artic, "place": side})
        for name, artic in (
            ("articStaccatissimo", "stacciss"), ("articMarcato", "marc"), ("articTenuto", "ten"),
        )
        for side in ("above", "below")
        ),
        _Rare("stringsDownBow", {"artic": "dnbow", "place": "above"}),
        _Rare("stringsUpBow", {"artic": "upbow", "place": "above"}),
        _Rare("stringsHarmonic", {"artic": "harm", "place": "above"}),
        _Rare("pluckedSnapPizzicato", {"artic": "snap", "place": "above"}),
        _Rare("pluckedLeftHandPizzicato", {"artic": "lhpizz", "place": "above"}),
    )),
    _Kind(("dynam",), _plain_text("p pp mp mf f ff"), (
        _Rare("dynamicR", text="rf"),
        _Rare("dynamicR", text="rfz"),
        _Rare("dynamicZ", text="fz"),
        _Rare("dynamicNiente", text="n"),
    )),
    _Kind(("meterSig",), lambda e: e.get("count") is not None, (
        *(_Rare(f"timeSig{d}", {"count": count, "unit": unit}) for d, count, unit in (
            ("0", "10", "8"), ("5", "5", "4"), ("7", "7", "8"), ("9", "9", "8"),
        )),
        _Rare("timeSigCutCommon", {"sym": "cut"}),
    ), alike=True),
    _Kind(("tuplet",), _is(num="3", numbase="2"), (
        *(
        _Rare(f"tuplet{n}", {"num": str(3 * k), "numbase": str(2 * k), "num.visible": "true"})
        for n, k in ((6, 2), (9, 3), (1, 4), (5, 5), (8, 6), (4, 8), (7, 9), (0, 10))
        ),
        _Rare("tupletBracket", {"num.visible": "false", "bracket.visible": "true"}),
    )),
    _Kind(("measure",), _inner_barline, (
        _Rare("barlineDashed", {"right": "dashed"}),
        _Rare("barlineDotted", {"right": "dotted"}),
    )),
    _Kind(("fermata",), lambda _: True, (
        _Rare("fermataBelow", {"place": "below", "form": "inv"}),
    )),
    _Kind(("trill",), lambda e: e.get("extender") != "true", (
        _Rare("ornamentTurn", {"form": "upper"}, "turn"),
        _Rare("ornamentTurnInverted", {"form": "lower"}, "turn"),
        _Rare("ornamentShortTrill", {"form": "upper"}, "mordent"),
        _Rare("ornamentMordent", {"form": "lower"}, "mordent"),
    )),
    _Kind(("breath",), lambda _: True, (_Rare("caesura", tag="caesura"),)),
    _Kind(("fing",), lambda e: len(e) == 0, tuple(
        _Rare(f"fingering{n}", text=str(n)) for n in range(6)
    )),
)  # fmt: skip
