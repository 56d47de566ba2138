"""What the name of a MUSCIMA++ document says: `CVC-MUSCIMA_W-07_N-05_D-ideal`."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"CVC-MUSCIMA_W-(?P<writer>\d+)_N-(?P<piece>\d+)_D-(?P<distortion>\w+)$")


def document_attributes(document: str) -> Mapping[str, str]:
    """Writer, piece and distortion of a document; nothing where its name is none of these."""
    match = _NAME.match(document)
    return match.groupdict() if match else {}
