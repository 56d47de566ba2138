"""Every kind of page file that people have is read alike; every bad one costs one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bad_files import empty_png, encrypted_pdf
from numpy.typing import NDArray
from pdf_files import LINES, pdf, scan_pdf
from PIL import Image

from deepscores_tools.errors import InputError
from deepscores_tools.page_images import page_images, read_first_page, read_page
from deepscores_tools.page_names import inside
from deepscores_tools.page_sources import find_pages
from deepscores_tools.pdf import dpi_for
from deepscores_tools.raster import MAX_PIXELS

GRAY: NDArray[np.uint8] = np.zeros((60, 40), np.uint8)  # white above, black below
GRAY[:30] = 255
GRAY[:30, :10] = 128  # gray at the upper left: any turn or flip shows


def picture() -> Image.Image:
    return Image.fromarray(GRAY)


def names(*arguments: Path) -> list[str]:
    pages, failures = find_pages(arguments)
    assert not failures
    return [page.name for page in pages]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        list(page_images([path]))
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


@pytest.mark.parametrize("mode", ["L", "RGB", "LA", "RGBA", "P"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_modes(tmp_path: Path, mode: str, suffix: str) -> None:
    picture().convert(mode).save(tmp_path / f"page.{suffix}")
    assert np.array_equal(read_first_page(tmp_path / f"page.{suffix}").gray, GRAY)


def test_one_bit_cmyk_and_deep_pages(tmp_path: Path) -> None:
    ink = GRAY > 200
    Image.fromarray(ink).save(tmp_path / "bit.png")
    Image.fromarray(ink).save(tmp_path / "fax.tif", compression="group4")
    for name in ("bit.png", "fax.tif"):
        assert np.array_equal(read_first_page(tmp_path / name).gray, ink * np.uint8(255))
    picture().convert("RGB").convert("CMYK").save(tmp_path / "cmyk.tif")
    Image.fromarray(GRAY.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    Image.fromarray(GRAY.astype(np.uint16) * 257).save(tmp_path / "deep.tif")
    Image.fromarray((GRAY / 255).astype(np.float32)).save(tmp_path / "float.tif")
    Image.fromarray(GRAY.astype(np.uint16)).save(tmp_path / "eight of sixteen.png")
    Image.fromarray(GRAY.astype(np.int32) * 16).save(tmp_path / "twelve of thirty-two.tif")
    for name in ("cmyk.tif", "deep.png", "deep.tif", "float.tif", "eight of sixteen.png",
                 "twelve of thirty-two.tif"):  # fmt: skip
        assert np.abs(read_first_page(tmp_path / name).gray - GRAY.astype(int)).max() <= 1


def test_jpeg_2000(tmp_path: Path) -> None:
    for name in ("page.jp2", "stream.j2k"):
        picture().save(tmp_path / name)
    Image.fromarray(GRAY.astype(np.uint16) * 257).save(tmp_path / "deep.jp2")
    picture().convert("RGB").save(tmp_path / "rgb.jp2")
    assert len(names(tmp_path)) == 4
    for name in names(tmp_path):
        assert np.abs(read_first_page(tmp_path / name).gray - GRAY.astype(int)).max() <= 1


@pytest.mark.parametrize("encoding", ["CCITT", "JBIG2", "JPX", "DCT"])
def test_scans_in_pdf(tmp_path: Path, encoding: str) -> None:
    gray = np.where(GRAY > 200, np.uint8(255), np.uint8(0))
    (tmp_path / "scan.pdf").write_bytes(scan_pdf(Image.fromarray(gray), encoding))
    page = read_first_page(tmp_path / "scan.pdf")
    small = Image.fromarray(page.gray).resize((40, 60), Image.Resampling.BOX)
    assert ((np.asarray(small) > 128) == (gray > 128)).mean() > 0.95


def test_a_page_of_ten_metres_and_a_book_of_5000_pages(tmp_path: Path) -> None:
    (tmp_path / "wide.pdf").write_bytes(pdf((LINES, b"", (28346, 1000))))
    page = read_first_page(tmp_path / "wide.pdf")
    assert page.gray.size <= MAX_PIXELS
    assert page.dpi is not None
    assert page.dpi < 300
    (tmp_path / "book.pdf").write_bytes(pdf(*[(LINES, b"", (60, 70))] * 5000))
    pages, _ = find_pages([tmp_path / "book.pdf"])
    assert (len(pages), pages[-1].name) == (5000, "book-5000.pdf")
    assert read_page(pages[-1]).size == (251, 292)


def test_transparent_is_paper(tmp_path: Path) -> None:
    page = picture().convert("RGBA")
    page.putalpha(0)
    page.save(tmp_path / "page.png")
    assert (read_first_page(tmp_path / "page.png").gray == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file", ["page.png", "raw.tif", "lzw.tif"])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, file: str) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    options = {"compression": "tiff_lzw"} if file == "lzw.tif" else {}
    picture().save(tmp_path / file, exif=exif, **options)
    turned = [GRAY, GRAY[:, ::-1], GRAY[::-1, ::-1], GRAY[::-1], GRAY.T,
              np.rot90(GRAY, -1), GRAY[::-1, ::-1].T, np.rot90(GRAY)]  # fmt: skip
    assert np.array_equal(read_first_page(tmp_path / file).gray, turned[orientation - 1])


def test_pages_of_tiff_and_pdf_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "joplin").mkdir()
    pages = [picture(), picture().rotate(90, expand=True)]
    for name in ("rag.tiff", "leaf.pdf"):
        pages[0].save(tmp_path / "joplin" / name, save_all=True, append_images=pages[1:])
    assert names(tmp_path) == [
        "joplin/leaf-001.pdf",
        "joplin/leaf-002.pdf",
        "joplin/rag-001.tiff",
        "joplin/rag-002.tiff",
    ]
    sources, _ = find_pages([tmp_path])
    assert [source.key for source in sources][1] == "joplin__leaf-002"
    assert (sources[1].source, sources[1].source_page) == ("joplin/leaf.pdf", 2)
    assert read_page(sources[2]).size == (40, 60)
    assert read_page(sources[3]).size == (60, 40)
    assert read_page(sources[0]).dpi == 300


def test_names_that_no_format_can_hold_are_told_at_once(tmp_path: Path) -> None:
    """And only these: the other pages are done, and nothing is found too late."""
    for name in ("Sonata: I.png", "10:30.png", "c:x.png", f"{'n' * 190}.png"):
        picture().convert("L").save(tmp_path / name)
    pages, failures = find_pages([tmp_path])
    assert [page.name for page in pages] == ["10:30.png", "Sonata: I.png"]
    assert [failure.where.split("/")[-1][:5] for failure in failures] == ["c:x.p", "nnnnn"]
    assert [inside(page.name, tmp_path) for page in pages] == [page.name for page in pages]


def test_a_tiffs_thumbnail_is_no_page(tmp_path: Path) -> None:
    small = picture().resize((20, 30))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    picture().save(tmp_path / "page.tif", save_all=True, append_images=[small])
    assert names(tmp_path / "page.tif") == ["page-001.tif"]


def test_huge_declared_pdf_pages_fit_the_limit() -> None:
    assert dpi_for("a4.pdf", 595, 842) == 300
    for side in (3000.0, 14400.0, 1e6):
        dpi = dpi_for("poster.pdf", side, side)
        assert (np.ceil(side * dpi / 72)) ** 2 <= MAX_PIXELS
        assert (side * dpi / 72) ** 2 > 0.99 * MAX_PIXELS
    with pytest.raises(InputError):
        dpi_for("broken.pdf", 0, 800)


def test_folders(tmp_path: Path) -> None:
    for name in ("b.PNG", "a/z.jpeg", ".hidden.png", "._b.png", ".cache/c.png", "out/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        picture().convert("L").save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no page")
    pages, failures = find_pages([tmp_path], skip=lambda folder: folder.name == "out")
    assert [page.name for page in pages] == ["b.PNG", "a/z.jpeg"]
    assert not failures
    assert len(names(tmp_path / "b.PNG", tmp_path)) == 3, "a file named beside its folder: once"
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/more").symlink_to(tmp_path / "out")
    (tmp_path / "linked/round").symlink_to(tmp_path / "linked")
    assert names(tmp_path / "linked") == ["more/a.png"]


def test_clashing_names_are_refused(tmp_path: Path) -> None:
    for name in ("a/page.png", "b/page.png", "a/page.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        picture().save(tmp_path / name)
    for clashing in (["a/page.png", "b/page.png"], ["a"]):
        with pytest.raises(InputError, match="same files"):
            find_pages([tmp_path / name for name in clashing])


def test_bad_files_cost_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    assert "empty" in refusal(tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("Lilium inter spinas")
    assert "not a PNG" in refusal(tmp_path / "text.png")
    Image.new("L", (1, 1)).save(tmp_path / "dot.png")
    assert "too small" in refusal(tmp_path / "dot.png")
    assert "no such file" in refusal(tmp_path / "missing.png")
    (tmp_path / "nothing").mkdir()
    assert "no PNG" in refusal(tmp_path / "nothing")


def test_encrypted_pdf(tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(encrypted_pdf())
    assert "encrypted" in refusal(tmp_path / "locked.pdf")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "pdf"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
def test_truncated(tmp_path: Path, suffix: str, part: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 300), dtype=np.uint8)
    path = tmp_path / f"page.{suffix}"
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    assert refusal(path)


def test_damaged_faxes_are_read_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(1).random((300, 300)) > 0.5
    path = tmp_path / "fax.tif"
    Image.fromarray(noise).save(path, compression="group4")
    whole = bytearray(path.read_bytes())
    for place in range(1000, 3000, 100):
        whole[place] ^= 0x55
    path.write_bytes(whole)
    assert read_first_page(path).size == (300, 300)
    assert capfd.readouterr().err == ""


def test_too_large_by_its_header(tmp_path: Path) -> None:
    for side in (12_500, 60_000):
        path = tmp_path / f"{side}.png"
        path.write_bytes(empty_png(side, side))
        assert "150 megapixels" in refusal(path)
