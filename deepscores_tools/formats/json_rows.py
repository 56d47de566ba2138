"""The long lists of a JSON file, page by page, without all of them in memory at a time.

The file is gone through once to learn where each member of such a list, or object, stands; what
is kept of it is its place, two numbers. Each is read again when its page's turn comes.
"""

from __future__ import annotations

import json
import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from json.decoder import JSONDecoder
from pathlib import Path
from typing import Any, BinaryIO

from deepscores_tools.errors import InputError, reason

Group = Callable[[Any], object]
"""What the members are looked up by. Raises LookupError, TypeError or ValueError for others."""

MAX_VALUE = 1 << 28
"""Characters of one value: a member, or what is no long list."""

_CHUNK = 1 << 20
_SPACE = " \t\r\n"
_CLOSING = {"[": "]", "{": "}"}
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Rows:
    """The members of a list or object in a file, each as its key, "" in a list, and its value.

    Iterated, they come in the file's order; `pop` gives those of one group. unfit: the ids, or
    keys, of members of no group.
    """

    def __init__(self, file: Path, opening: str, group: Group) -> None:
        self.is_list = opening == "["
        self.unfit: list[object] = []
        self._file, self._opening, self._group = file, opening, group
        self._places: defaultdict[object, array[int]] = defaultdict(lambda: array("Q"))

    def add(self, key: str, row: Any, start: int, end: int) -> None:
        """One more, at these bytes of the file, its key included."""
        try:
            self._places[self._group(row)].extend((start, end))
        except (LookupError, TypeError, ValueError):
            self.unfit.append(key or (row.get("id") if isinstance(row, dict) else row))

    def groups(self) -> list[Any]:
        """The groups whose rows have not been taken, in order of their first rows."""
        return list(self._places)

    def pop(self, group: object) -> list[tuple[str, Any]]:
        """The rows of a group, which are then done with. Raises InputError."""
        return list(self._rows(self._places.pop(group, array("Q"))))

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        places = array("Q")
        pairs = (zip(p[::2], p[1::2], strict=True) for p in self._places.values())
        for start, end in sorted(pair for of_group in pairs for pair in of_group):
            places.extend((start, end))
        yield from self._rows(places)

    def _rows(self, places: array[int]) -> Iterator[tuple[str, Any]]:
        opening, closing = self._opening.encode(), _CLOSING[self._opening].encode()
        try:
            with self._file.open("rb") as stream:
                for start, end in zip(places[::2], places[1::2], strict=True):
                    stream.seek(start)
                    member = json.loads(opening + stream.read(end - start) + closing)
                    yield ("", member[0]) if self.is_list else next(iter(member.items()))
        except OSError as error:
            raise InputError(self._file, f"cannot be read ({reason(error)})") from error
        except (ValueError, RecursionError) as error:
            raise InputError(self._file, f"is not valid JSON: {error}") from error


def read_top(file: Path, groups: Mapping[str, Group], of_list: Group | None = None) -> Any:
    """What is in a JSON file, with Rows for the lists and objects called as in `groups`.

    Where all is one list it is Rows, too, if `of_list` tells their groups. Raises InputError.
    """
    try:
        with file.open("rb") as stream:
            return _read_top(_Scanner(stream), file, groups, of_list)
    except OSError as error:
        raise InputError(file, f"cannot be read ({reason(error)})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(file, f"is not valid JSON: {error}") from error


def _read_top(
    scanner: _Scanner, file: Path, groups: Mapping[str, Group], of_list: Group | None
) -> Any:
    data: Any
    if scanner.next_character() == "[" and of_list is not None:
        data = _read_rows(scanner, file, of_list)
    elif scanner.next_character() == "{":
        data = {}
        for key, _ in scanner.members():
            if key in groups and scanner.next_character() in _CLOSING:
                data[key] = _read_rows(scanner, file, groups[key])
            else:
                data[key] = scanner.value()
    else:
        data = scanner.value()
    scanner.require_end()
    return data


def _read_rows(scanner: _Scanner, file: Path, group: Group) -> Rows:
    rows = Rows(file, scanner.next_character(), group)
    for key, start in scanner.members():
        value = scanner.value()
        rows.add(key, value, start, scanner.place)
    return rows


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

    @property
    def place(self) -> int:
        """The byte of the file that comes next."""
        return self._base + self._at

    def next_character(self) -> str:
        """The next one that is no white space, not taken; nothing at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def members(self) -> Iterator[tuple[str, int]]:
        """Before each member of the list or object that comes next, whose value is to be taken
        then: its key, nothing in a list, and the byte where it starts."""
        opening = self.next_character()
        closing = _CLOSING[opening]
        self._take(opening)
        if self.next_character() == closing:
            self._take(closing)
            return
        while True:
            key = ""
            self.next_character()
            start = self.place
            if opening == "{":
                if self.next_character() != '"':
                    raise ValueError(f"no key at byte {self.place}")
                key = self.value()
                self._take(":")
            yield key, start
            if self.next_character() == closing:
                break
            self._take(",")
        self._take(closing)

    def value(self) -> Any:
        """The next value, of text that every file can hold."""
        self.next_character()
        place = self.place
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except ValueError:
                if not self._more():
                    raise
                continue
            length = end - self._at
            if end < len(self._text) or not self._more():  # a number may go on
                break
        text = self._text[self._at : self._at + length]
        self._at += length
        if not text.isascii():
            value = json.loads(text.encode("latin-1").decode("utf-8"))
        if _SURROGATE.search(text):
            _require_whole_pairs(value, place)
        return value

    def require_end(self) -> None:
        if self.next_character():
            raise ValueError(f"more follows at byte {self.place}")

    def _take(self, character: str) -> None:
        if self.next_character() != character:
            raise ValueError(f"no {character!r} at byte {self.place}")
        self._at += 1

    def _more(self) -> bool:
        """Let go of what is done with, and read as much again as is left, or a chunk."""
        rest = self._text[self._at :]
        if len(rest) > MAX_VALUE:
            raise ValueError(f"the value at byte {self.place} is longer than {MAX_VALUE} bytes")
        read = self._stream.read(max(_CHUNK, len(rest)))
        self._base += self._at
        self._text, self._at = rest + read.decode("latin-1"), 0
        return bool(read)


def _require_whole_pairs(value: Any, place: int) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"the value at byte {place} has half a surrogate pair") from None
