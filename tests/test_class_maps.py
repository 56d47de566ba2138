"""Vocabularies and maps: sizes, consistency, composition, and what applying one reports."""

from __future__ import annotations

import csv
import logging
from itertools import permutations
from pathlib import Path

import pytest

from deepscores_tools.class_maps import (
    DEEPSCORES_V1,
    DEEPSCORES_V2_SECOND,
    VOCABULARIES,
    MapReport,
    apply_map,
    class_map,
    read_map,
    smufl,
)
from deepscores_tools.errors import InputError
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.vocabularies import DEEPSCORES

SHARED = Path(__file__).parents[2] / "shared/data"


def a_page(*names: str, links: tuple[int, ...] = ()) -> Page:
    symbols = [
        Symbol(name=name, box=Box(0, 0, 1, 1), id=i, outlinks=links) for i, name in enumerate(names)
    ]
    return Page(name="a.png", width=2, height=2, symbols=symbols)


def test_vocabularies_have_their_sizes() -> None:
    assert {name: len(table) for name, table in VOCABULARIES.items()} == {
        "printed": 170, "deepscores-v1": 202, "deepscores-v2": 136, "deepscores-v2-second": 72,
        "muscima-1.0": 158, "muscima-2.0": 163, "muscima-2.1": 163,
    }  # fmt: skip
    ids = [c.id for c in (*DEEPSCORES, *DEEPSCORES_V2_SECOND)]
    assert ids == list(range(1, 209))


def test_every_map_covers_its_source_and_stays_in_its_target() -> None:
    found = 0
    for source, target in permutations(VOCABULARIES, 2):
        if target == "muscima-1.0":
            with pytest.raises(InputError, match="no map"):
                class_map(source, target)
            continue
        mapping = class_map(source, target)
        found += 1
        assert tuple(m.source for m in mapping) == VOCABULARIES[source].names
        for m in mapping:
            assert (m.kind == "lost") == (m.target is None)
            assert m.target is None or m.target in VOCABULARIES[target]
        exact = [m.target for m in mapping if m.kind == "exact"]
        assert len(exact) == len(set(exact))
        assert sum(mapping.counts().values()) == len(VOCABULARIES[source])
    assert found == 36


def test_renaming_2_0_to_2_1_and_back_is_exact() -> None:
    there, back = class_map("muscima-2.0", "muscima-2.1"), class_map("muscima-2.1", "muscima-2.0")
    assert there.by_source["gClef"].target == "clefG"
    assert there.by_source["multiMeasureRest"].target == "restHBar"
    for m in there:
        assert m.kind == "exact"
        assert back.by_source[str(m.target)].target == m.source


@pytest.mark.parametrize(
    ("source", "target", "name", "becomes", "kind"),
    [
        ("deepscores-v2", "deepscores-v1", "noteheadBlackInSpace", "noteheadBlack", "merges"),
        ("deepscores-v1", "deepscores-v2", "noteheadBlack", None, "lost"),
        ("deepscores-v1", "muscima-2.0", "noteheadBlack", "noteheadFull", "exact"),
        ("deepscores-v1", "deepscores-v2", "fClef", "clefF", "merges"),
        ("deepscores-v2", "muscima-2.0", "clefG", "gClef", "exact"),
        ("deepscores-v2", "muscima-2.0", "tuplet3", "numeral3", "merges"),
        ("muscima-1.0", "muscima-2.0", "notehead-empty", None, "lost"),
        ("muscima-1.0", "printed", "thin_barline", "barlineSingle", "exact"),
        ("muscima-1.0", "deepscores-v2", "sharp", "accidentalSharp", "splits"),
        ("printed", "deepscores-v2", "barlineSingle", None, "lost"),
        ("deepscores-v2", "deepscores-v2-second", "noteheadBlackOnLine", "noteheadFullSmall",
         "merges"),
        ("deepscores-v2-second", "muscima-2.0", "noteheadFullSmall", "noteheadFull", "splits"),
    ],
)  # fmt: skip
def test_maps_say_what_becomes_of_a_class(
    source: str, target: str, name: str, becomes: str | None, kind: str
) -> None:
    mapped = class_map(source, target).by_source[name]
    assert (mapped.target, mapped.kind) == (becomes, kind)


def test_smufl_code_points() -> None:
    assert smufl("accidentalFlat") == smufl("flat") == smufl("keyFlat") == 0xE260
    assert smufl("clefG") == smufl("gClef") == smufl("g-clef") == 0xE050
    assert smufl("noteheadBlackInSpaceSmall") == smufl("noteheadFull") == 0xE0A4
    assert smufl("beam") is None
    known = [name for name in DEEPSCORES.names if smufl(name) is not None]
    assert len(known) >= 125
    assert all(0xE000 <= (smufl(name) or 0) <= 0xF8FF for name in known)


def test_what_has_no_class_is_dropped_but_counted_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report = MapReport()
    made = [a_page("stem", "notehead-empty", "notehead-empty", "x", links=(0, 1))] * 2
    with caplog.at_level(logging.WARNING):
        mapped = list(apply_map(made, class_map("muscima-1.0", "muscima-2.0"), report))
    assert [[s.name for s in page.symbols] for page in mapped] == [["stem"]] * 2
    assert mapped[0].symbols[0].outlinks == (0,)
    assert (report.mapped, report.lost, report.unknown) == (
        {"stem": 2}, {"notehead-empty": 4}, {"x": 2}
    )  # fmt: skip
    assert caplog.messages == [
        "muscima-1.0 to muscima-2.0: 2 symbols have a class; 4 lost: notehead-empty (4); "
        "2 unknown to the map: x (2); 2 links to these left out"
    ]


def test_what_has_no_class_may_be_kept_or_refused() -> None:
    mapping = class_map("muscima-1.0", "muscima-2.0")
    (kept,) = apply_map([a_page("x", "flat")], mapping, unmapped="keep")
    assert [s.name for s in kept.symbols] == ["x", "accidentalFlat"]
    with pytest.raises(InputError, match="x has no class"):
        list(apply_map([a_page("x")], mapping, unmapped="refuse"))


def test_both_spellings_are_one_class(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("source,target\nledgerLine,line\n")
    for mapping in (class_map("deepscores-v2", "printed"), read_map(tmp_path / "mine.csv")):
        (mapped,) = apply_map([a_page("ledgerLine", "legerLine")], mapping)
        assert {s.name for s in mapped.symbols} <= {"legerLine", "line"}
        assert len(mapped.symbols) == 2


def test_a_map_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("source,target\na,b\nc,b\nd,\ne,f\n")
    kinds = {m.source: (m.target, m.kind) for m in read_map(file)}
    assert kinds == {
        "a": ("b", "merges"), "c": ("b", "merges"), "d": (None, "lost"), "e": ("f", "exact")
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "a,b\n", "source,target\na,b\na,c\n", "source,target\n,b\n",
             "source,target,kind\na,b,lost\n", "source,target,kind\na,b,odd\n"],
)  # fmt: skip
def test_bad_maps_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(InputError):
        read_map(tmp_path / "mine.csv")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the datasets' own class lists are not here")
def test_lists_are_those_of_the_datasets() -> None:
    with (SHARED / "vocabularies/deepscores_v1_names.csv").open(encoding="utf-8") as stream:
        names = [row["name"] for row in csv.DictReader(stream)]
    assert ("none", *DEEPSCORES_V1.names) == tuple(names)
    with (SHARED / "vocabularies/deepscores_v2.csv").open(encoding="utf-8") as stream:
        rows = [(int(r["id"]), r["name"], int(r["color"])) for r in csv.DictReader(stream)]
    ours = [(c.id, c.name, c.color) for c in (*DEEPSCORES, *DEEPSCORES_V2_SECOND)]
    assert ours == rows


def test_links_stated_at_one_end_go_with_the_symbol_at_the_other(tmp_path: Path) -> None:
    stem = Symbol(name="stem", box=Box(0, 0, 1, 9), id=1,
                  attributes={"one_sided_inlinks": "[2, 3]", "pitch": 3})  # fmt: skip
    others = [Symbol(name=n, box=Box(0, 0, 1, 9), id=i) for i, n in ((2, "kept"), (3, "gone"))]
    page = Page(name="a.png", width=9, height=9, symbols=[stem, *others])
    (tmp_path / "map.csv").write_text("source,target\nstem,stem\nkept,kept\n")
    (mapped,) = apply_map([page], read_map(tmp_path / "map.csv"))
    assert dict(mapped.symbols[0].attributes) == {"one_sided_inlinks": "[2]", "pitch": 3}
