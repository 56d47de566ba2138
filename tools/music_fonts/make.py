"""Turn a music font into the zip that verovio loads: `make.py FONT NAME LICENCE -o FOLDER [...]`.

Run once by a maintainer; its results are shipped in deepscores_tools/engraving/font_files. Three
kinds of font are read: SMuFL fonts by code point (with their metadata, for the places where
stems join), LilyPond's Emmentaler by glyph name and Unicode fonts by their musical symbols.
The latter two are brought to SMuFL's places by `glyphs.csv`: smufl, unicode and lilypond name
a glyph, and fit says what to place it by: its own origin, its bottom, centre or top (put where
Bravura has them), or the staff line (0 is the lowest) on which a Unicode font draws it; flip
turns it upside down first, for Unicode has no glyphs for downward flags.

Only glyphs of common notation that verovio can draw are kept (its own fonts hold them), and
breathMarkTick, which none of them has: verovio takes 0.6 ms a glyph to load a font.
A converted font is a modified version in the sense of the Open Font License, so one with a
reserved name is to be given another: NAME.
"""

from __future__ import annotations

import argparse
import csv
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import verovio
from fontTools.misc.transform import Identity, Transform
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont
from lxml import etree

from deepscores_tools.engraving.glyph_classes import (
    ANYWHERE,
    BY_ELEMENT,
    CLEF_DIGITS,
    NOTEHEADS,
    WIGGLES,
)

EM = 1000
SPACE = EM / 4
TICK = 0xE4CF
STAFF = 0x1D11A
STEMMED = range(0xE0A0, 0xE0FF)
KEPT = {
    *(*NOTEHEADS, *ANYWHERE, *CLEF_DIGITS, *WIGGLES),
    *(code for codes in BY_ELEMENT.values() for code in codes),
    *(0xE000, 0xE003, 0xE004, 0xE0F5, 0xE0F6, 0xE1E7, *range(0xE510, 0xE51C)),
}
"""Code points worth a glyph: those with a class, braces, parentheses, dots, octave numbers."""

VEROVIO = Path(verovio.__file__).parent / "data"
TABLE = Path(__file__).with_name("glyphs.csv")
DIGIT_SIZE = 0.55
DIGIT_GAP = 20
TOO_LARGE = 1.6
"""Marks of Unicode fonts this many times larger or smaller than Bravura's are brought to size."""


@dataclass
class Glyph:
    """An outline in SMuFL's place: drawing commands of pens, y up, 1000 units an em."""

    pen: DecomposingRecordingPen
    advance: float
    anchors: dict[str, tuple[float, float]] = field(default_factory=dict)

    def bounds(self) -> tuple[float, float, float, float]:
        pen = BoundsPen(None)
        self.pen.replay(pen)
        return pen.bounds or (0.0, 0.0, 0.0, 0.0)

    def points(self) -> list[tuple[float, float]]:
        return [p for _, points in self.pen.value for p in points if p is not None]

    def moved(self, by: Transform) -> Glyph:
        pen = DecomposingRecordingPen(None)
        self.pen.replay(TransformPen(pen, by))
        return Glyph(pen, self.advance * by.xx, self.anchors)


def reference() -> dict[int, dict[str, Any]]:
    """Name and bounds of the glyphs wanted, from Bravura as verovio has it."""
    root = etree.parse(str(VEROVIO / "Bravura.xml")).getroot()
    return {
        int(g.get("c"), 16): {
            "name": g.get("n"),
            "advance": float(g.get("h-a-x")),
            "bounds": (
                float(g.get("x")),
                float(g.get("y")),
                float(g.get("x")) + float(g.get("w")),
                float(g.get("y")) + float(g.get("h")),
            ),
        }
        for g in root
        if int(g.get("c"), 16) in KEPT
    }


class Source:
    """A font file whose glyphs are taken by name, scaled to 1000 units an em."""

    def __init__(self, file: Path) -> None:
        self.font = TTFont(file)
        self.set = self.font.getGlyphSet()
        self.by_code = self.font.getBestCmap()
        self.scale = EM / self.font["head"].unitsPerEm

    def glyph(self, name: str, scale: float) -> Glyph:
        pen = DecomposingRecordingPen(self.set)
        self.set[name].draw(TransformPen(pen, Transform(scale, 0, 0, scale, 0, 0)))
        return Glyph(pen, self.set[name].width * scale)


def from_smufl(
    source: Source, metadata: dict[str, Any], wanted: dict[int, Any]
) -> dict[int, Glyph]:
    """Glyphs that stand at their SMuFL code points."""
    anchors = metadata.get("glyphsWithAnchors", {})
    glyphs = {}
    for code, known in wanted.items():
        if code in source.by_code:
            glyph = source.glyph(source.by_code[code], source.scale)
            places = anchors.get(known["name"], {})
            glyph.anchors = {n: (p[0], p[1]) for n, p in places.items() if n[0].islower()}
            glyphs[code] = glyph
    return glyphs


def from_table(source: Source, column: str, wanted: dict[int, Any]) -> dict[int, Glyph]:
    """Glyphs that the table names, fitted to SMuFL's places."""
    scale, bottom = source.scale, 0.0
    if column == "unicode":
        low, high = source.glyph(source.by_code[STAFF], 1.0).bounds()[1::2]
        scale = SPACE * 4 / (high - low)
        bottom = low * scale
    glyphs = {}
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        code = int(row["smufl"], 16)
        if not row[column] or code not in wanted:
            continue
        name = row["lilypond"]
        if column == "unicode":
            name = source.by_code.get(int(row["unicode"], 16), "")
        if name in source.set:
            glyph = source.glyph(name, scale)
            like = wanted[code]["bounds"]
            glyph = fitted(glyph, row["fit"].split(), like, bottom, column == "unicode")
            glyph.advance = glyph.bounds()[2] + wanted[code]["advance"] - like[2]
            glyphs[code] = glyph
    return glyphs


def fitted(
    glyph: Glyph, fit: list[str], like: tuple[float, ...], bottom: float, unicode: bool
) -> Glyph:
    """The glyph moved to where SMuFL wants it."""
    if fit[0] == "flip":
        if unicode:
            glyph = glyph.moved(Identity.scale(1, -1))
        fit = fit[1:]
    x0, y0, _, y1 = glyph.bounds()
    size = (like[3] - like[1]) / (y1 - y0)
    if unicode and fit[0] != "line" and not 1 / TOO_LARGE < size < TOO_LARGE:
        glyph = glyph.moved(Identity.scale(size))
        x0, y0, _, y1 = glyph.bounds()
    up = 0.0
    if fit[0] == "line":
        up = -(bottom + int(fit[1]) * SPACE) if unicode else 0.0
    elif fit[0] == "bottom":
        up = like[1] - y0
    elif fit[0] == "top":
        up = like[3] - y1
    elif fit[0] == "centre":
        up = (like[1] + like[3] - y0 - y1) / 2
    return glyph.moved(Identity.translate(like[0] - x0, up))


def with_octaves(glyphs: dict[int, Glyph]) -> None:
    """Octave clefs put together: the clef with a small number, which labels can tell apart.

    Those that fonts bring themselves may hold another clef than the plain one.
    """
    for code, (plain, digit) in CLEF_DIGITS.items():
        numbers = {"clef8": [0xE088], "clef15": [0xE081, 0xE085]}[digit]
        if plain not in glyphs or not all(n in glyphs for n in numbers):
            continue
        x0, y0, x1, y1 = glyphs[plain].bounds()
        pen = DecomposingRecordingPen(None)
        glyphs[plain].pen.replay(pen)
        parts = [glyphs[n].moved(Identity.scale(DIGIT_SIZE)) for n in numbers]
        boxes = [part.bounds() for part in parts]
        x = (x0 + x1 - sum(b[2] - b[0] for b in boxes)) / 2
        below = code in (0xE051, 0xE052, 0xE05D, 0xE063, 0xE064)
        for part, box in zip(parts, boxes, strict=True):
            y = y0 - DIGIT_GAP - box[3] if below else y1 + DIGIT_GAP - box[1]
            part.moved(Identity.translate(x - box[0], y)).pen.replay(pen)
            x += box[2] - box[0]
        glyphs[code] = Glyph(pen, glyphs[plain].advance)


def with_stems(glyphs: dict[int, Glyph]) -> None:
    """Noteheads whose metadata say nothing: stems join at the outermost points."""
    for code in STEMMED:
        glyph = glyphs.get(code)
        if glyph is None or not glyph.points() or "stemUpSE" in glyph.anchors:
            continue
        x0, _, x1, _ = glyph.bounds()
        right = max(glyph.points(), key=lambda p: (round(p[0]), p[1]))
        left = min(glyph.points(), key=lambda p: (round(p[0]), p[1]))
        glyph.anchors["stemUpSE"] = (x1 / SPACE, right[1] / SPACE)
        glyph.anchors["stemDownNW"] = (x0 / SPACE, left[1] / SPACE)


def write(file: Path, name: str, glyphs: dict[int, Glyph], wanted: dict[int, Any]) -> None:
    """The zip: NAME.xml with boxes and anchors, NAME/CODE.xml with outlines.

    Verovio wants a style sheet too, be it empty.
    """
    boxes = []
    entries = {}
    for code, glyph in sorted(glyphs.items()):
        x0, y0, x1, y1 = (round(v, 2) for v in glyph.bounds())
        numbers = f'x="{x0}" y="{y0}" w="{x1 - x0:.2f}" h="{y1 - y0:.2f}"'
        head = f'<g c="{code:04X}" {numbers} h-a-x="{glyph.advance:.0f}" '
        head += f"n={quoteattr(wanted[code]['name'])}"
        places = "".join(
            f'<a n="{n}" x="{x:.3f}" y="{y:.3f}" />' for n, (x, y) in sorted(glyph.anchors.items())
        )
        boxes.append(f"{head}>{places}</g>" if places else f"{head} />")
        pen = SVGPathPen(None, ntos=lambda v: f"{v:.0f}")
        glyph.pen.replay(pen)
        path = f'<path transform="scale(1,-1)" d="{pen.getCommands()}" />'
        entries[f"{name}/{code:04X}.xml"] = f'<g id="{code:04X}">{path}</g>'
    entries[f"{name}.css"] = ""
    table = "\n".join(boxes)
    entries[f"{name}.xml"] = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<bounding-boxes font-family="{name}" '
        f'units-per-em="{EM}">\n{table}\n</bounding-boxes>\n'
    )
    with zipfile.ZipFile(file, "w") as archive:
        for path_in, text in sorted(entries.items()):
            archive.writestr(zipfile.ZipInfo(path_in), text, zipfile.ZIP_DEFLATED, 9)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("font", type=Path)
    parser.add_argument("name")
    parser.add_argument("licence", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--coding", choices=["smufl", "unicode", "lilypond"], default="smufl")
    parser.add_argument("--metadata", type=Path)
    chosen = parser.parse_args()
    wanted = reference()
    wanted[TICK] = {
        "name": "breathMarkTick",
        "advance": 275.0,
        "bounds": (0.0, 0.0, 275.0, 425.0),
    }
    source = Source(chosen.font)
    if chosen.coding == "smufl":
        metadata = json.loads(chosen.metadata.read_text()) if chosen.metadata else {}
        glyphs = from_smufl(source, metadata, wanted)
    else:
        glyphs = from_table(source, chosen.coding, wanted)
    with_octaves(glyphs)
    with_stems(glyphs)
    chosen.out.mkdir(parents=True, exist_ok=True)
    write(chosen.out / f"{chosen.name}.zip", chosen.name, glyphs, wanted)
    (chosen.out / f"{chosen.name}-licence.txt").write_bytes(chosen.licence.read_bytes())
    print(f"{chosen.name}: {len(glyphs)} glyphs")


if __name__ == "__main__":
    main()
