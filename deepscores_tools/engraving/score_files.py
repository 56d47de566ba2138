"""Score files as text: MusicXML, plain or zipped (.mxl), MEI, Humdrum and ABC.

Files are read here and not by verovio, so that a zip archive is never unpacked to disk, and
none of its members, whatever it claims, to more than `LARGEST` bytes of memory.
"""

from __future__ import annotations

import codecs
import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from lxml import etree

from deepscores_tools.errors import InputError, reason

INPUT_FROM: Mapping[str, str] = {
    ".mxl": "auto",
    ".musicxml": "auto",
    ".xml": "auto",
    ".mei": "auto",
    ".krn": "humdrum",
    ".abc": "abc",
}
"""Suffixes of scores, and verovio's name of their encoding; it tells the XML ones apart."""

LARGEST = 128 << 20
"""Bytes of a score as text; the largest of 1,430 OpenScore works has 17 MB."""

_CONTAINER = "META-INF/container.xml"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_score(file: Path) -> str:
    """The text of a score. Raises InputError where it cannot be read or is no text."""
    try:
        with file.open("rb") as stream:
            data = _bounded(stream, file)
        if data.startswith(b"PK"):
            data = _unzipped(data, file)
    except OSError as error:
        raise InputError(file, f"cannot be read ({reason(error)})") from error
    if not data.strip():
        raise InputError(file, "an empty file")
    return _text(data, file)


def _bounded(stream: IO[bytes], file: Path) -> bytes:
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(file, f"is more than {LARGEST >> 20} MiB of text; no score is that long")
    return data


def _unzipped(data: bytes, file: Path) -> bytes:
    """The score in a compressed MusicXML file: what its container names, or its only .xml."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            name = None
            if _CONTAINER in names:
                with archive.open(_CONTAINER) as member:
                    root = etree.fromstring(_bounded(member, file), _PARSER)
                name = next((e.get("full-path") for e in root.iter("{*}rootfile")), None)
            if name not in names:
                name = next((n for n in names if _is_score(n)), None)
            if name is None:
                raise InputError(file, "this archive holds no score")
            with archive.open(name) as member:
                return _bounded(member, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, etree.XMLSyntaxError) as error:
        raise InputError(file, f"is a broken archive ({error})") from error
    except (NotImplementedError, RuntimeError) as error:  # odd compression; a password
        raise InputError(file, f"cannot be unpacked ({error})") from error


def _is_score(name: str) -> bool:
    return name.lower().endswith((".xml", ".musicxml")) and not name.startswith("META-INF/")


def _text(data: bytes, file: Path) -> str:
    try:
        return data.decode("utf-16" if data.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        if not data.lstrip().startswith(b"<"):
            return data.decode("latin-1")  # old Humdrum and ABC files
    try:
        return etree.tostring(etree.fromstring(data, _PARSER), encoding="unicode")
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(file, f"is not well-formed XML: {error}") from error
