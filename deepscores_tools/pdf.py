"""PDF pages rendered to gray, uint8 of shape (H, W), by pdfium."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from deepscores_tools.errors import InputError, reason
from deepscores_tools.raster import MAX_PIXELS, check_size

DPI = 300.0
POINTS_PER_INCH = 72.0


def pdf_page_count(path: Path) -> int:
    """How many pages the file has. Raises InputError for none, damage, or a password."""
    with _opened(path) as document:
        count = len(document)
    if count == 0:
        raise InputError(path, "a PDF without pages; export it again")
    return count


def read_pdf_page(path: Path, index: int) -> tuple[NDArray[np.uint8], float]:
    """Page index (from 0) as gray, and the dpi it was rendered at: see dpi_for."""
    with _opened(path) as document:
        page = document[index]
        width, height = page.get_size()
        dpi = dpi_for(path, width, height)
        check_size(path, width * dpi / POINTS_PER_INCH, height * dpi / POINTS_PER_INCH)
        bitmap = page.render(scale=dpi / POINTS_PER_INCH, grayscale=True)
        gray = np.array(bitmap.to_numpy(), dtype=np.uint8)
        return gray.reshape(gray.shape[:2]), dpi


def dpi_for(where: Path | str, width: float, height: float) -> float:
    """300 dpi, or what keeps a page of this size in points within MAX_PIXELS.

    Declared sizes can be huge: scanners that write one point a pixel, plotters' sheets.
    """
    area = width * height
    if not (math.isfinite(area) and width > 0 and height > 0):
        raise InputError(where, f"declares a page of {width} x {height} points; export it again")
    # One pixel a side in reserve, as the renderer rounds each side up.
    limit = math.sqrt(MAX_PIXELS / area) * POINTS_PER_INCH * (1 - 1e-3)
    return DPI if area * (DPI / POINTS_PER_INCH) ** 2 <= MAX_PIXELS * (1 - 2e-3) else limit


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise InputError(
                path, "an encrypted PDF; save it without its password and try again"
            ) from None
        raise InputError(path, "a damaged PDF; copy or export it again") from None
    except OSError as error:
        raise InputError(path, f"cannot be read ({reason(error)})") from None
    try:
        yield document
    except pdfium.PdfiumError as error:
        raise InputError(path, f"a damaged PDF ({error}); copy or export it again") from None
    except MemoryError:
        raise InputError(path, "not enough memory to render its page") from None
    finally:
        document.close()
