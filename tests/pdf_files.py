"""PDF files made by hand: pages of lines, and scans in the encodings that scanners use."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image

LINES = b"2 w " + b" ".join(b"5 %d m 55 %d l S" % (y, y) for y in range(20, 50, 6))


def pdf(*pages: tuple[bytes, bytes, tuple[float, float]]) -> bytes:
    """A PDF of pages: contents, a further object (a scan, as /I) or nothing, size in points."""
    kids = b" ".join(b"%d 0 R" % (3 + 3 * number) for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
    ]
    for contents, scan, (width, height) in pages:
        number = len(objects) + 1
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Contents %d 0 R"
            b" /Resources << /XObject << /I %d 0 R >> >> >>"
            % (width, height, number + 1, number + 2),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(contents), contents),
            scan or b"null",
        ]
    data, offsets = bytearray(b"%PDF-1.5\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(data + b"startxref\n%d\n%%%%EOF\n" % start)


def scan_pdf(image: Image.Image, encoding: str) -> bytes:
    """A PDF of one page that is a scan: CCITT, JBIG2 (1 bit), JPX or DCT; 72 dpi."""
    data, filters = {"CCITT": _ccitt, "JBIG2": _jbig2, "JPX": _jpx, "DCT": _dct}[encoding](image)
    width, height = image.size
    scan = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d %s /Length %d >>\nstream\n"
        % (width, height, filters, len(data))
    ) + data + b"\nendstream"  # fmt: skip
    return pdf((b"q %d 0 0 %d 0 0 cm /I Do Q" % image.size, scan, image.size))


def _group4(image: Image.Image) -> bytes:
    """The picture's bits as ITU-T T.6; black is 1."""
    file = io.BytesIO()
    black = Image.fromarray(np.asarray(image.convert("L")) < 128)  # Pillow takes 0 for T.6's white
    black.save(file, "TIFF", compression="group4", tiffinfo={278: image.height})
    with Image.open(file) as tiff:
        tags = tiff.tag_v2  # type: ignore[attr-defined]
        (start,), (length,) = tags[273], tags[279]
    return file.getvalue()[start : start + length]


def _ccitt(image: Image.Image) -> tuple[bytes, bytes]:
    parameters = b"<< /K -1 /Columns %d /Rows %d >>" % image.size
    return _group4(image), (
        b"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms "
        + parameters
    )


def _jbig2(image: Image.Image) -> tuple[bytes, bytes]:
    """Page information (segment type 48) and one generic region in T.6 (38), ITU-T T.88."""
    width, height = image.size

    def segment(number: int, kind: int, body: bytes) -> bytes:
        return struct.pack(">IBBBI", number, kind, 0, 1, len(body)) + body

    page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 1) + _group4(image)
    data = segment(0, 48, page) + segment(1, 38, region)
    return data, b"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /JBIG2Decode"


def _jpx(image: Image.Image) -> tuple[bytes, bytes]:
    file = io.BytesIO()
    image.convert("L").save(file, "JPEG2000")
    return file.getvalue(), b"/Filter /JPXDecode"


def _dct(image: Image.Image) -> tuple[bytes, bytes]:
    """CMYK, as Adobe's programs write it: inverted."""
    file = io.BytesIO()
    image.convert("RGB").convert("CMYK").save(file, "JPEG", quality=100, subsampling=0)  # inverted
    return file.getvalue(), (
        b"/ColorSpace /DeviceCMYK /BitsPerComponent 8 /Decode [1 0 1 0 1 0 1 0] /Filter /DCTDecode"
    )
