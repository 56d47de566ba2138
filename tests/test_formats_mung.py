"""MuNG: every variant is read, `mung` agrees on real pages and reads what we write."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from mung.io import read_nodes_from_file
from pages import assert_same_symbol, pages

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.formats import FORMATS, mung, read_selected
from deepscores_tools.formats.mung_mask import decode_mask, encode_mask
from deepscores_tools.symbols import Box, Page, Symbol

ANNOTATIONS = Path(__file__).parents[2] / "shared/data/muscima-pp/v2.0/annotations"
REAL = sorted(ANNOTATIONS.glob("*.xml"))[::40]
NODE = (
    "<Node><Id>3</Id><ClassName>stem</ClassName><Top>10</Top><Left>20</Left><Width>2</Width>"
    "<Height>3</Height><Mask>0:1 1:5</Mask></Node>"
)


def nodes(tmp_path: Path, content: str, head: str = "") -> Path:
    file = tmp_path / "CVC-MUSCIMA_W-07_N-05_D-ideal.xml"
    file.write_text(f'{head}<Nodes dataset="d" document="{file.stem}">{content}</Nodes>')
    return file


def test_a_page_knows_its_writer_and_its_size(tmp_path: Path) -> None:
    (page,) = mung.read(nodes(tmp_path, NODE))
    assert page.name == "CVC-MUSCIMA_W-07_N-05_D-ideal.png"
    assert (page.attributes["writer"], page.attributes["piece"]) == ("07", "05")
    assert (page.width, page.height) == (20 + 22, 10 + 13)  # the margin above is also below
    assert page.symbols[0].box == Box(20, 10, 22, 13)
    image = page_image(page)
    assert image.shape == (23, 42)
    assert (image == 0).sum() == 5
    assert image[10, 20] == 255


@pytest.mark.parametrize(
    ("text", "ink"),
    [("0:1 1:5", 5), ("1:5 0:1", 5), ("0:0 1:6", 6), ("0:1 1:5 ", 5), ("0 0 1 1 1 1", 4),
     ("0.0 1.0 1 1 1 1", 5), ("None", None), ("", None), (None, None), ("0:1 0:1 1:4", 4)],
)  # fmt: skip
def test_masks_in_all_their_forms(text: str | None, ink: int | None) -> None:
    mask = decode_mask(text, 3, 2)
    assert (None if mask is None else int(mask.sum())) == ink


@pytest.mark.parametrize(
    "text",
    ["0:1 1:4", "0:7", "2:6", "0:-1 1:7", "1:9223372036854775807 1:9223372036854775807 0:8",
     "0 1", "0:1 1:x", "0:1 1", "a b c d e f"],
)  # fmt: skip
def test_masks_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"mask|match"):
        decode_mask(text, 3, 2)


def test_a_mask_is_written_as_others_write_it() -> None:
    assert encode_mask(np.array([[0, 1], [1, 0]], dtype=bool)) == "0:1 1:2 0:1"
    assert encode_mask(np.array([[1, 1]], dtype=bool)) == "0:0 1:2"
    assert encode_mask(None) == "None"


def test_data_items_become_attributes_and_the_score(tmp_path: Path) -> None:
    items = (
        '<DataItem key="score" type="float">0.5</DataItem>'
        '<DataItem key="pitch_step" type="str">D</DataItem>'
        '<DataItem key="octave" type="int">4</DataItem>'
        '<DataItem key="precedence_outlinks" type="list[int]">8 17</DataItem>'
    )
    file = nodes(tmp_path, NODE.replace("</Node>", f"<Data>{items}</Data></Node>"))
    (page,) = mung.read(file)
    assert page.symbols[0].score == 0.5
    expected = {"pitch_step": "D", "octave": 4, "precedence_outlinks": "[8, 17]"}
    assert page.symbols[0].attributes == expected
    mung.write([page], tmp_path / "out")
    (node,) = read_nodes_from_file(str(tmp_path / "out" / file.name))
    assert node.data["precedence_outlinks"] == [8, 17]
    assert node.data["score"] == 0.5


def test_pages_of_other_writers_are_not_parsed(tmp_path: Path) -> None:
    nodes(tmp_path, NODE)
    other = tmp_path / "CVC-MUSCIMA_W-08_N-05_D-ideal.xml"
    other.write_text(f'<Nodes dataset="d" document="{other.stem}"><Node>broken')
    for spec in ("#writer=07", "#writer!=08", "#dataset=d&writer!=08"):
        (page,) = read_selected(f"{tmp_path}{spec}")
        assert page.attributes["writer"] == "07"
    with pytest.raises(InputError, match="not well-formed"):
        list(read_selected(f"{tmp_path}#writer=08"))
    with pytest.raises(InputError, match="no page fits"):
        list(read_selected(f"{tmp_path}#writer=09"))


ENTITIES = '<!DOCTYPE Nodes [<!ENTITY a "1"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
BAD = {
    "not XML": "<Nod",
    "float": NODE.replace("<Top>10", "<Top>10.5"),
    "missing": NODE.replace("<Top>10</Top>", ""),
    "empty box": NODE.replace("<Width>2", "<Width>0"),
    "huge": NODE.replace("<Left>20", "<Left>20000000"),
    "no class": NODE.replace("stem", " "),
    "same id": NODE + NODE,
    "entity": NODE.replace("<Top>10", "<Top>&a;"),
    "external": NODE.replace("stem", "&b;"),
    "deep": "<x>" * 500 + "</x>" * 500,
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError):
        list(mung.read(nodes(tmp_path, content, ENTITIES if "&" in content else "")))


@pytest.mark.parametrize(
    ("key", "kind", "text"),
    [("oriented_box", "str", "5"), ("oriented_box", "str", "[1, 2, 3, 4]"),
     ("oriented_box", "list[float]", "1 2 3 4 5 6 7 nan"), ("oriented_box", "str", "[" * 100_000),
     ("ink_area", "float", "inf"), ("score", "str", "high")],
)  # fmt: skip
def test_data_items_that_cannot_be_are_refused(
    tmp_path: Path, key: str, kind: str, text: str
) -> None:
    item = f'<Data><DataItem key="{key}" type="{kind}">{text}</DataItem></Data>'
    with pytest.raises(InputError, match="node 3, line 1: "):
        list(mung.read(nodes(tmp_path, NODE.replace("</Node>", f"{item}</Node>"))))


@pytest.mark.parametrize("key", ["any", "one_sided_inlinks"])
def test_an_attribute_of_many_brackets_is_written_as_text(tmp_path: Path, key: str) -> None:
    text = "[" * 100_000 + "]"
    symbol = Symbol(name="stem", box=Box(0, 0, 2, 2), attributes={key: text})
    mung.write([Page(name="a.png", width=9, height=9, symbols=[symbol])], tmp_path)
    (page,) = mung.read(tmp_path)
    assert page.symbols[0].attributes == ({key: text} if key == "any" else {})


def test_other_xml_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.xml file"):
        list(mung.read(tmp_path))
    (tmp_path / "a.xml").write_text("<Other/>")
    with pytest.raises(InputError, match="<Other>"):
        list(mung.read(tmp_path))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pages(max_pages=1))
def test_round_trip_keeps_the_symbols_and_mung_agrees(tmp_path: Path, made: list[Page]) -> None:
    for page in made:
        file = tmp_path / "page.xml"
        mung.write([page], file)
        back = mung.read_page(file)
        present = {s.id for s in page.symbols}
        for one, other in zip(page.symbols, back.symbols, strict=True):
            kept = tuple(link for link in one.outlinks if link in present)
            assert other.outlinks == kept
            assert other.box == one.box.outward()
            if one.box == other.box:
                assert_same_symbol(one, other, skip=("outlinks",))
        assert_mung_agrees(file, back)


def test_a_file_is_not_replaced_by_the_first_of_two_pages(tmp_path: Path) -> None:
    file = tmp_path / "old.xml"
    file.write_text("old")
    with pytest.raises(InputError, match="name a folder"):
        mung.write([Page(name=f"{n}.png", width=9, height=9) for n in range(2)], file)
    assert file.read_text() == "old"


def test_dangling_links_are_dropped_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    symbol = Symbol(name="stem", box=Box(0.5, 0.5, 2, 2), outlinks=(9,))
    with caplog.at_level(logging.WARNING):
        mung.write([Page(name="a.png", width=9, height=9, symbols=[symbol])], tmp_path)
    assert caplog.messages == [
        "mung cannot hold: links to symbols that are not there (1), pages' sizes (1)"
    ]
    (back,) = mung.read(tmp_path)
    assert (back.symbols[0].id, back.symbols[0].outlinks) == (0, ())


def test_a_link_stated_at_its_end_alone_is_kept_as_such(tmp_path: Path) -> None:
    other = NODE.replace("<Id>3", "<Id>4").replace("</Node>", "<Outlinks>3</Outlinks></Node>")
    third = NODE.replace("<Id>3", "<Id>5").replace("</Node>", "<Inlinks>3</Inlinks></Node>")
    file = nodes(tmp_path, NODE.replace("</Node>", "<Inlinks>4</Inlinks></Node>") + other + third)
    (page,) = mung.read(file)
    assert [dict(s.attributes) for s in page.symbols] == [{}, {}, {"one_sided_inlinks": "[3]"}]
    mung.write([page], tmp_path / "out")
    assert_mung_agrees(tmp_path / "out" / file.name, page)


@pytest.mark.skipif(not REAL, reason="MUSCIMA++ is not here")
@pytest.mark.parametrize("file", REAL, ids=lambda f: f.stem[12:21])
def test_mung_agrees_on_real_pages_before_and_after_writing(file: Path, tmp_path: Path) -> None:
    page = mung.read_page(file)
    assert_mung_agrees(file, page)
    assert page.interline == pytest.approx(29, abs=1)
    mung.write([page], tmp_path)
    written = tmp_path / file.name
    assert_mung_agrees(written, page)
    again = mung.read_page(written)
    assert (page_image(again) == page_image(page)).all()
    assert again.attributes == page.attributes


def assert_mung_agrees(file: Path, page: Page) -> None:
    theirs = read_nodes_from_file(str(file))
    assert len(theirs) == len(page.symbols)
    inlinks: dict[int, set[int]] = {node.id: set() for node in theirs}
    for s in page.symbols:
        for link in s.outlinks:
            assert s.id is not None
            inlinks[link].add(s.id)
        if "one_sided_inlinks" in s.attributes:
            inlinks[s.id or 0].update(json.loads(str(s.attributes["one_sided_inlinks"])))
    for node, s in zip(theirs, page.symbols, strict=True):
        assert (node.id, node.class_name) == (s.id, s.name)
        assert (node.left, node.top, node.right, node.bottom) == s.box
        assert tuple(node.outlinks) == s.outlinks
        assert set(node.inlinks) == inlinks[node.id]
        assert (node.mask is None) == (s.mask is None)
        assert s.mask is None or (node.mask.astype(bool) == s.mask).all()
        assert (node.data or {}).get("score") == s.score
        assert node.document == page.document


def test_attributes_that_fields_are_called_like_are_named_as_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = Symbol(name="stem", box=Box(1, 1, 3, 9), attributes={"score": "high", "pitch": 3})
    for format_name in ("mung", "deepscores-v2"):
        out = tmp_path / format_name
        FORMATS[format_name].write([Page(name="a.png", width=9, height=9, symbols=[odd])], out)
        assert "symbols' attribute score (1)" in caplog.messages[-1]
        (page,) = FORMATS[format_name].read(out)
        assert [(s.score, dict(s.attributes)) for s in page.symbols] == [(None, {"pitch": 3})]
