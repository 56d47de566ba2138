"""Alignment: a page found in a bent, turned, lit photo of it, and no other page."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from omr_cli.main import main

from deepscores_tools.alignment import Likeness, PageFit, Reference, align
from deepscores_tools.alignment.spline import SplineField
from deepscores_tools.conversion import write_dataset
from deepscores_tools.dataset_image import page_image
from deepscores_tools.degradation.geometry import carry
from deepscores_tools.formats import read_dataset
from deepscores_tools.symbols import Box, Page, Symbol, box_array

WIDTH, HEIGHT, SPACE = 620, 720, 10


def made_page(seed: int) -> Page:
    """Five staves with heads, stems and letters strewn over them."""
    rng = np.random.default_rng(seed)
    symbols: list[Symbol] = []
    for top in range(60, HEIGHT - 100, 130):
        lines = np.zeros((4 * SPACE + 1, WIDTH - 100), bool)
        lines[::SPACE] = True
        symbols.append(_symbol("staff", 50, top, lines))
        x = 60
        while x < WIDTH - 90:
            y = top + int(rng.integers(-2, 9)) * SPACE // 2
            head = np.zeros((9, 13), np.uint8)
            cv2.ellipse(head, (6, 4), (6, 4), -20, 0, 360, 1, -1 if rng.random() < 0.7 else 2)
            symbols.append(_symbol("noteheadBlackOnLine", x, y, head > 0))
            symbols.append(_symbol("stem", x + 11, y - 30, np.ones((34, 2), bool)))
            if rng.random() < 0.6:
                letter = np.zeros((16, 14), np.uint8)
                cv2.putText(letter, chr(int(rng.integers(65, 91))), (1, 14), 0, 0.5, 1, 2)
                symbols.append(_symbol("restQuarter", x, top + 60, letter > 0))
            x += int(rng.integers(18, 60))
    return Page(name=f"page{seed}.png", width=WIDTH, height=HEIGHT, symbols=symbols,
                interline=float(SPACE))  # fmt: skip


def _symbol(name: str, x: int, y: int, mask: NDArray[np.bool_]) -> Symbol:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    x, y = x + int(columns[0]), y + int(rows[0])
    return Symbol(name=name, box=Box(x, y, x + mask.shape[1], y + mask.shape[0]), mask=mask)


def picture(page: Page) -> NDArray[np.uint8]:
    gray = page_image(replace(page, symbols=[s for s in page.symbols if s.name != "staff"]))
    for staff in (s for s in page.symbols if s.name == "staff"):
        x0, y0, x1, y1 = (int(v) for v in staff.box)
        assert staff.mask is not None
        gray[y0:y1, x0:x1][staff.mask] = 0
    return gray


def taken(page: Page, turn: float = 4.0) -> tuple[NDArray[np.uint8], PageFit]:
    """A photo of the page at 1.4 times its size, turned by degrees, and the true map."""
    field = SplineField(page.width, page.height, 120)
    field.coefficients += np.random.default_rng(5).normal(0, 2.5, field.coefficients.shape)
    side = 1300
    matrix = np.vstack([cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), turn, 1.4), [0, 0, 1]])
    matrix[:2, 2] += side / 2 - np.array([WIDTH, HEIGHT]) / 2
    matrix[2] = 4e-5, 2e-5, 1.0
    truth = PageFit(matrix, field, side, side)
    drawn = cv2.remap(picture(page), *truth.maps(), cv2.INTER_LINEAR, borderValue=255)
    light = np.linspace(0.5, 0.9, side)[None, :]
    noise = np.random.default_rng(6).normal(0, 6, drawn.shape)
    gray = cv2.GaussianBlur((drawn * 0.8 + 40) * light + noise, (0, 0), 1.0)
    return np.clip(gray, 0, 255).astype(np.uint8), truth


@pytest.fixture(scope="module")
def pages() -> tuple[Page, Page]:
    return made_page(1), made_page(2)


@pytest.fixture(scope="module")
def references(pages: tuple[Page, Page]) -> list[Reference]:
    first, second = (lambda: picture(pages[0])), (lambda: picture(pages[1]))
    return [Reference(pages[0], first), Reference(pages[1], second)]


def off(found: Likeness, truth: PageFit, page: Page) -> NDArray[np.float64]:
    """Distance of each box's upper left corner from its place, in pixels of the photo."""
    assert found.fit is not None
    corners = box_array(page.symbols)[:, :2]
    return np.asarray(np.hypot(*(found.fit.target(corners) - truth.target(corners)).T))


def test_a_spline_field_is_fitted_and_a_fit_has_an_inverse() -> None:
    field = SplineField(300, 200, 40)
    points = np.random.default_rng(0).uniform(5, 195, (400, 2))
    wanted = np.stack([3 * np.sin(points[:, 1] / 60), points[:, 0] / 50], -1)
    ones = np.ones(len(points))
    field.solve(field.basis(points), np.stack([ones, 0 * ones, ones], -1), wanted, 1e-6)
    assert np.abs(field.at(points) - wanted).max() < 0.05
    fit = PageFit(np.array([[0.0, -2, 500], [2, 0, 10], [0, 1e-4, 1]]), field, 600, 700)
    np.testing.assert_allclose(fit.source(fit.target(points)), points, atol=1e-6)


@pytest.mark.parametrize("turn", [4.0, 90.0, 181.0])
def test_a_page_is_found_to_a_fraction_of_a_pixel(
    turn: float, pages: tuple[Page, Page], references: list[Reference]
) -> None:
    photo, truth = taken(pages[1], turn)
    found = align(photo, references)
    assert found.accepted
    assert found.page == 1
    assert found.found > 0.95
    assert found.residual < 0.05
    distances = off(found, truth, pages[1])
    assert np.median(distances) < 0.3
    assert np.quantile(distances, 0.99) < 1.0
    assert found.fit is not None
    carried, true = carry(pages[1], found.fit), carry(pages[1], truth)
    assert (carried.width, carried.height) == (1300, 1300)
    assert carried.interline == pytest.approx(14, abs=0.8)
    same = [
        (a.mask & b.mask).sum() / (a.mask | b.mask).sum()
        for a, b in zip(carried.symbols, true.symbols, strict=True)
        if a.mask is not None and b.mask is not None and a.box == b.box
    ]
    assert len(same) > 0.5 * len(true.symbols)
    assert np.quantile(same, 0.05) > 0.7


def test_another_page_and_no_page_are_refused(
    pages: tuple[Page, Page], references: list[Reference]
) -> None:
    photo, _ = taken(pages[1])
    assert not align(photo, references[:1]).accepted
    assert not align(np.full((400, 300), 200, np.uint8), references).accepted
    assert not align(picture(made_page(3)), references).accepted


def test_a_page_accepted_wins_over_one_of_which_too_little_is_compared(
    pages: tuple[Page, Page], references: list[Reference], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, truth = taken(pages[0])
    seen = iter((Likeness(truth, 0, compared=4, found=1.0), Likeness(truth, 1, 200, 0.95)))
    module = import_module("deepscores_tools.alignment.align")
    monkeypatch.setattr(module, "_look", lambda *_: next(seen))
    assert align(photo, [references[0]] * 2).page == 1


def test_the_command_writes_a_dataset_or_refuses(pages: tuple[Page, Page], tmp_path: Path) -> None:
    images = [tmp_path / page.name for page in pages]
    for page, image in zip(pages, images, strict=True):
        cv2.imwrite(str(image), picture(page))
    labelled = [replace(p, image=i) for p, i in zip(pages, images, strict=True)]
    write_dataset(labelled, tmp_path / "render", "coco")
    photo, _ = taken(pages[0])
    cv2.imwrite(str(tmp_path / "photo.jpg"), photo)
    arguments = ["dataset", "align", str(tmp_path / "photo.jpg"), str(tmp_path / "render"), "-o"]
    done = CliRunner().invoke(main, [*arguments, str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "photo.jpg shows page1.png: " in done.output
    (page,) = read_dataset(tmp_path / "out")
    assert (page.width, page.height) == (1300, 1300)
    assert page_image(page).shape == (1300, 1300)
    assert len(page.symbols) == len(pages[0].symbols)
    assert all(symbol.mask is not None for symbol in page.symbols)
    wrong = CliRunner().invoke(main, [*arguments, str(tmp_path / "no"), "--page", "page2.png"])
    assert wrong.exit_code == 2
    assert "shows no page that is labelled" in wrong.output
    assert not (tmp_path / "no").exists()
