"""Feed every reader mutated files: each must be read or refused in one line, soon and small.

    python tests/fuzz_formats.py [--count 10000] [--seed 1] [FORMAT ...]

Every tenth is checked as well as read. Exits with 1 after printing what went wrong: another
exception than InputError, a message of more than one line, more than 5 s of processor time,
more than a minute by the clock, more than 1 GB.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from test_lilypond import GROBS, HEAD

from deepscores_tools.checking import check_dataset
from deepscores_tools.errors import InputError
from deepscores_tools.formats import FORMATS, deepscores_v1, deepscores_v2
from deepscores_tools.symbols import Box, Page, Symbol

SECONDS, MINUTE, BYTES = 5, 60, 1 << 30
CHECKED = 10
CROPOBJECT = (
    '<CropObjectList><CropObjects><CropObject xml:id="d___CVC-MUSCIMA_W-01_N-10_D-ideal___1">'
    "<Id>1</Id><MLClassName>stem</MLClassName><Top>1</Top><Left>2</Left><Width>3</Width>"
    "<Height>2</Height><Mask>0:1 1:5</Mask><Outlinks>1</Outlinks><Data>"
    '<DataItem key="a" type="int">5</DataItem></Data></CropObject></CropObjects></CropObjectList>'
)
TOKENS = [
    b"-1", b"0", b"1e308", b"-1e308", b"NaN", b"Infinity", b"9" * 30, b"9" * 5000, b"1.5", b"",
    b"null", b"true", b"[]", b"{}", b"[" * 300, b"{" * 300, b'"', b"<", b">", b"&a;", b"&#0;",
    b"]]>", b"<x>" * 300, b"../../x", b"/etc/passwd", b"\x00", b"\xff\xfe", "é\u2028".encode(),
    b"\n", b"\r", b",", b":", b";", b"99999999", b"2147483648", b"9223372036854775807",
    b'<!DOCTYPE a [<!ENTITY a "x">]>', b"0:9223372036854775807 1:9223372036854775807",
]  # fmt: skip


def a_page(number: int, image: Path) -> Page:
    mask = np.eye(4, dtype=bool)
    first = Symbol(
        name="stem", box=Box(1, 2, 5, 6), id=1, mask=mask, score=0.5, outlinks=(2,), ink_area=4,
        oriented_box=((1, 2), (5, 2), (5, 6), (1, 6)), second_name="stem",
        attributes={"onset": 1.5, "text": "a"},
    )  # fmt: skip
    second = Symbol(name="beam", box=Box(3, 3, 9, 6), id=2)
    return Page(name=f"book/p{number}.png", width=20, height=10, symbols=[first, second],
                image=image, interline=5.0, attributes={"writer": "01"})  # fmt: skip


READ_ONLY = {"cropobject": ("a.xml", CROPOBJECT), "lilypond": ("a.svg", f"{HEAD}{GROBS}</svg>")}


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The data with 1 to 4 changes: bits, bytes, numbers, tokens, pieces moved or cut away."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        end = min(at + chance.choice((0, 1, 2, 8, 40)), len(data))
        kind = chance.randrange(6)
        if kind == 0:
            new = bytes(chance.randrange(256) for _ in range(end - at))
        elif kind == 1:
            new = b""
        elif kind == 2:
            new = data[at:end] * chance.choice((2, 50))
        elif kind == 3:  # a whole word or number
            while at and data[at - 1 : at].isalnum():
                at -= 1
            end = at
            while data[end : end + 1].isalnum() or data[end : end + 1] in (b".", b"-"):
                end += 1
            new = chance.choice(TOKENS)
        else:
            new = chance.choice(TOKENS)
        data = data[:at] + new + data[end:]
    return data if chance.random() > 0.05 else data[: chance.randrange(len(data) + 1)]


def consume(name: str, path: Path, check: bool) -> None:
    for _ in FORMATS[name].read(path):
        pass
    if name == "deepscores-v1":
        list(deepscores_v1.read(path, masks=True))
    if name == "deepscores-v2":
        list(deepscores_v2.read(path, masks=True))
    if check:
        list(check_dataset(str(path)))


def fuzz(name: str, count: int, seed: int) -> list[str]:
    """What went wrong in `count` mutated files of one format."""
    chance = random.Random(f"{seed} {name}")
    wrong = []
    slowest = 0.0
    refused = 0
    with TemporaryDirectory() as folder:
        root = Path(folder) / "data"
        root.mkdir()
        if name in READ_ONLY:
            file_name, text = READ_ONLY[name]
            (root / file_name).write_text(text)
        else:
            picture = Path(folder) / "p.png"
            Image.new("L", (20, 10), 255).save(picture)
            FORMATS[name].write([a_page(n, picture) for n in range(2)], root)
        files = [f for f in sorted(root.rglob("*")) if f.is_file()]
        for number in range(count):
            file = chance.choice(files)
            good = file.read_bytes()
            bad = mutated(good, chance)
            file.write_bytes(bad)
            started = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.alarm(MINUTE)
            try:
                consume(name, root, check=number % CHECKED == 0)
            except InputError as error:
                refused += 1
                if "\n" in str(error):
                    wrong.append(f"{name} {number}: a message of several lines: {error}")
            except BaseException as error:
                wrong.append(f"{name} {number} {file.name}: {error!r} for {bad[:300]!r}")
            signal.alarm(0)
            signal.setitimer(signal.ITIMER_PROF, 0)
            slowest = max(slowest, time.process_time() - started)
            file.write_bytes(good)
    print(f"{name}: {count} files, {refused} refused, {len(wrong)} wrong, slowest {slowest:.2f} s",
          flush=True)  # fmt: skip
    return wrong


def too_slow(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s of work, or {MINUTE} s")


def verdict(wrong: list[str], most_bytes: int) -> int:
    """The exit status; prints what went wrong, too much memory among it."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"most memory: {used / 1e6:.0f} MB")
    if used > most_bytes:
        wrong = [*wrong, f"{used / 1e6:.0f} MB of memory"]
    print("\n".join(wrong))
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, too_slow)
    signal.signal(signal.SIGPROF, too_slow)
    wrong = [w for name in options.formats for w in fuzz(name, options.count, options.seed)]
    return verdict(wrong, BYTES)


if __name__ == "__main__":
    sys.exit(main())
