"""Texts as they stand in XML; characters that XML forbids become U+FFFD."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN = {"\r": "&#13;"}  # a bare one would come back as a line feed


def allowed(text: str) -> str:
    """The text with what XML forbids replaced."""
    return _NOT_XML.sub("\ufffd", text)


def xml_text(text: str) -> str:
    """A text between tags."""
    return escape(allowed(text), _PLAIN)


def xml_attribute(text: str) -> str:
    """A text as an attribute's value, in its quotes."""
    return quoteattr(allowed(text))
