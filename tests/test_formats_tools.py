"""Label Studio and Parquet, and our files in the hands of the tools they are for."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from lxml import etree
from omr_cli.main import main
from pages import pages
from PIL import Image

from deepscores_tools.errors import InputError
from deepscores_tools.formats import FORMATS, coco, format_of, labelstudio, mung, read_dataset
from deepscores_tools.symbols import Box, Page, Symbol

STEM = Symbol(name="stem", box=Box(3, 4, 5, 9))
HEAD = Symbol(name="noteheadBlack", box=Box(10.5, 4.25, 20, 9), score=0.75)


def one_page(*symbols: Symbol, name: str = "a.png", image: Path | None = None) -> Page:
    return Page(name=name, width=40, height=30, symbols=symbols, image=image, interline=8.5)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "p.png"
    Image.fromarray(np.full((30, 40), 200, dtype=np.uint8)).save(file)
    return file


def facts(page: Page) -> tuple[object, ...]:
    return (page.name, page.width, page.height, page.interline, page.dpi, page.source,
            page.source_page, page.document, page.licence)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(made=pages(max_pages=3, masks=False))
def test_parquet_round_trip_keeps_all_but_masks(made: list[Page]) -> None:
    parquet = pytest.importorskip("deepscores_tools.formats.parquet")
    pytest.importorskip("pyarrow")
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        parquet.write(made, out)
        back = list(parquet.read(out))
        assert format_of(out) == "parquet"
    assert [facts(p) for p in back] == [facts(p) for p in made]
    for one, other in zip(made, back, strict=True):
        assert other.attributes == one.attributes
        for mine, theirs in zip(one.symbols, other.symbols, strict=True):
            for field in Symbol.__dataclass_fields__:
                assert getattr(theirs, field) == getattr(mine, field), field


@settings(max_examples=25, deadline=None)
@given(made=pages(max_pages=3, masks=False))
def test_label_studio_round_trip_keeps_boxes_classes_and_scores(made: list[Page]) -> None:
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        labelstudio.write(made, out)
        back = list(labelstudio.read(out))
    assert [facts(p) for p in back] == [facts(p) for p in made]
    for one, other in zip(made, back, strict=True):
        for mine, theirs in zip(one.symbols, other.symbols, strict=True):
            assert (theirs.name, theirs.score) == (mine.name, mine.score)
            assert theirs.box == pytest.approx(mine.box, abs=1e-9)
            if all(float(v).is_integer() for v in mine.box):
                assert theirs.box == mine.box


def test_label_studio_gets_percent_a_url_and_an_interface(tmp_path: Path, picture: Path) -> None:
    out = tmp_path / "out"
    labelstudio.write([one_page(HEAD, name="b 1/a.pdf", image=picture)], out, ["beam"])
    (task,) = json.loads((out / "tasks.json").read_text())
    assert task["data"]["image"] == "/data/local-files/?d=images/b%201/a.png"
    assert (out / "images/b 1/a.png").is_file()
    (prediction,) = task["predictions"]
    (region,) = prediction["result"]
    assert region["type"] == "rectanglelabels"
    assert (region["original_width"], region["original_height"]) == (40, 30)
    assert region["value"] == {
        "x": 26.25, "y": pytest.approx(425 / 30), "width": 23.75,
        "height": pytest.approx(475 / 30), "rotation": 0, "rectanglelabels": ["noteheadBlack"],
    }  # fmt: skip
    assert region["score"] == 0.75
    view = etree.fromstring((out / "labels.xml").read_text())
    assert [label.get("value") for label in view.iter("Label")] == ["beam", "noteheadBlack"]
    names = (region["from_name"], region["to_name"])
    assert names == (view.find("RectangleLabels").get("name"), view.find("Image").get("name"))
    (back,) = read_dataset(out)
    assert (back.name, back.image) == ("b 1/a.png", out / "images/b 1/a.png")


def test_an_interface_of_label_studio_is_xml_whatever_a_class_is_called() -> None:
    (label,) = etree.fromstring(labelstudio.labelling_interface(["a\x01b"])).iter("Label")
    assert label.get("value") == "a\ufffdb"


def test_what_people_corrected_in_label_studio_is_truth(tmp_path: Path) -> None:
    """As its export has it: uploaded picture, cancelled and submitted annotations."""

    def result(label: str, **more: object) -> dict[str, object]:
        value = {"x": 25.0, "y": 10.0, "width": 50.0, "height": 20.0, "rotation": 0}
        return {"original_width": 40, "original_height": 30, "image_rotation": 0,
                "value": value | {"rectanglelabels": [label]}, "id": "x_y", "from_name": "label",
                "to_name": "image", "type": "rectanglelabels", **more}  # fmt: skip

    task = {
        "id": 7,
        "annotations": [
            {"id": 1, "was_cancelled": False, "result": [result("stem", score=0.4)]},
            {"id": 2, "was_cancelled": True, "result": []},
        ],
        "predictions": [{"result": [result("beam", score=0.9)]}],
        "data": {"image": "/data/upload/1/0a1b2c3d-page.png"},
    }
    file = tmp_path / "export.json"
    file.write_text(json.dumps([task]))
    assert format_of(file) == "labelstudio"
    (page,) = read_dataset(file)
    assert (page.name, page.width, page.height) == ("page.png", 40, 30)
    assert [(s.name, s.box, s.score) for s in page.symbols] == [("stem", Box(10, 3, 30, 9), None)]
    del task["annotations"]
    file.write_text(json.dumps([task]))
    assert [(s.name, s.score) for s in next(read_dataset(file)).symbols] == [("beam", 0.9)]


@pytest.mark.parametrize(
    "change",
    [
        ('"rotation": 0', '"rotation": 30'),
        ('"rectanglelabels": ["stem"]', '"brushlabels": ["stem"]'),
        ('"width": 5.0', '"width": -5.0'),
        ('"x": 7.5', '"x": 1e300'),
        ('"x": 7.5', '"x": null'),
        ('"page": "a.png"', '"page": "../a.png"'),
        ('"original_width": 40', '"original_width": -3'),
        ('"interline": 8.5', '"interline": -8.5'),
        ('"data"', '"date"'),
        ("[", ""),
    ],
)
def test_broken_tasks_are_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    labelstudio.write([one_page(STEM)], tmp_path)
    text = (tmp_path / "tasks.json").read_text()
    assert change[0] in text
    (tmp_path / "tasks.json").write_text(text.replace(*change, 1))
    with pytest.raises(InputError):
        list(labelstudio.read(tmp_path))


@pytest.mark.parametrize("target", ["labelstudio", "parquet"])
@pytest.mark.parametrize("symbol", [STEM, HEAD], ids=["truth", "detections"])
def test_the_command_converts_there_and_back(
    tmp_path: Path, picture: Path, target: str, symbol: Symbol
) -> None:
    if target == "parquet":
        pytest.importorskip("pyarrow")
    coco.write([one_page(symbol, image=picture)], tmp_path / "in")
    for source, out, name in (("in", "there", target), ("there", "back", "coco")):
        arguments = ["dataset", "convert", str(tmp_path / source), str(tmp_path / out)]
        result = CliRunner().invoke(main, [*arguments, "--to", name])
        assert result.exit_code == 0, result.output
    (page,) = coco.read(tmp_path / "back")
    assert page.image == tmp_path / "back/images/a.png"
    assert [(s.name, s.score) for s in page.symbols] == [(symbol.name, symbol.score)]
    assert page.symbols[0].box == pytest.approx(symbol.box)
    result = CliRunner().invoke(main, ["dataset", "check", str(tmp_path / "there")])
    assert result.exit_code == 0, result.output


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    file = tmp_path / "a.parquet"
    file.write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="cannot be read"):
        list(read_dataset(file))
    pq.write_table(pa.table({"page": ["a.png"]}), file)
    with pytest.raises(InputError, match="has no column width"):
        list(read_dataset(file))


def test_what_no_column_holds_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from deepscores_tools.formats import parquet

    for page in (one_page(replace(STEM, id=10**30)), replace(one_page(), width=10**10)):
        with pytest.raises(InputError, match="cannot hold a value"):
            parquet.write([page], tmp_path / "a.parquet")
    assert not list(tmp_path.iterdir())


def test_masks_are_named_as_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("pyarrow")
    from deepscores_tools.formats import parquet

    masked = Symbol(name="stem", box=Box(0, 0, 2, 2), mask=np.ones((2, 2), dtype=bool))
    with caplog.at_level(logging.WARNING):
        parquet.write([one_page(masked)], tmp_path / "a.parquet")
        labelstudio.write([one_page(masked)], tmp_path / "a.json")
    assert [m.partition(" cannot hold: ")[2] for m in caplog.messages] == ["masks (1)"] * 2


def test_pandas_reads_detections(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    pandas = pytest.importorskip("pandas")
    from deepscores_tools.formats import parquet

    parquet.write([one_page(HEAD), one_page(name="empty.png")], tmp_path / "found.parquet")
    table = pandas.read_parquet(tmp_path / "found.parquet")
    assert list(table["page"]) == ["a.png", "empty.png"]
    found = table.dropna(subset="class").iloc[0]
    assert (found["class"], found["x0"], found["y1"], found["score"]) == (
        "noteheadBlack", 10.5, 9.0, 0.75
    )  # fmt: skip


def test_mung_reads_our_mung(tmp_path: Path) -> None:
    reader = pytest.importorskip("mung.io")
    links = Symbol(name="beam", box=Box(1, 2, 9, 4), id=1, outlinks=(0,), mask=None)
    stem = Symbol(name="stem", box=Box(3, 4, 5, 9), id=0, mask=np.ones((5, 2), dtype=bool))
    mung.write([one_page(stem, links)], tmp_path)
    (file,) = tmp_path.rglob("*.xml")
    nodes = reader.read_nodes_from_file(str(file))
    assert [(n.class_name, n.bounding_box) for n in nodes] == [
        ("stem", (4, 3, 9, 5)), ("beam", (2, 1, 4, 9))
    ]  # fmt: skip
    assert nodes[0].mask.all()
    assert nodes[1].outlinks == [0]


def test_pycocotools_reads_our_coco_and_its_detections(tmp_path: Path) -> None:
    from pycocotools.coco import COCO

    coco.write([one_page(STEM)], tmp_path / "truth.json", ["stem", "noteheadBlack"])
    truth = COCO(str(tmp_path / "truth.json"))
    (found,) = truth.loadAnns(truth.getAnnIds())
    assert found["bbox"] == [3, 4, 2, 5]
    coco.write([one_page(HEAD)], tmp_path / "found.json", ["stem", "noteheadBlack"])
    rows = json.loads((tmp_path / "found.json").read_text())["annotations"]
    assert len(truth.loadRes(rows).getAnnIds()) == 1


def test_fiftyone_reads_our_coco(tmp_path: Path, picture: Path) -> None:
    fiftyone = pytest.importorskip("fiftyone.utils.coco")
    coco.write([one_page(HEAD, image=picture)], tmp_path / "coco")
    importer = fiftyone.COCODetectionDatasetImporter(  # the dataset itself would need a MongoDB
        data_path=str(tmp_path / "coco/images"), extra_attrs=True,
        labels_path=str(tmp_path / "coco/annotations.json"),
    )  # fmt: skip
    with importer:
        ((_, size, labels),) = list(importer)
    assert (size.width, size.height) == (40, 30)
    (found,) = labels["detections"].detections
    assert (found.label, found.confidence) == ("noteheadBlack", 0.75)
    assert found.bounding_box == pytest.approx([10.5 / 40, 4.25 / 30, 9.5 / 40, 4.75 / 30])


def test_supervision_reads_our_coco_and_yolo(tmp_path: Path, picture: Path) -> None:
    sv = pytest.importorskip("supervision")
    from deepscores_tools.formats import yolo

    page = one_page(STEM, image=picture)
    coco.write([page], tmp_path / "coco")
    yolo.write([page], tmp_path / "yolo")
    ours = sv.DetectionDataset.from_coco(
        images_directory_path=str(tmp_path / "coco/images"),
        annotations_path=str(tmp_path / "coco/annotations.json"),
    )
    theirs = sv.DetectionDataset.from_yolo(
        images_directory_path=str(tmp_path / "yolo/images"),
        annotations_directory_path=str(tmp_path / "yolo/labels"),
        data_yaml_path=str(tmp_path / "yolo/data.yaml"),
    )
    for dataset in (ours, theirs):
        assert dataset.classes == ["stem"]
        ((_, image, found),) = list(dataset)
        assert image.shape[:2] == (30, 40)
        assert found.xyxy == pytest.approx(np.array([[3, 4, 5, 9]]), abs=1e-3)


def test_folders_of_several_files_are_read_whole(tmp_path: Path) -> None:
    for format_name, suffix in (("parquet", ".parquet"), ("labelstudio", ".json")):
        folder = tmp_path / format_name
        folder.mkdir()
        for name in "ab":
            file = folder / f"{name}{suffix}"
            FORMATS[format_name].write([one_page(STEM, name=f"{name}.png")], file)
        assert [page.name for page in read_dataset(folder)] == ["a.png", "b.png"]


def test_relations_between_regions_are_named_as_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    labelstudio.write([one_page(STEM)], tmp_path / "a.json")
    tasks = json.loads((tmp_path / "a.json").read_bytes())
    relation = {"type": "relation", "from_id": "s0", "to_id": "s0", "direction": "right"}
    tasks[0]["annotations"][0]["result"].append(relation)
    (tmp_path / "a.json").write_text(json.dumps(tasks))
    (page,) = labelstudio.read(tmp_path / "a.json")
    assert [s.name for s in page.symbols] == ["stem"]
    assert "1 relations" in caplog.text
