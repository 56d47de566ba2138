"""What `omr dataset` is made of: tiles, patches, splits, statistics, checks, whole folders."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deepscores_tools.checking import CheckReport, check_dataset
from deepscores_tools.conversion import write_dataset
from deepscores_tools.cutting.masks import class_grays, instance_image, with_all_masks
from deepscores_tools.cutting.patches import class_folders, cut_patch, draw_symbols
from deepscores_tools.cutting.split import SETS, overlaps, split_pages
from deepscores_tools.cutting.tiles import (
    grid_corners,
    is_kept,
    random_corners,
    tile_page,
    tile_pixels,
    write_tiles,
)
from deepscores_tools.cutting.units import unit_of
from deepscores_tools.dataset_image import page_image
from deepscores_tools.dataset_reading import open_pages
from deepscores_tools.errors import InputError
from deepscores_tools.formats import FORMATS
from deepscores_tools.learnable import learnable
from deepscores_tools.picture_source import PictureSource
from deepscores_tools.statistics.counts import collect, measures
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.vocabularies import DEEPSCORES
from deepscores_tools.whole_file import whole_stream, write_whole
from deepscores_tools.whole_folder import whole_folder


def page(symbols: list[Symbol] | None = None, name: str = "a.png", **further: object) -> Page:
    return Page(name=name, width=100, height=80, symbols=symbols or [], **further)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(300, 960), st.data())
def test_the_grid_covers_the_page(width: int, height: int, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size // 2))
    corners = grid_corners(width, height, size, overlap)
    assert len(set(corners)) == len(corners)
    for side, starts in ((width, {x for x, _ in corners}), (height, {y for _, y in corners})):
        ordered = sorted(starts)
        assert ordered[0] == 0
        assert ordered[-1] == max(side - size, 0)
        assert all(b - a <= size - overlap for a, b in pairwise(ordered))


def test_half_of_the_area_or_the_centre_keeps_a_symbol() -> None:
    assert is_kept(Box(95, 0, 105, 10), 0, 0, 100)  # half
    assert not is_kept(Box(96, 0, 106, 10), 0, 0, 100)
    assert is_kept(Box(-500, 40, 590, 60), 0, 0, 100)  # less than half, but the centre
    assert not is_kept(Box(100, 0, 110, 10), 0, 0, 100)


def test_a_clipped_symbol_is_marked_and_its_mask_cut() -> None:
    mask = np.zeros((10, 10), dtype=bool)
    mask[:, 2] = True
    cut = Symbol(name="stem", box=Box(34, 5, 44, 15), id=1, mask=mask, ink_area=10, outlinks=(2,),
                 oriented_box=((34, 5), (44, 5), (44, 15), (34, 15)))  # fmt: skip
    gone = Symbol(name="beam", box=Box(60, 5, 70, 15), id=2)
    whole = Symbol(name="stem", box=Box(10, 12, 20, 22), id=3, outlinks=(1,))
    tile = tile_page(page([cut, gone, whole], name="b/a.png"), 0, 10, 40)
    assert (tile.name, tile.width, tile.height) == ("b/a_x0_y10.png", 40, 40)
    tile = tile_page(page([cut, gone, whole]), 0, 0, 40)
    first, second = tile.symbols
    assert first.box == Box(34, 5, 40, 15)
    assert first.attributes["truncated"] == 1
    assert first.mask is not None
    assert first.mask.shape == (10, 6)
    assert (first.ink_area, first.oriented_box, first.outlinks) == (10, None, ())
    assert second.outlinks == (1,)
    assert not second.attributes


def test_tiles_are_white_beyond_the_page_and_random_ones_within() -> None:
    tile = tile_pixels(np.zeros((80, 100), np.uint8), 60, 40, 64)
    assert (tile[:40, :40] == 0).all()
    assert tile.sum() == 255 * (64 * 64 - 40 * 40)
    corners = random_corners(page(), 64, 50, seed=1)
    assert corners == random_corners(page(), 64, 50, seed=1)
    assert corners != random_corners(page(), 64, 50, seed=2)
    assert all(0 <= x <= 36 and 0 <= y <= 16 for x, y in corners)


def test_a_patch_has_the_centre_in_its_middle() -> None:
    gray = np.full((300, 300), 255, np.uint8)
    gray[148:152, 98:102] = 0
    same = cut_patch(gray, (100, 150), 20)
    assert same.shape == (170, 45)
    assert same[85, 22] == 0
    assert (same == 0).sum() == 16
    half = cut_patch(gray, (100, 150), 40)
    assert half[85, 22] == 0
    assert (half < 255).sum() <= 9
    assert (cut_patch(gray, (-500, 150), 20) == 255).all()


@settings(deadline=None)
@given(st.integers(1, 6), st.permutations(range(5)))
def test_the_draw_does_not_depend_on_the_order_of_pages(most: int, order: list[int]) -> None:
    symbols = [Symbol(name=n, box=Box(0, 0, 9, 9)) for n in ("stem", "beam", "stem")]
    pages = [page(symbols, name=f"{number}.png") for number in range(5)]
    drawn = draw_symbols(pages, most, seed=3)
    assert drawn == draw_symbols([pages[i] for i in order], most, seed=3)
    assert sum(map(len, drawn["stem"].values())) == min(most, 10)


def test_class_folders_stay_apart_and_inside() -> None:
    folders = class_folders(["letter_a", "letter_A", "../x", "a/b", "c-clef", ""])
    assert len({f.lower() for f in folders.values()}) == 6
    assert not any("/" in f or f.startswith(".") for f in folders.values())
    assert folders["c-clef"] == "c-clef"


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=40), st.integers(0, 5))
def test_no_writer_is_divided(writers: list[int], seed: int) -> None:
    pages = [page(name=f"{n}.png", attributes={"writer": w}) for n, w in enumerate(writers)]
    if len(set(writers)) < 3:
        with pytest.raises(InputError, match="too few"):
            split_pages(pages, "writer", {"test": 0.3, "val": 0.2}, seed)
        return
    placed = split_pages(pages, "writer", {"test": 0.3, "val": 0.2}, seed)
    assert {p.set for p in placed} == set(SETS)
    assert len({(p.units["writer"], p.set) for p in placed}) == len(set(writers))
    again = split_pages(pages[::-1], "writer", {"test": 0.3, "val": 0.2}, seed)
    assert {p.key: p.set for p in placed} == {p.key: p.set for p in again}


def test_the_overlap_of_works_is_counted() -> None:
    pages = [page(name=f"{w}{p}.png", attributes={"writer": w, "piece": p})
             for w in range(10) for p in "ab"]  # fmt: skip
    placed = split_pages(pages, "writer", {"test": 0.2})
    assert Counter(p.set for p in placed) == {"train": 16, "test": 4}
    counts = overlaps(placed, "writer")["work"]
    assert (counts["all"], counts["train and test"], counts["val and test"]) == (2, 2, 0)


@pytest.mark.parametrize(
    ("made", "work"),
    [
        (page(name="lg-2236887-aug-beethoven--page-2.png"), "lg-2236887"),
        (page(name="sonata_p003.png"), "sonata"),
        (page(name="x.png", source="sonata.pdf"), "sonata.pdf"),
        (page(name="x.png", attributes={"score": "lc1"}), "lc1"),
        (page(name="x.png"), None),
    ],
)
def test_works_are_told_from_what_there_is(made: Page, work: str | None) -> None:
    assert unit_of(made, "work") == work


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1))
def test_measures_are_numpy_s(values: list[int]) -> None:
    found = measures(Counter(values))
    expected = {"mean": np.mean(values), "std": np.std(values), "max": max(values),
                "min": min(values), "median": np.median(values)}  # fmt: skip
    assert found == pytest.approx(expected)


def test_statistics_of_pages() -> None:
    symbols = [Symbol(name=n, box=Box(0, 0, 9, 5)) for n in ("stem", "stem", "beam")]
    statistics = collect([page(symbols), page(symbols[:1]), page()])
    assert statistics.per_page()["median"] == 1
    assert statistics.per_class() == {"mean": 2, "std": 1, "max": 3, "min": 1, "median": 2}
    assert statistics.part_of_commonest(1) == 0.75
    classes = json.loads(json.dumps(statistics.to_json()))["classes"]
    assert classes["stem"]["width"]["median"] == 9


def test_smaller_instances_are_on_top() -> None:
    large = Symbol(name="staff", box=Box(-2, 0, 8, 10), mask=np.ones((10, 10), bool))
    small = Symbol(name="stem", box=Box(2, 2, 4, 4), mask=np.ones((2, 2), bool))
    image = instance_image(page([small, large]))
    assert (image == 1).sum() == 4
    assert (image == 2).sum() == 80 - 4


def test_what_is_beyond_the_page_is_not_painted() -> None:
    boxes = [Box(-9, 5, 0, 9), Box(100, 5, 109, 9), Box(5, 80.5, 9, 90), Box(95, -4.5, 130, 0.5)]
    made = page([Symbol(name="stem", box=box) for box in boxes])
    masked, counts = with_all_masks(made, PictureSource())
    assert [symbol.box for symbol in masked.symbols] == [Box(95, 0, 100, 1)]
    assert counts == {"symbols": 1, "boxes": 1}


def test_grays_are_of_a_table_or_by_name() -> None:
    assert class_grays(["stem", "beam"]) == {"beam": 1, "stem": 2}
    assert class_grays(["stem"], DEEPSCORES)["stem"] == DEEPSCORES.by_name["stem"].color
    assert class_grays(["ledgerLine", "legerLine"]) == {"legerLine": 1}
    with pytest.raises(InputError, match="not in the class list"):
        class_grays(["gClef"], DEEPSCORES)
    with pytest.raises(InputError, match="merge classes"):
        class_grays(map(str, range(256)))


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "a/out"

    def fails() -> None:
        with whole_folder(out) as folder:
            (folder / "x").write_text("x")
            raise InputError(folder / "x", "is bad")

    with pytest.raises(InputError, match="a/out/x: is bad"):
        fails()
    assert not list((tmp_path / "a").iterdir())
    with whole_folder(out) as folder:
        (folder / "x").write_text("x")
    assert (out / "x").read_text() == "x"
    with pytest.raises(InputError, match="is there already"), whole_folder(out):
        pass


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"cropobject", "lilypond"}))
def test_duplicates_and_boxes_outside_are_found_in_every_format(name: str, tmp_path: Path) -> None:
    boxes = [Box(2, 2, 9, 9), Box(2, 2, 9, 9), Box(-3, 2, 9, 9), Box(20, 2, 29, 70)]
    made = page([Symbol(name="stem", box=box, id=n) for n, box in enumerate(boxes, 1)])
    write_dataset([made], tmp_path / "d", name)
    report = CheckReport()
    defects = list(check_dataset(str(tmp_path / "d"), report))
    assert (report.format, report.pages, report.symbols) == (name, 1, 4)
    assert Counter(d.kind for d in defects) == {"duplicate": 1, "outside the page": 1}
    assert all(word in defects[0].where for word in (str(tmp_path / "d"), ", "))


def coco_file(tmp_path: Path, *annotations: dict[str, object]) -> str:
    file = tmp_path / "c.json"
    rows = [{"id": n, "image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4], **a}
            for n, a in enumerate(annotations, 1)]  # fmt: skip
    images = [{"id": 1, "file_name": "a.png", "width": 10, "height": 10}]
    data = {"images": images, "annotations": rows, "categories": [{"id": 1, "name": "stem"}]}
    file.write_text(json.dumps(data))
    return str(file)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({"bbox": [1, 1, 0, 4]}, "empty box"),
        ({"bbox": [1, float("nan"), 2, 4]}, "unreadable"),
        ({"category_id": 5}, "unknown class"),
        ({"id": 2}, "duplicate"),
        ({"image_id": 9}, "dangling link"),
        ({"outlinks": [44]}, "dangling link"),
        ({"segmentation": {"size": [10, 10], "counts": [0, 100]}}, "mask and box"),
        ({"segmentation": {"size": [10, 10], "counts": [0, 99]}}, "mask and box"),
        ({"segmentation": {"size": [10, 10], "counts": [100]}}, "mask and box"),
        ({"bbox": [1, 2]}, "unreadable"),
        ({"image_id": []}, "unreadable"),
        ({"id": 0}, "duplicate"),
    ],
)
def test_defects_of_coco(tmp_path: Path, entry: dict[str, object], kind: str) -> None:
    spec = coco_file(tmp_path, {"bbox": [2, 2, 3, 3], **entry}, {})
    kinds = [(d.kind, "annotation " in d.where) for d in check_dataset(spec)]
    assert kinds == [(kind, True)]


def test_defects_of_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    good = "a.png,1,1,5,5,stem\n"
    file.write_text(f"{good}a.png,1,1,1,5,stem\nb.png,1,1,5,five,stem\nb.png,1,1,6,6,wibble\n")
    found = [str(d).removeprefix(f"{file}, ").split(": ")[:2] for d in check_dataset(str(file))]
    assert found == [
        ["line 2", "empty box"], ["line 3", "unreadable"], ["line 4", "unknown class"]
    ]  # fmt: skip


def test_an_image_is_missing_where_others_are_there(tmp_path: Path) -> None:
    Image.new("L", (100, 80)).save(tmp_path / "a.png")
    pages = [page(image=tmp_path / "a.png"), page(name="b.png")]
    write_dataset(pages, tmp_path / "d", "coco")
    (defect,) = check_dataset(str(tmp_path / "d"))
    assert (defect.kind, "b.png" in defect.where) == ("missing image", True)


def test_pictures_of_detections_are_taken_from_where_they_came_from(tmp_path: Path) -> None:
    frames = [Image.new("L", (100, 80), gray) for gray in (10, 20)]
    frames[0].save(tmp_path / "book.tif", save_all=True, append_images=frames[1:])
    found = page(name="book-002.tif", source="book.tif", source_page=2)
    for folder in (tmp_path, tmp_path / "book.tif"):
        pictures = PictureSource(folder)
        assert pictures.has(found)
        assert (pictures.gray(found) == 20).all()
    with pytest.raises(InputError, match="has 2 pages"):
        pictures.gray(page(name="book-003.tif", source="book.tif", source_page=3))
    with pytest.raises(InputError, match="--images"):
        PictureSource().gray(found)


def test_a_file_shows_no_page_that_lies_beside_it(tmp_path: Path) -> None:
    for gray, name in enumerate(("v1/p1.png", "v1/p2.png", "v2/p2.png")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (100, 80), gray).save(tmp_path / name)
    pictures = PictureSource(tmp_path / "v1/p1.png", tmp_path / "v2/p2.png")
    assert (pictures.gray(page(name="p1.png")) == 0).all()
    assert (pictures.gray(page(name="p2.png")) == 2).all()
    assert not PictureSource(tmp_path / "v1/p1.png").has(page(name="p2.png"))


@pytest.mark.parametrize("name", ["mung", "csv"])
def test_a_page_known_by_its_symbols_has_the_size_of_its_picture(name: str, tmp_path: Path) -> None:
    made = page([Symbol(name="beam", box=Box(5, 6, 20, 12))])
    write_dataset([made], tmp_path / "d", name)
    (read,) = open_pages(str(tmp_path / "d"))
    assert not read.size_known
    Image.new("L", (300, 200), 7).save(tmp_path / "a.png")
    pictures = PictureSource(tmp_path)
    sized = pictures.sized(read)
    assert (sized.width, sized.height, sized.size_known) == (300, 200, True)
    assert (pictures.gray(sized) == 7).all()
    (tile,) = write_tiles([read], tmp_path / "tiles", pictures, 512)
    assert (tile.width, tile.height) == (512, 512)


def test_mung_keeps_pictures_in_a_folder_of_their_own(tmp_path: Path) -> None:
    Image.new("L", (100, 80), 9).save(tmp_path / "a.png")
    made = page([Symbol(name="beam", box=Box(5, 6, 20, 12))], image=tmp_path / "a.png")
    write_dataset([made], tmp_path / "d", "mung")
    (read,) = open_pages(str(tmp_path / "d"))
    assert (read.width, read.height, read.size_known) == (100, 80, True)
    assert read.image == tmp_path / "d/images/a.png"
    assert (page_image(read) == 9).all()


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    for path in (Path(), tmp_path):
        with pytest.raises(InputError, match="cannot be written"):
            write_whole(path, "x")
        with pytest.raises(InputError, match="cannot be written"), whole_stream(path) as stream:
            stream.write("x")


def test_masks_go_where_a_file_shows_the_page(tmp_path: Path) -> None:
    stem = Symbol(name="stem", box=Box(1, 1, 3, 9), mask=np.ones((8, 2), bool))
    page = Page(name="a.png", width=20, height=20, symbols=[stem], interline=5.0)
    assert learnable(page).symbols[0].mask is not None
    seen = learnable(replace(page, image=tmp_path / "a.png"))
    assert [(s.name, s.mask) for s in seen.symbols] == [("stem", None)]
