"""The annotations of a COCO file, image by image, without all of them in memory at a time.

The file is gone through once to learn where each annotation stands; what is kept of it is its
place, two numbers. Each is read again when its image's turn comes.
"""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Iterator
from json.decoder import JSONDecoder
from pathlib import Path
from typing import Any, BinaryIO

from deepscores_tools.errors import InputError

ROWS = "annotations"
_CHUNK = 1 << 20
_SPACE = " \t\r\n"


class FileRows:
    """The annotations in a file. Iterated, they come in its order; `pop` gives an image's."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._places: defaultdict[object, array[int]] = defaultdict(lambda: array("Q"))

        self.unfit: list[object] = []
        """The ids of annotations that cannot be said to be of any image."""

    def add(self, row: Any, start: int, end: int) -> None:
        """One more."""
        try:
            self._places[row["image_id"]].extend((start, end))
        except (KeyError, TypeError, IndexError):
            self.unfit.append(row.get("id") if isinstance(row, dict) else row)

    def pop(self, image: object) -> Iterator[dict[str, Any]]:
        """The rows of an image, which are then done with. Raises InputError."""
        yield from self._rows(self._places.pop(image, array("Q")))

    def left(self) -> list[object]:
        """The images whose rows have not been taken."""
        return list(self._places)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        places = array("Q")
        pairs = (zip(p[::2], p[1::2], strict=True) for p in self._places.values())
        for start, end in sorted(pair for of_image in pairs for pair in of_image):
            places.extend((start, end))
        yield from self._rows(places)

    def _rows(self, places: array[int]) -> Iterator[dict[str, Any]]:
        try:
            with self.file.open("rb") as stream:
                for start, end in zip(places[::2], places[1::2], strict=True):
                    stream.seek(start)
                    yield json.loads(stream.read(end - start))
        except OSError as error:
            raise InputError(self.file, f"cannot be read ({error.strerror})") from error
        except (ValueError, RecursionError) as error:
            raise InputError(self.file, f"is not valid JSON: {error}") from error


def read_top(file: Path) -> Any:
    """What is in a JSON file, with FileRows for a list of annotations.

    Raises OSError, and ValueError or RecursionError for what is no JSON.
    """
    with file.open("rb") as stream:
        scanner = _Scanner(stream)
        if scanner.next_character() != "{":
            stream.seek(0)
            return json.loads(stream.read())
        data: dict[str, Any] = {}
        rows = FileRows(file)
        for key in scanner.members("{", "}"):
            if key == ROWS and scanner.next_character() == "[":
                for _ in scanner.members("[", "]"):
                    rows.add(*scanner.value())
                data[key] = rows
            else:
                _, start, end = scanner.value()
                data[key] = json.loads(scanner.bytes_of(start, end))
        scanner.require_end()
    return data


class _Scanner:
    """A file's JSON, value by value. Bytes are taken as Latin-1, whatever they are: what parts
    the values of JSON is ASCII, and so a place in the text is one in the file."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = JSONDecoder().raw_decode
        self._text = stream.read(_CHUNK).decode("latin-1")
        self._base, self._at = 0, 0
        if self._text.startswith("\xef\xbb\xbf"):
            self._at = 3

    def next_character(self) -> str:
        """The next one that is no white space, not taken; nothing at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def members(self, opening: str, closing: str) -> Iterator[str]:
        """Before each member of an object, its key; before each of a list, nothing."""
        self._take(opening)
        if self.next_character() == closing:
            self._take(closing)
            return
        while True:
            key = ""
            if opening == "{":
                key = str(self.value()[0])
                self._take(":")
            yield key
            if self.next_character() == closing:
                break
            self._take(",")
        self._take(closing)

    def value(self) -> tuple[Any, int, int]:
        """The next value, and where in the file it starts and ends."""
        self.next_character()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except ValueError:
                if not self._more():
                    raise
                continue
            if end < len(self._text) or not self._more():  # a number may go on
                break
        start = self._base + self._at
        self._at = end
        return value, start, self._base + end

    def bytes_of(self, start: int, end: int) -> bytes:
        """What is in the file from a value's start to its end; the value just taken."""
        return self._text[start - self._base : end - self._base].encode("latin-1")

    def require_end(self) -> None:
        if self.next_character():
            raise ValueError(f"more follows at byte {self._base + self._at}")

    def _take(self, character: str) -> None:
        if self.next_character() != character:
            raise ValueError(f"no {character!r} at byte {self._base + self._at}")
        self._at += 1

    def _more(self) -> bool:
        """Let go of what is done with, and read as much again as is left, or a chunk."""
        rest = self._text[self._at :]
        read = self._stream.read(max(_CHUNK, len(rest)))
        self._base += self._at
        self._text, self._at = rest + read.decode("latin-1"), 0
        return bool(read)
