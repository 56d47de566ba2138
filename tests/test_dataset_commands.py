"""`omr dataset`: each command from end to end on a miniature dataset made here."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from omr_cli.main import main
from PIL import Image

from deepscores_tools.checking import KINDS
from deepscores_tools.class_maps import VOCABULARIES
from deepscores_tools.formats import FORMATS, coco, deepscores_v2, mung, read_dataset, yolo
from deepscores_tools.symbols import Box, Page, Symbol
from omr.run_folder import note_inputs

SIZE = 200
INK = np.ones((10, 12), dtype=bool)


def symbol(name: str, x: int, y: int, number: int, **further: object) -> Symbol:
    box = Box(x, y, x + 12, y + 10)
    return Symbol(name=name, box=box, id=number, mask=INK, **further)  # type: ignore[arg-type]


def page(writer: int, piece: int) -> Page:
    return Page(
        name=f"CVC-MUSCIMA_W-{writer:02}_N-{piece:02}_D-ideal.png",
        width=SIZE,
        height=SIZE,
        interline=10.0,
        symbols=[
            symbol("noteheadFull", 20, 30, 1, outlinks=(2,)),
            symbol("stem", 94, 60, 2),
            symbol("stem", 120, 150, 3),
        ],
        attributes={"writer": f"{writer:02}", "piece": f"{piece:02}"},
    )


PAGES = [page(writer, piece) for writer in range(1, 6) for piece in (1, 2)]


def run(*arguments: object, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["dataset", *map(str, arguments)])
    assert result.exit_code == status, result.output
    if status != 1:
        assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def muscima(tmp_path: Path) -> Path:
    mung.write(PAGES, tmp_path / "muscima")
    return tmp_path / "muscima"


@pytest.fixture
def pictured(tmp_path: Path) -> Path:
    """Two pages in COCO with pictures."""
    pictures = []
    for number, made in enumerate(PAGES[:2]):
        file = tmp_path / f"{number}.png"
        gray = np.full((SIZE, SIZE), 255, np.uint8)
        for s in made.symbols:
            gray[int(s.box.y0) : int(s.box.y1), int(s.box.x0) : int(s.box.x1)] = 0
        Image.fromarray(gray).save(file)
        pictures.append(
            Page(name=file.name, width=SIZE, height=SIZE, symbols=made.symbols, image=file,
                 interline=10.0)
        )  # fmt: skip
    coco.write(pictures, tmp_path / "pictured")
    return tmp_path / "pictured"


@pytest.fixture
def detections(tmp_path: Path) -> Path:
    """What `omr detect` writes, and beside it the folder it was given."""
    folder = tmp_path / "scans"
    folder.mkdir()
    gray = np.full((SIZE, SIZE), 255, np.uint8)
    gray[50:60, 50:62] = 0
    Image.fromarray(gray).save(folder / "scan.png")
    found = Symbol(name="stem", box=Box(49.5, 49.5, 62.5, 60.5), score=0.9)
    made = Page(name="scan.png", width=SIZE, height=SIZE, symbols=[found], interline=20.0)
    coco.write([made], tmp_path / "found/detections.json")
    return tmp_path / "found"


def test_info_counts_as_text_and_json(muscima: Path) -> None:
    said = json.loads(run("info", muscima, "--json").stdout)
    assert (said["format"], said["pages"], said["symbols"]) == ("mung", 10, 30)
    assert said["classes"] == {"stem": 20, "noteheadFull": 10}
    assert (said["masks"], said["links"], said["images"]) == (30, 10, 0)
    text = run("info", f"{muscima}#writer=01").output
    assert "4  stem" in text


def test_info_refuses_what_is_no_dataset(tmp_path: Path) -> None:
    result = run("info", tmp_path / "nothing", status=2)
    assert result.output.startswith("Error: ")
    assert len(result.output.splitlines()) == 1


def test_check_finds_nothing_in_a_good_dataset(muscima: Path, pictured: Path) -> None:
    assert "no defect" in run("check", muscima).output
    assert "no defect" in run("check", pictured).output


def test_check_names_file_and_line_of_each_defect(muscima: Path) -> None:
    file = muscima / "CVC-MUSCIMA_W-01_N-01_D-ideal.xml"
    text = file.read_text().replace("<Width>12", "<Width>0", 1)
    file.write_text(text.replace("<Left>94<", "<Left>-4<"))
    linked = muscima / "CVC-MUSCIMA_W-02_N-01_D-ideal.xml"
    linked.write_text(linked.read_text().replace("<Outlinks>2<", "<Outlinks>77<"))
    output = run("check", muscima, status=1).output
    assert f"{file}, node 1, line 3: empty box: " in output
    assert f"{linked}, line 3, node 1: dangling link: noteheadFull is linked with 77" in output
    assert "node 2: outside the page: stem" in output
    assert "10 pages, 29 symbols" in output
    output = run("check", muscima, "--vocabulary", "printed", status=1).output
    assert "unknown class: noteheadFull, of 9 symbols" in output


def test_a_choice_that_fits_no_page_passes_no_check(muscima: Path) -> None:
    for command in ("check", "info"):
        assert "no page fits" in run(command, f"{muscima}#writer=99", status=2).output


def test_check_of_something_unreadable_is_status_2(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<Nodes><Node>")
    assert "not well-formed" in run("check", tmp_path, status=2).output


def test_convert_keeps_masks_and_counts_lost_classes(
    muscima: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert "10 pages, 30 symbols" in run("convert", muscima, tmp_path / "c", "--to", "coco").output
    read = list(read_dataset(tmp_path / "c"))
    assert all((s.mask == INK).all() for p in read for s in p.symbols if s.mask is not None)
    (tmp_path / "map.csv").write_text("source,target\nstem,stem\n")
    mapping = ("--classes", tmp_path / "map.csv")
    run("convert", muscima, tmp_path / "s.json", "--to", "coco", *mapping)
    assert "noteheadFull (10)" in caplog.text
    assert sum(len(p.symbols) for p in read_dataset(tmp_path / "s.json")) == 20
    refused = run("convert", muscima, tmp_path / "r", "--to", "voc", *mapping, "--unmapped",
                  "refuse", status=2)  # fmt: skip
    assert "noteheadFull" in refused.output
    assert not (tmp_path / "r").exists()
    assert not list(tmp_path.glob(".*"))


def test_convert_takes_vocabularies_by_name(muscima: Path, tmp_path: Path) -> None:
    run("convert", muscima, tmp_path / "y", "--to", "yolo", "--classes", "muscima-2.0:muscima-2.1")
    assert {s.name for p in read_dataset(tmp_path / "y") for s in p.symbols} >= {"stem"}
    run("convert", muscima, tmp_path / "z", "--to", "coco", "--classes", "nonsense", status=2)


def test_convert_replaces_nothing(muscima: Path, pictured: Path) -> None:
    run("convert", muscima, muscima, "--to", "coco", status=2)
    run("convert", muscima, pictured, "--to", "coco", status=2)
    assert (pictured / "annotations.json").is_file()


def test_convert_replaces_no_file_of_its_dataset(tmp_path: Path) -> None:
    deepscores_v2.write(PAGES[:1], tmp_path / "v2")
    file = tmp_path / "v2/annotations.json"
    before = file.read_bytes()
    assert "would replace" in run("convert", file.parent, file, "--to", "coco", status=2).output
    assert file.read_bytes() == before


def test_convert_takes_the_pictures_of_a_run_along(detections: Path, tmp_path: Path) -> None:
    note_inputs(detections, [tmp_path / "scans"])
    for name, form, held in (("m", "mung", True), ("c.v2", "coco", True), ("c", "csv", False)):
        run("convert", detections, tmp_path / name, "--to", form)
        assert (tmp_path / name / "images/scan.png").is_file() == held


def test_coco_to_coco_keeps_category_ids(tmp_path: Path) -> None:
    rows = {"images": [], "annotations": [], "categories": [{"id": 7, "name": "stem"}]}
    (tmp_path / "a.json").write_text(json.dumps(rows))
    run("convert", tmp_path / "a.json", tmp_path / "b.json", "--to", "coco")
    assert json.loads((tmp_path / "b.json").read_text())["categories"] == rows["categories"]


@pytest.mark.parametrize(("by", "other"), [("writer", "works"), ("work", "writers")])
def test_split_never_divides_its_unit(muscima: Path, tmp_path: Path, by: str, other: str) -> None:
    fractions = ("--test", 0.4) if by == "work" else ("--test", 0.2, "--val", 0.2)
    result = run("split", muscima, "-o", tmp_path / "s", "--by", by, *fractions)
    assert f" {other}: " in result.output
    assert "in both train and test" in result.output
    sets: dict[str, set[str]] = {}
    for row in csv.DictReader((tmp_path / "s/split.csv").read_text().splitlines()):
        sets.setdefault(row[by], set()).add(row["set"])
    assert all(len(found) == 1 for found in sets.values())
    pages = [p for name in ("train", "val", "test") if (tmp_path / "s" / name).is_dir()
             for p in read_dataset(tmp_path / "s" / name)]  # fmt: skip
    assert sorted(p.key for p in pages) == sorted(p.key for p in PAGES)
    run("split", muscima, "-o", tmp_path / "again", "--by", by, *fractions, "--list")
    same = (tmp_path / "again/split.csv").read_text()
    assert same == (tmp_path / "s/split.csv").read_text()


def test_split_by_what_is_not_known(pictured: Path, tmp_path: Path) -> None:
    output = run("split", pictured, "-o", tmp_path / "s", "--by", "writer", status=2).output
    assert "writer is not known" in output


def test_tile_writes_a_dataset_that_is_in_order(pictured: Path, tmp_path: Path) -> None:
    run("tile", pictured, "-o", tmp_path / "t", "--size", 100, "--overlap", 20)
    assert "no defect" in run("check", tmp_path / "t").output.replace("duplicate", "")
    tiles = list(read_dataset(tmp_path / "t"))
    assert len(tiles) == 2 * 9
    truncated = [s for t in tiles for s in t.symbols if s.attributes.get("truncated")]
    assert {s.name for s in truncated} == {"stem"}
    assert Image.open(tiles[0].image or "").size == (100, 100)
    for name in ("r", "again"):
        run("tile", pictured, "-o", tmp_path / name, "--size", 64, "--random", 3, "--overlap", 0)
    one, other = ((tmp_path / n / "annotations.json").read_bytes() for n in ("r", "again"))
    assert one == other


def test_patches_are_of_one_size_and_at_most_so_many(muscima: Path, tmp_path: Path) -> None:
    result = run("patches", muscima, "-o", tmp_path / "p", "--most", 4, "--interline", 20)
    assert "8 patches of 2 classes" in result.output
    assert (tmp_path / "p/class_names.csv").read_text() == "1,noteheadFull\n2,stem\n"
    files = sorted((tmp_path / "p").glob("*/*.png"))
    assert {Image.open(file).size for file in files} == {(45, 170)}
    assert all(np.asarray(Image.open(file))[85, 22] == 0 for file in files)
    run("patches", muscima, "-o", tmp_path / "q", "--most", 4, "--interline", 20)
    assert [f.name for f in files] == [f.name for f in sorted((tmp_path / "q").glob("*/*.png"))]


def test_two_pages_with_one_key_are_refused(tmp_path: Path) -> None:
    images = [{"id": n, "file_name": name, "width": SIZE, "height": SIZE}
              for n, name in enumerate(("a.png", "a.jpg"))]  # fmt: skip
    rows = [{"id": n, "image_id": 1, "category_id": 1, "bbox": [9 * n, 1, 4, 4]} for n in (1, 2)]
    data = {"images": images, "annotations": rows, "categories": [{"id": 1, "name": "stem"}]}
    (tmp_path / "a.json").write_text(json.dumps(data))
    for image in images:
        Image.new("L", (SIZE, SIZE)).save(tmp_path / str(image["file_name"]))
    for command in ("pages", "patches"):
        output = run(command, tmp_path / "a.json", "-o", tmp_path / command, status=2).output
        assert "a.png and a.jpg have the same page key" in output
    assert not (tmp_path / "patches").exists()


def test_classes_are_called_as_they_are_beside_the_patches(tmp_path: Path) -> None:
    coco.write([Page(name="a.png", width=SIZE, height=SIZE, symbols=[symbol("f/p", 20, 30, 1)])],
               tmp_path / "a.json")  # fmt: skip
    run("patches", tmp_path / "a.json", "-o", tmp_path / "p", "--interline", 20)
    assert (tmp_path / "p/class_names.csv").read_text() == "1,f/p\n"
    assert (tmp_path / "p/f_p/a_00000.png").is_file()


def test_masks_of_classes_and_of_symbols(muscima: Path, tmp_path: Path) -> None:
    spec = f"{muscima}#writer=01&piece=02"
    run("masks", spec, "-o", tmp_path / "m")
    (file,) = (tmp_path / "m/masks").iterdir()
    image = np.asarray(Image.open(file))
    assert image.dtype == np.uint8
    assert (image == 1).sum() == 120  # noteheadFull, the first by name
    assert (image == 2).sum() == 240
    run("masks", spec, "-o", tmp_path / "i", "--instances", "--without", "noteheadFull")
    (file,) = (tmp_path / "i/instances").iterdir()
    assert np.unique(np.asarray(Image.open(file))).tolist() == [0, 1, 2]
    assert (tmp_path / "i/instances.csv").read_text().count("stem") == 2


def test_masks_of_a_class_with_another_spelling(tmp_path: Path) -> None:
    lines = [symbol(name, x, 30, x) for name, x in (("ledgerLine", 20), ("legerLine", 60))]
    coco.write([Page(name="a.png", width=SIZE, height=SIZE, symbols=lines)], tmp_path / "a.json")
    run("masks", tmp_path / "a.json", "-o", tmp_path / "m", "--classes", "deepscores-v2")
    image = np.asarray(Image.open(tmp_path / "m/masks/a.png"))
    assert (image == VOCABULARIES["deepscores-v2"].by_name["legerLine"].color).sum() == 240


def test_stats_are_the_thesis_s_table_and_figures(pictured: Path, tmp_path: Path) -> None:
    output = run("stats", pictured, "-o", tmp_path / "s").output
    assert "Symbols per sheet" in output
    said = json.loads((tmp_path / "s/statistics.json").read_text())
    assert said["symbols_per_page"] == {"mean": 3, "std": 0, "max": 3, "min": 3, "median": 3}
    assert said["symbols_per_class"]["max"] == 4
    names = {f.name for f in (tmp_path / "s").glob("*.png")}
    assert names == {"class_frequencies.png", "objects_per_page.png", "sizes.png", "examples.png"}
    assert json.loads(run("stats", pictured, "--json").stdout) == said


def test_stats_draw_classes_as_they_are_called(pictured: Path, tmp_path: Path) -> None:
    file = pictured / "annotations.json"
    file.write_text(file.read_text().replace("noteheadFull", r"$\\no$"))
    run("stats", pictured, "-o", tmp_path / "s")
    assert (tmp_path / "s/class_frequencies.png").is_file()


def test_detections_are_a_dataset_for_every_command(detections: Path, tmp_path: Path) -> None:
    images = ("--images", tmp_path / "scans")
    assert json.loads(run("info", detections, "--json").stdout)["scores"] == 1
    assert "no page has an image" in run("check", detections).output
    run("convert", detections, tmp_path / "1", "--to", "mung")
    refused = run("tile", detections, "-o", tmp_path / "2", status=2)
    assert "--images" in refused.output
    run("tile", detections, "-o", tmp_path / "2", *images)
    run("patches", detections, "-o", tmp_path / "3", *images)
    run("masks", detections, "-o", tmp_path / "4", *images)
    run("masks", detections, "-o", tmp_path / "5")
    ink, box = (np.asarray(Image.open(tmp_path / n / "masks/scan.png")).sum() for n in "45")
    assert (ink, box) == (120, 14 * 12)
    assert "no example" in run("stats", detections, "-o", tmp_path / "6").output
    run("stats", detections, "-o", tmp_path / "7", *images)
    assert (tmp_path / "7/examples.png").is_file()


def test_the_documentation_has_every_command() -> None:
    from omr_cli.dataset import dataset

    text = (Path(__file__).parent.parent / "docs/dataset.md").read_text(encoding="utf-8")
    shown = {line.split()[2] for line in text.splitlines() if line.startswith("omr dataset ")}
    assert shown == set(dataset.commands)
    for name in FORMATS:
        assert f"| `{name}` |" in text
    for kind in KINDS:
        assert f"| `{kind}` |" in text
    for name in VOCABULARIES:
        assert f"`{name}`" in text
    writable = [p for p in dataset.commands["convert"].params if p.name == "format_name"]
    read_only = {"cropobject", "lilypond"}
    assert set(writable[0].type.to_info_dict()["choices"]) == set(FORMATS) - read_only


def test_split_gives_all_sets_one_list_of_classes(tmp_path: Path) -> None:
    made = [
        Page(name=f"{n}.png", width=SIZE, height=SIZE, symbols=[symbol(name, 20, 30, 1)])
        for n, name in enumerate(["stem", "beam", "clefG", "flag8thUp"])
    ]
    yolo.write(made, tmp_path / "all", ["never met"])
    run("split", tmp_path / "all", "-o", tmp_path / "sets", "--by", "page", "--to", "yolo",
        "--test", 0.5)  # fmt: skip
    lists = [yolo.class_names(tmp_path / "sets" / name) for name in ("train", "test")]
    assert lists[0] == lists[1] == ["never met", "stem", "beam", "clefG", "flag8thUp"]


def test_split_takes_pictures_from_where_a_run_found_them(pictured: Path, tmp_path: Path) -> None:
    detected = tmp_path / "detected"
    detected.mkdir()
    file = detected / "detections.json"
    file.write_bytes((pictured / "annotations.json").read_bytes())
    note_inputs(detected, [pictured / "images"])
    run("split", detected, "-o", tmp_path / "sets", "--by", "page", "--test", 0.5)
    assert len(list((tmp_path / "sets").glob("*/images/*.png"))) == 2


def test_a_file_that_is_there_stays(muscima: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.JSON").write_text("1")
    result = run("convert", muscima, tmp_path / "precious.JSON", "--to", "coco", status=2)
    assert "is there already" in result.output
    assert (tmp_path / "precious.JSON").read_text() == "1"


def test_a_picture_of_another_size_is_a_defect_and_is_not_converted(
    pictured: Path, tmp_path: Path
) -> None:
    Image.new("L", (2 * SIZE, SIZE), 255).save(pictured / "images" / "0.png")
    torn = pictured / "images" / "1.png"
    torn.write_bytes(torn.read_bytes()[:60])
    result = run("check", pictured, status=1)
    assert "0.png: image: is 400 x 200 pixels, its page 200 x 200" in result.output
    assert "1.png: image: is damaged" in result.output
    result = run("convert", pictured, tmp_path / "out", "--to", "yolo", status=2)
    assert "is 400 x 200 pixels" in result.output
    assert not (tmp_path / "out").exists()


def test_names_that_no_file_can_have_are_refused_in_one_line(tmp_path: Path) -> None:
    result = run("info", "a" * 300, status=2)
    assert "File name too long" in result.output


def test_classes_that_are_not_there_are_named(pictured: Path, tmp_path: Path) -> None:
    result = run("masks", pictured, "-o", tmp_path / "m", "--without", "stemm")
    assert "there is no stemm" in result.output
    result = run("tile", pictured, "-o", tmp_path / "t", "--around", "stem", "--around", "stemm",
                 "--size", 64)  # fmt: skip
    assert "there is no stemm" in result.output


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_numbers_are_numbers(muscima: Path, tmp_path: Path, number: str) -> None:
    run("split", muscima, "-o", tmp_path / "o", "--by", "page", "--test", number, status=2)
    run("patches", muscima, "-o", tmp_path / "o", "--interline", number, status=2)
