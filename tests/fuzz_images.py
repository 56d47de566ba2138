"""Feed the page readers mutated images and PDFs: each is read or refused in one line, and soon.

    python tests/fuzz_images.py [--count 2000] [--seed 1] [images] [pdfs]

Exits with 1 after printing what went wrong: another exception than InputError, a message of
more than one line, more than 10 s, more than 2 GB.
"""

from __future__ import annotations

import argparse
import io
import random
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from fuzz_formats import mutated, verdict
from pdf_files import LINES, pdf, scan_pdf
from PIL import Image

from deepscores_tools.errors import InputError
from deepscores_tools.page_images import read_page
from deepscores_tools.page_sources import pages_of_file

SECONDS, BYTES = 10, 2 << 30


def images() -> dict[str, bytes]:
    """Small pages in every encoding that is read, by file name."""
    gray = np.full((90, 70), 255, np.uint8)
    gray[20:50:6] = 0
    page = Image.fromarray(gray)
    exif = Image.Exif()
    exif[274] = 6
    made = {
        "l.png": page, "bit.png": page.convert("1"), "p.png": page.convert("P"),
        "rgba.png": page.convert("RGBA"), "deep.png": Image.fromarray(gray.astype(np.uint16)),
        "rgb.jpg": page.convert("RGB"), "cmyk.jpg": page.convert("CMYK"), "l.jp2": page,
        "rgb.j2k": page.convert("RGB"), "raw.tif": page, "float.tif": page.convert("F"),
    }  # fmt: skip
    files = {name: _encoded(image, name, exif=exif) for name, image in made.items()}
    for compression in ("group4", "tiff_lzw", "jpeg", "tiff_adobe_deflate"):
        bits = page.convert("1") if compression == "group4" else page
        files[f"{compression}.tif"] = _encoded(
            bits, "a.tif", compression=compression, save_all=True, append_images=[bits]
        )
    return files


def pdfs() -> dict[str, bytes]:
    """Small PDFs: drawn, and scanned in every encoding."""
    gray = np.full((90, 70), 255, np.uint8)
    gray[20:50:6] = 0
    page = Image.fromarray(gray)
    files = {"lines.pdf": pdf(*[(LINES, b"", (60, 70))] * 3)}
    files["pillow.pdf"] = _encoded(page.convert("RGB"), "a.pdf")
    for encoding in ("CCITT", "JBIG2", "JPX", "DCT"):
        files[f"{encoding}.pdf"] = scan_pdf(page, encoding)
    return files


def _encoded(image: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    file.name = name
    image.save(file, **options)
    return file.getvalue()


def fuzz(what: str, files: dict[str, bytes], count: int, seed: int) -> list[str]:
    """What went wrong in `count` mutated files."""
    chance = random.Random(f"{seed} {what}")
    wrong = []
    slowest, refused = 0.0, 0
    with TemporaryDirectory() as folder:
        for number in range(count):
            name = chance.choice(sorted(files))
            path = Path(folder) / name
            path.write_bytes(mutated(files[name], chance))
            started = time.monotonic()
            signal.alarm(SECONDS)
            try:
                for source in pages_of_file(path)[:5]:
                    read_page(source)
            except InputError as error:
                refused += 1
                if "\n" in str(error):
                    wrong.append(f"{number} {name}: a message of several lines: {error}")
            except BaseException as error:
                wrong.append(f"{number} {name}: {error!r}")
            signal.alarm(0)
            slowest = max(slowest, time.monotonic() - started)
    print(f"{what}: {count} files, {refused} refused, {len(wrong)} wrong, slowest {slowest:.2f} s")
    return wrong


def too_slow(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", choices=["images", "pdfs", []], default=[])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, too_slow)
    wrong = []
    for what, make in (("images", images), ("pdfs", pdfs)):
        if what in options.what or not options.what:
            wrong += fuzz(what, make(), options.count, options.seed)
    return verdict(wrong, BYTES)


if __name__ == "__main__":
    sys.exit(main())
