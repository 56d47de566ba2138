"""The viewer: pages, their boxes and a review queue in one HTML file that needs nothing else.

`viewer.html`, `viewer.css` and the scripts are plain files; `document.py` puts them together
with the pages. Pictures are data URIs; a content security policy with the hashes of our own style
and script keeps everything else from running or being fetched, whatever the data holds.
"""

from __future__ import annotations

from .document import write_document
from .page_record import PageRecords, ViewedPage

__all__ = ["PageRecords", "ViewedPage", "write_document"]
