"""Files made to harm: each is refused in one line, and nothing appears outside OUT."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from fuzz_formats import CROPOBJECT, a_page
from omr_cli.main import main
from PIL import Image

from deepscores_tools.errors import reason
from deepscores_tools.formats import FORMATS

LAUGHS = "<!DOCTYPE {0} [<!ENTITY a '{1}'>" + "".join(
    f"<!ENTITY {name} '{f'&{last};' * 10}'>"
    for last, name in zip("abcdefghi", "bcdefghij", strict=True)
) + "]>"  # fmt: skip
EXTERNAL = "<!DOCTYPE {0} [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
OUTSIDE = "<!DOCTYPE {0} SYSTEM 'http://localhost:9/a.dtd'>"
CLIMBING = ("../../x", "/tmp/x", "a/../../x", "..\\\\..\\\\x", "C:/x")

Change = Callable[[str], str]


def put(pattern: str, new: str) -> Change:
    """Replace the first place that fits."""

    def change(text: str) -> str:
        changed, count = re.subn(pattern, lambda _: new, text, count=1)
        assert count, pattern
        return changed

    return change


def headed(doctype: str, root: str, name: str) -> Change:
    """With a DOCTYPE, and its entity j, or else a, at the end of a class name."""
    entity = "&j;" if "ENTITY j" in doctype else "&a;" if "ENTITY a" in doctype else ""
    head = doctype.format(root, "ha")

    def change(text: str) -> str:
        body = text[text.index(f"<{root}") :]
        return head + put(f"stem</{name}>", f"stem{entity}</{name}>")(body)

    return change


def xml_attacks(root: str, name: str) -> dict[str, Change]:
    opening = rf"<{root}[^>]*>"
    return {
        "entity expansion": headed(LAUGHS, root, name),
        "entities in an attribute": lambda text: (
            LAUGHS.format(root, "ha")
            + put(f"<{root}", f'<{root} x="&j;"')(text[text.index(f"<{root}") :])
        ),
        "external entity": headed(EXTERNAL, root, name),
        "external DTD": headed(OUTSIDE, root, name),
        "deep nesting": put(opening, f"<{root}>" + "<x>" * 100_000),
    }


MUNG = {
    **xml_attacks("Nodes", "ClassName"),
    "negative size": put("<Width>4", "<Width>-4"),
    "huge size": put("<Width>4", "<Width>4000000000"),
    "huge box with a mask": put("<Width>4", "<Width>900000"),
    "runs that overflow": put("<Mask>[^<]*", f"<Mask>0:{2**63 - 1} 1:{2**63 - 1} 0:18"),
    "not a number": put("<Left>1", "<Left>NaN"),
}
JSON = {
    "negative size": put('"width": 20', '"width": -20'),
    "huge size": put('"width": 20', '"width": 1' + "0" * 30),
    "not a number": put(r'_?bbox": \[1(\.0)?', 'bbox": [NaN'),
    "infinite": put(r'_?bbox": \[1(\.0)?', 'bbox": [Infinity'),
    "deep nesting": put('"images": ', '"x": ' + "[" * 100_000 + ', "images": '),
}
VOC = {
    **xml_attacks("annotation", "name"),
    "negative size": put("<width>20", "<width>-20"),
    "huge size": put("<width>20", "<width>20000000000"),
    "not a number": put("<xmin>[^<]*", "<xmin>NaN"),
    "huge coordinate": put("<xmax>[^<]*", "<xmax>1e300"),
}
V2_BOX = {k: put('"a_bbox": \\[1.0', f'"a_bbox": [{v}')
          for k, v in (("not a number", "NaN"), ("infinite", "Infinity"))}  # fmt: skip
ATTACKS: dict[str, tuple[str, dict[str, Change]]] = {
    "mung": ("*.xml", MUNG),
    "cropobject": ("*.xml", {
        **xml_attacks("CropObjectList", "MLClassName"),
        "negative size": put("<Width>3", "<Width>-3"),
        "huge size": put("<Width>3", "<Width>3000000000"),
        "runs that overflow": put("<Mask>[^<]*", f"<Mask>0:{2**63 - 1} 1:{2**63 - 1} 0:8"),
        "not a number": put("<Left>2", "<Left>NaN"),
    }),
    "coco": ("annotations.json", {
        **JSON,
        "runs that overflow": put(r'"counts": "[^"]*"', f'"counts": [{2**63}, {2**63}, 200]'),
        "runs beyond the page": put(r'"counts": "[^"]*"', '"counts": [100, 99999999999, 200]'),
        "runs as text": put(r'"counts": "[^"]*"', '"counts": "oooooooooooo1"'),
        **{f"climbs: {n}": put("book/p0.png", n) for n in CLIMBING},
    }),
    "deepscores-v2": ("annotations.json", {
        **JSON, **V2_BOX, **{f"climbs: {n}": put("book/p0.png", n) for n in CLIMBING},
    }),
    "deepscores-v1": ("xml_annotations/*.xml", {
        **VOC, **{f"climbs: {n}": put("book/p0.svg", f"{n}.svg") for n in CLIMBING},
    }),
    "voc": ("Annotations/*.xml", {
        **VOC, **{f"climbs: {n}": put("book/p0.png", n) for n in CLIMBING},
    }),
    "yolo": ("data.yaml", {
        **{f"climbs: {n}": put("train: .*", f"train: {n}") for n in CLIMBING},
        "deep nesting": put("^", "x: " + "[" * 100_000 + "\n"),
        "aliases": put("^", "x: &a [1, 1]\ny: &b [*a, *a]\nz: [*b, *b]\n"),
    }),
    "csv": ("*p0.csv", {
        **{f"climbs: {n}": put("book/p0.png", n.replace("\\\\", "\\")) for n in CLIMBING},
        "not a number": put(",2,1,", ",NaN,1,"),
        "infinite": put(",2,1,", ",2,-inf,"),
        "huge": put(",2,1,", ",2,-1e300,"),
    }),
}  # fmt: skip
CASES = [(name, attack) for name, (_, attacks) in ATTACKS.items() for attack in attacks]


def refused(data: Path, tmp_path: Path) -> str:
    """The one line that converting a dataset is refused in."""
    before = sorted(tmp_path.rglob("*"))
    command = ["dataset", "convert", str(data), str(tmp_path / "deep/down/out"), "--to", "yolo"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2, (result.output, result.exception)
    assert sorted(p for p in tmp_path.rglob("*") if p.name not in ("deep", "down")) == before
    last = result.output.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert "root:" not in result.output  # of /etc/passwd
    return last


def dataset(name: str, tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    if name == "cropobject":
        (data / "a.xml").write_text(CROPOBJECT)
    else:
        picture = tmp_path / "p.png"
        Image.new("L", (20, 10), 255).save(picture)
        FORMATS[name].write([a_page(0, picture)], data)
    return data


@pytest.mark.parametrize(("name", "attack"), CASES, ids=[f"{n}-{a}" for n, a in CASES])
def test_hostile_files_are_refused(tmp_path: Path, name: str, attack: str) -> None:
    data = dataset(name, tmp_path)
    pattern, attacks = ATTACKS[name]
    (file,) = data.glob(pattern)
    file.write_text(attacks[attack](file.read_text()))
    assert str(data) in refused(data, tmp_path)


@pytest.mark.parametrize("name", CLIMBING)
def test_sizes_of_yolo_do_not_climb_out(tmp_path: Path, name: str) -> None:
    data = dataset("yolo", tmp_path)
    (data / "sizes.csv").write_text(name.replace("\\\\", "\\") + ",20,10\n")
    assert "leads out" in refused(data, tmp_path)


def test_names_that_no_path_is_made_of_do_no_harm(tmp_path: Path) -> None:
    """MuNG's document and VOC's folder."""
    for number, (name, change) in enumerate((
        ("mung", put('document="[^"]*"', 'document="../../x"')),
        ("voc", put("<folder>[^<]*", "<folder>../../x")),
    )):  # fmt: skip
        home = tmp_path / str(number)
        home.mkdir()
        data = dataset(name, home)
        (file,) = data.glob(ATTACKS[name][0])
        file.write_text(change(file.read_text()))
        for target in ("coco", "mung", "csv", "voc"):
            out = home / f"out-{target}"
            run = ["dataset", "convert", str(data), str(out), "--to", target]
            assert CliRunner().invoke(main, run).exit_code == 0
            assert not list(tmp_path.rglob("x*"))


def test_a_huge_page_is_not_painted(tmp_path: Path) -> None:
    data = dataset("coco", tmp_path)
    file = data / "annotations.json"
    file.write_text(put('"width": 20', '"width": 900000')(
        put('"height": 10', '"height": 900000')(
            put('"segmentation": {[^}]*}', '"x": 0')(file.read_text()))))  # fmt: skip
    for picture in (data / "images").rglob("*.png"):
        picture.unlink()
    result = CliRunner().invoke(main, ["dataset", "masks", str(data), "-o", str(tmp_path / "out")])
    assert result.exit_code == 2, result.output
    assert "megapixels" in result.output
    assert not (tmp_path / "out").exists()


def test_a_reason_is_one_line_whatever_the_error() -> None:
    assert reason(OSError("no number")) == "no number"
    assert reason(OSError(28, "No space left on device")) == "No space left on device"
    assert reason(ValueError()) == "ValueError"
    assert reason(ValueError("first\nsecond")) == "first"
    assert len(reason(ValueError("x" * 500))) <= 120
