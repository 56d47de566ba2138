"""COCO: one JSON file of images, annotations and categories; pictures in a folder beside it.

Boxes are [x, y, width, height], ids count from 1, masks are column-major RLE, detections have
a score. What COCO has no word for is kept in further keys: of an image interline, dpi,
source_file, source_page, document, licence, attributes; of an annotation symbol_id (the id
within its page), outlinks, oriented_box, ink_area, second_name, attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from deepscores_tools.formats.coco_read import category_names, pages_of, read_json
from deepscores_tools.formats.coco_write import write
from deepscores_tools.symbols import Page

__all__ = ["category_names", "read", "recognises", "write"]

_KEYS = re.compile(rb'"(images|annotations|categories|image_id)"\s*:')


def recognises(file: Path, head: bytes) -> bool:
    """Whether this is JSON that begins like COCO: of another kind DeepScoresV2, for one, is.

    An empty list is taken for the results of a detector that found nothing.
    """
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"".join(text.split()) == b"[]":
        return True
    return (
        text[:1] in (b"{", b"[") and b'"annotation_sets"' not in text and bool(_KEYS.search(text))
    )


def read(path: Path, truth: Path | None = None) -> Iterator[Page]:
    """The pages of a COCO file, or of a folder with one, in order of their image ids.

    In a folder it is called annotations.json or detections.json. A results file, which is a
    list of detections alone, takes images and categories from the COCO dataset `truth`. A
    picture is looked for in `images/` and beside the file; `Page.image` is None where there
    is none. Raises InputError.
    """
    yield from pages_of(*read_json(path, truth))
