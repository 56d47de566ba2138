"""Draw every class in every font: `python tools/class_sheet.py OUT [FONT ...]`.

For each class a row, for each font a column, in each cell one example cut from a page rendered
for it, its box in red. A gray ground says that the font lacks the glyph and the fallback stands
in; a cross that no page showed the class. Writes OUT/classes-01.png and so on, and prints what
is missing. Pages are composed for the classes still missing, until `PATIENCE` ends.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from deepscores_tools.engraving import (
    FONTS,
    RESERVED_FONTS,
    RenderedPage,
    Score,
    draw_style,
    generator,
)
from deepscores_tools.engraving.compose import compose_score
from deepscores_tools.engraving.glyph_classes import ANYWHERE, BY_ELEMENT, NOTEHEADS
from deepscores_tools.engraving.music_fonts import has_glyph
from deepscores_tools.symbols import Symbol
from deepscores_tools.vocabularies import PRINTED_CLASSES

PATIENCE = 16  # pages that show nothing new
CELL = (110, 110)  # width and height in pixels
INTERLINE = 14.0  # pixels; less where the symbol would not fit its cell
CONTEXT = 1.0  # staff spaces around the box
ROWS = 22
NAMES = 230  # pixels
HEAD = 24  # pixels
RED = (40, 40, 230)

Colour = NDArray[np.uint8]


def examples_of(font: str) -> dict[str, Colour]:
    """A cell for each class that composed pages show in a font."""
    cells: dict[str, Colour] = {}
    bar = tqdm(total=len(PRINTED_CLASSES), desc=font, unit="class")
    score = idle = 0
    while idle < PATIENCE and len(cells) < len(PRINTED_CLASSES):
        rng = generator(score, "class sheet", font)
        missing = [n for n in PRINTED_CLASSES.names if n not in cells]
        engraved = Score(compose_score(rng, missing), draw_style(rng, [font]))
        for number in range(1, engraved.pages + 1):
            item = engraved.render(number, "page.png")
            by_class: dict[str, list[Symbol]] = defaultdict(list)
            for symbol in item.page.symbols:
                by_class[symbol.name].append(symbol)
            new = by_class.keys() - cells.keys()
            bar.update(len(new))
            idle = 0 if new else idle + 1
            for name in new:
                of_class = sorted(by_class[name], key=lambda s: s.box.width * s.box.height)
                cells[name] = cell_of(item, of_class[len(of_class) // 2])
        score += 1
    bar.close()
    return cells


def cell_of(item: RenderedPage, symbol: Symbol) -> Colour:
    """The symbol with its surroundings and its box, in the middle of a cell."""
    interline = item.page.interline or INTERLINE
    box, margin = symbol.box, CONTEXT * interline
    scale = min(
        INTERLINE / interline,
        CELL[0] / (box.width + 2 * margin),
        CELL[1] / (box.height + 2 * margin),
    )
    centre = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
    shift = np.array(CELL) / 2 - scale * centre
    to_cell = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    blurred = cv2.GaussianBlur(item.gray, (0, 0), max(0.01, 0.35 / scale))
    gray = cv2.warpAffine(blurred, to_cell, CELL, flags=cv2.INTER_LINEAR, borderValue=255)
    cell = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    corners = [
        tuple(round(v) for v in scale * np.array(corner) + shift)
        for corner in ((box.x0 - 1, box.y0 - 1), (box.x1, box.y1))
    ]
    cv2.rectangle(cell, corners[0], corners[1], RED, 1)
    return cell


def fallback_classes(font: str) -> set[str]:
    """Classes whose glyphs the font lacks, all of them."""
    own: dict[str, bool] = defaultdict(bool)
    for table in (ANYWHERE, NOTEHEADS, *BY_ELEMENT.values()):
        for code, name in table.items():
            own[name] |= has_glyph(font, code)
    lacking = {name for name, has in own.items() if not has} - {"graceNoteSlash"}  # a line
    return {n for n in PRINTED_CLASSES.names if any(n in (k, f"{k}Small") for k in lacking)}


def sheet(
    names: Sequence[str], fonts: Sequence[str], cells: dict[str, dict[str, Colour]]
) -> Colour:
    """Rows of cells under the names of the fonts."""
    width, height = NAMES + CELL[0] * len(fonts), HEAD + CELL[1] * len(names)
    picture = np.full((height, width, 3), 255, np.uint8)
    for column, font in enumerate(fonts):
        x = NAMES + column * CELL[0]
        write(picture, font, x + 4, HEAD - 8)
        borrowed = fallback_classes(font)
        for row, name in enumerate(names):
            y = HEAD + row * CELL[1]
            place = picture[y : y + CELL[1], x : x + CELL[0]]
            cell = cells[font].get(name)
            if cell is None:
                cv2.line(place, (30, 30), (80, 80), RED, 2)
                cv2.line(place, (80, 30), (30, 80), RED, 2)
            else:
                place[:] = cell - 25 * (cell > 200).astype(np.uint8) if name in borrowed else cell
            cv2.rectangle(place, (0, 0), (CELL[0] - 1, CELL[1] - 1), (200, 200, 200), 1)
    for row, name in enumerate(names):
        write(picture, name, 6, HEAD + row * CELL[1] + CELL[1] // 2)
    return picture


def write(picture: Colour, text: str, x: int, y: int) -> None:
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)


def main() -> None:
    out = Path(sys.argv[1])
    fonts = sys.argv[2:] or [*FONTS, *RESERVED_FONTS]
    cells = {font: examples_of(font) for font in fonts}
    out.mkdir(parents=True, exist_ok=True)
    names = PRINTED_CLASSES.names
    for number, start in enumerate(range(0, len(names), ROWS), 1):
        picture = sheet(names[start : start + ROWS], fonts, cells)
        cv2.imwrite(str(out / f"classes-{number:02d}.png"), picture)
    for font in fonts:
        print(f"{font}: {', '.join(n for n in names if n not in cells[font]) or 'all classes'}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python tools/class_sheet.py OUT [FONT ...]")
    main()
