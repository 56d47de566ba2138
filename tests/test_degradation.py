"""Degraded pages: reproducible, legible, and with truth that still fits to the pixel."""

from __future__ import annotations

import errno
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from omr_cli.main import main

from deepscores_tools.conversion import write_dataset
from deepscores_tools.dataset_image import page_image
from deepscores_tools.dataset_reading import open_pages
from deepscores_tools.degradation import (
    PRESETS,
    Preset,
    WarpParameters,
    degrade,
    degrade_page,
    draw_preset,
    warp_page,
)
from deepscores_tools.degradation.dataset import degraded_pages
from deepscores_tools.degradation.noise import Tile, cut
from deepscores_tools.errors import InputError
from deepscores_tools.ink import ink_of
from deepscores_tools.picture_source import PictureSource
from deepscores_tools.staves import find_staves
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.whole_file import write_png

INTERLINE = 16.0
STRONG = WarpParameters(
    rotation=1.7,
    corners=((0.01, 0.005), (-0.01, 0.0), (0.0, -0.01), (0.005, 0.0)),
    curl=0.01,
    wave=0.002,
)

every_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))


def music(height: int = 480, width: int = 640) -> tuple[NDArray[np.uint8], Page]:
    """Staves, slanted ellipses, stems and thin curves, each symbol with its own mask."""
    rng = np.random.default_rng(1)
    image = np.full((height, width), 255, np.uint8)
    symbols: list[Symbol] = []

    def add(name: str, drawn: NDArray[np.uint8]) -> None:
        ys, xs = np.nonzero(drawn)
        x0, x1, y0, y1 = int(xs.min()), int(xs.max()) + 1, int(ys.min()), int(ys.max()) + 1
        mask = drawn[y0:y1, x0:x1] > 0
        symbols.append(
            Symbol(name=name, box=Box(x0, y0, x1, y1), mask=mask, id=len(symbols), ink_area=1)
        )
        image[drawn > 0] = 0

    for top in range(60, height - 90, 130):
        drawn = np.zeros_like(image)
        for line in range(5):
            y = top + round(line * INTERLINE)
            cv2.line(drawn, (30, y), (width - 30, y), 255, 2)
        add("staff", drawn)
    for _ in range(40):
        x, y = (int(v) for v in rng.integers((40, 40), (width - 40, height - 40)))
        head, stem, slur = (np.zeros_like(image) for _ in range(3))
        cv2.ellipse(head, (x, y), (10, 7), -25, 0, 360, 255, -1)
        cv2.line(stem, (x + 9, y), (x + 9, y - 30), 255, 2)
        cv2.ellipse(slur, (x, y), (30, 12), 10, 200, 340, 255, 1)
        for name, drawn in (("noteheadBlackOnLine", head), ("stem", stem), ("slur", slur)):
            add(name, drawn)
    return image, Page(
        name="made.png", width=width, height=height, interline=INTERLINE, symbols=symbols
    )


@every_preset
def test_same_generator_state_same_bytes(preset: Preset) -> None:
    image, _ = music()
    before = image.copy()
    first = degrade(image, INTERLINE, np.random.default_rng(5), preset)
    degrade(image, 23.0, np.random.default_rng(6), PRESETS["old-print"])  # must leave no trace
    again = degrade(image, INTERLINE, np.random.default_rng(5), preset)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(image, before)
    if preset.name != "clean":
        other = degrade(image, INTERLINE, np.random.default_rng(7), preset)
        assert np.any(first != other)


@every_preset
@pytest.mark.parametrize("shape", [(0, 0), (0, 7), (1, 1), (1, 40), (3, 2), (17, 33), (90, 1500)])
@pytest.mark.parametrize("interline", [2.0, 16.0, 60.0])
def test_any_size_runs(preset: Preset, shape: tuple[int, int], interline: float) -> None:
    for seed in range(4):
        image = np.full(shape, 255, np.uint8)
        out = degrade(image, interline, np.random.default_rng(seed), preset)
        assert out.shape == shape
        assert out.dtype == np.uint8


def test_wrong_input_is_refused() -> None:
    rng, preset = np.random.default_rng(0), PRESETS["old-print"]
    with pytest.raises(ValueError, match="uint8"):
        degrade(np.zeros((4, 4, 3), np.uint8), 16, rng, preset)
    with pytest.raises(ValueError, match="interline"):
        degrade(np.zeros((4, 4), np.uint8), 0, rng, preset)


@every_preset
def test_ink_stays_darker_than_paper(preset: Preset) -> None:
    """Middle of a block of three interlines against the paper beside it."""
    image = np.full((300, 300), 255, np.uint8)
    image[120:170, 120:170] = 0
    for seed in range(40):
        out = degrade(image, INTERLINE, np.random.default_rng(seed), preset).astype(float)
        ink, paper = np.median(out[130:160, 130:160]), np.median(out[60:100, 120:170])
        assert paper - ink >= 60, f"seed {seed}"


@every_preset
def test_staff_lines_survive(preset: Preset) -> None:
    """Lines break here and there; over the crop most of each staff stays visible."""
    image = np.full((400, 600), 255, np.uint8)
    lines = [100 + 16 * k for k in range(5)]
    for y in lines:
        image[y : y + 2] = 0
    seen = []
    for seed in range(30):
        out = degrade(image, INTERLINE, np.random.default_rng(seed), preset).astype(float)
        between = np.median(out[104:112], axis=0)
        seen.append(np.mean([(between - out[y : y + 2].min(0)) > 25 for y in lines]))
    assert np.mean(seen) > 0.85
    assert np.median(seen) > 0.9


@every_preset
def test_symbols_stay_where_they_are(preset: Preset) -> None:
    image, _ = music()
    for seed in range(5):
        out = degrade(image, INTERLINE, np.random.default_rng(seed), preset)
        dark = 255.0 - out - np.median(255.0 - out)
        (dx, dy), _ = cv2.phaseCorrelate(255.0 - image, np.ascontiguousarray(dark))
        assert math.hypot(dx, dy) < 0.75


def test_all_presets_are_drawn() -> None:
    rng = np.random.default_rng(0)
    names = [draw_preset(rng).name for _ in range(2000)]
    assert set(names) == set(PRESETS)
    one_bit = np.mean([PRESETS[name].bilevel for name in names])
    assert 0.25 < one_bit < 0.45  # mostly seen reduced, so not all of them are 0 and 255


def test_noise_is_cut_to_any_shape() -> None:
    for tile in Tile:
        for shape in ((1, 1), (37, 50), (1500, 1100)):
            field = cut(tile, shape, 24.0, np.random.default_rng(0))
            assert field.shape == shape
            assert field.dtype == np.float32


def test_identity_warp_changes_nothing() -> None:
    image, page = music()
    same, moved = warp_page(image, page, WarpParameters())
    np.testing.assert_array_equal(same, image)
    assert moved.interline == pytest.approx(page.interline)
    for before, after in zip(page.symbols, moved.symbols, strict=True):
        assert before.box == after.box
        assert before.mask is not None
        assert after.mask is not None
        np.testing.assert_array_equal(before.mask, after.mask)


@pytest.mark.parametrize(
    "how", [STRONG, WarpParameters(rotation=-2), WarpParameters(curl=-0.015, spine_right=True)]
)
def test_boxes_are_the_extents_of_the_warped_masks(how: WarpParameters) -> None:
    image, page = music()
    _, moved = warp_page(image, page, how)
    assert len(moved.symbols) == len(page.symbols)
    for symbol in moved.symbols:
        assert symbol.mask is not None
        assert symbol.mask[0].any()
        assert symbol.mask[-1].any()
        assert symbol.mask[:, 0].any()
        assert symbol.mask[:, -1].any()
        assert symbol.ink_area == symbol.mask.sum()


def test_each_box_fits_the_ink_of_the_warped_picture() -> None:
    """One symbol alone on the page: its ink after the warp is where the box says."""
    image, page = music()
    for symbol in page.symbols:
        assert symbol.mask is not None
        alone = np.full_like(image, 255)
        x0, y0, x1, y1 = (int(v) for v in symbol.box)
        alone[y0:y1, x0:x1][symbol.mask] = 0
        warped, moved = warp_page(alone, Page(
            name="one.png", width=page.width, height=page.height, symbols=[symbol]
        ), STRONG)  # fmt: skip
        ys, xs = np.nonzero(warped <= 127)
        extent = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
        np.testing.assert_array_equal(moved.symbols[0].box, extent)


def test_symbols_without_masks_follow() -> None:
    image, page = music()
    bare = [
        Symbol(name=s.name, box=s.box, id=s.id)
        for s in page.symbols
        if s.name.startswith("notehead")
    ]
    page_of = {"name": "m.png", "width": page.width, "height": page.height}
    _, exact = warp_page(image, page, STRONG)
    _, guessed = warp_page(image, Page(**page_of, symbols=bare), STRONG)  # type: ignore[arg-type]
    truth = {s.id: s.box for s in exact.symbols}
    for symbol in guessed.symbols:
        assert symbol.mask is None
        np.testing.assert_allclose(symbol.box, truth[symbol.id], atol=2)


def test_what_leaves_the_page_is_cut_or_dropped() -> None:
    image = np.full((200, 200), 255, np.uint8)
    corner = Symbol(name="dot", box=Box(0, 0, 4, 4), mask=np.ones((4, 4), np.bool_), id=1)
    edge = Symbol(
        name="bar", box=Box(0, 90, 40, 110), mask=np.ones((20, 40), np.bool_), id=2, outlinks=(1,)
    )
    empty = Symbol(name="line", box=Box(90, 90, 99, 99), mask=np.zeros((9, 9), np.bool_), id=3)
    page = Page(name="p.png", width=200, height=200, symbols=[corner, edge, empty])
    out = ((-0.1, -0.1), (0.0, 0.0), (0.0, 0.0), (-0.1, 0.1))
    _, moved = warp_page(image, page, WarpParameters(corners=out))
    assert [(s.name, s.outlinks) for s in moved.symbols] == [("bar", ()), ("line", ())]
    assert moved.symbols[0].box.x0 == 0


def test_interline_follows_the_warp() -> None:
    image, page = music()
    _, turned = warp_page(image, page, WarpParameters(rotation=2))
    assert turned.interline == pytest.approx(INTERLINE, rel=1e-6)
    narrow = ((0.0, 0.05), (0.0, 0.05), (0.0, -0.05), (0.0, -0.05))
    _, squeezed = warp_page(image, page, WarpParameters(corners=narrow))
    assert squeezed.interline == pytest.approx(INTERLINE * 0.9, rel=1e-3)


def test_oriented_boxes_are_carried_over() -> None:
    image = np.full((101, 101), 255, np.uint8)
    corners = ((40.0, 45.0), (60.0, 45.0), (60.0, 55.0), (40.0, 55.0))
    symbol = Symbol(name="beam", box=Box(40, 45, 60, 55), oriented_box=corners)
    page = Page(name="p.png", width=101, height=101, symbols=[symbol])
    _, moved = warp_page(image, page, WarpParameters(rotation=2))
    turned = moved.symbols[0].oriented_box
    assert turned is not None
    right = np.subtract(turned[1], turned[0])
    assert np.hypot(*right) == pytest.approx(20, abs=0.01)
    assert math.degrees(math.atan2(-right[1], right[0])) == pytest.approx(2, abs=0.01)


@every_preset
def test_whole_pages(preset: Preset) -> None:
    image, page = music()
    first, moved = degrade_page(image, page, preset, 3)
    again, _ = degrade_page(image, page, preset, 3)
    np.testing.assert_array_equal(first, again)
    assert first.shape == image.shape == (moved.height, moved.width)
    assert len(moved.symbols) == len(page.symbols)
    if preset.bilevel:
        assert set(np.unique(first)) <= {0, 255}


def test_a_datasets_pages_as_photos(tmp_path: Path) -> None:
    image, page = music()
    write_png(tmp_path / "made.png", image)
    page = replace(page, image=tmp_path / "made.png")
    write_dataset([page], tmp_path / "clean", "mung")

    def degraded(out: str, *options: str) -> Page:
        arguments = ["dataset", "degrade", str(tmp_path / "clean"), "-o", str(tmp_path / out)]
        arguments += ["--to", "mung", "-p", "phone-photo", *options]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        (worn,) = open_pages(str(tmp_path / out))
        return worn

    first, again, other = degraded("a"), degraded("b"), degraded("c", "--seed", "1")
    np.testing.assert_array_equal(page_image(first), page_image(again))
    assert (page_image(first) != page_image(other)).any()
    known = replace(page, interline=find_staves(ink_of(image)).interline)
    expected = degrade_page(image, known, PRESETS["phone-photo"], 0)[1]
    assert [s.box for s in first.symbols] == [s.box for s in expected.symbols]
    shifts = [
        a.box.centre[0] - b.box.centre[0] for a, b in zip(first.symbols, page.symbols, strict=True)
    ]
    assert max(map(abs, shifts)) > 2


def test_a_degraded_dataset_has_pictures(tmp_path: Path) -> None:
    image, page = music()
    write_png(tmp_path / "made.png", image)
    write_dataset([replace(page, image=tmp_path / "made.png")], tmp_path / "clean", "coco")
    arguments = ["dataset", "degrade", str(tmp_path / "clean"), "-p", "clean"]
    for out, to in (("out.json", "coco"), ("out", "csv")):
        result = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / out), "--to", to])
        assert result.exit_code == 2
        assert "no pictures" in result.output
        assert not (tmp_path / out).exists()


def test_a_page_without_staves_is_not_degraded(tmp_path: Path) -> None:
    write_png(tmp_path / "blank.png", np.full((300, 300), 255, np.uint8))
    blank = Page(name="blank.png", width=300, height=300, image=tmp_path / "blank.png")
    write_dataset([blank], tmp_path / "clean", "coco")
    source = open_pages(str(tmp_path / "clean"))
    with pytest.raises(InputError, match="no staves"):
        list(degraded_pages(source, PictureSource(), PRESETS["clean"], 0))


def test_contact_sheet(tmp_path: Path) -> None:
    from omr_cli.preview import preview

    image, _ = music()
    cv2.imwrite(str(tmp_path / "page.png"), image)
    sheet = tmp_path / "sheet.png"
    arguments = [str(tmp_path / "page.png"), "-p", "clean", "-p", "photocopy", "-o", str(sheet)]
    result = CliRunner().invoke(preview, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert cv2.imread(str(sheet)).shape[1] > 3 * 380
    wrong = CliRunner().invoke(preview, [*arguments, "-p", "mimeograph"])
    assert wrong.exit_code == 2
    assert "flatbed-1bit" in wrong.output


def test_a_sheet_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(path: Path, data: bytes) -> None:
        with path.open("wb") as stream:
            stream.write(data[:9])
        raise OSError(errno.ENOSPC, "no space")

    out = tmp_path / "sheet.png"
    out.write_text("before")
    monkeypatch.setattr(Path, "write_bytes", breaks)
    with pytest.raises(InputError, match="cannot be written"):
        write_png(out, np.zeros((9, 9), np.uint8))
    assert [file.read_text() for file in tmp_path.iterdir()] == ["before"]
