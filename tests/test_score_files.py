"""Score files: what is read as text, and what is refused in one line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from deepscores_tools.engraving import Score, draw_style, find_scores, generator, score_files
from deepscores_tools.engraving.score_files import read_score
from deepscores_tools.engraving.sources import of_set
from deepscores_tools.errors import InputError

CONTAINER = (
    '<?xml version="1.0"?><container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'
)
MUSIC_XML = """<?xml version="1.0"?><score-partwise version="4.0">
<part-list><score-part id="P1"><part-name>é</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions>
<time><beats>4</beats><beat-type>4</beat-type></time></attributes>
<note><pitch><step>G</step><octave>4</octave></pitch><duration>4</duration><type>whole</type></note>
</measure></part></score-partwise>"""
ABC = "X:1\nT:Tune\nM:4/4\nL:1/4\nK:G\nG A B c|d2 z2|]\n"


def archive(file: Path, members: dict[str, str | bytes], **options: int) -> Path:
    with zipfile.ZipFile(file, "w", **options) as target:  # type: ignore[arg-type]
        for name, text in members.items():
            target.writestr(name, text)
    return file


def noteheads(file: Path) -> int:
    page = Score(file, draw_style(generator(0, "a"), ["Bravura"])).render(1, "a.png").page
    return sum(s.name.startswith("notehead") for s in page.symbols)


def test_a_compressed_score_is_what_its_container_names(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {"META-INF/container.xml": CONTAINER.format("b.xml"),
                                       "a.xml": "<other/>", "b.xml": MUSIC_XML}  # fmt: skip
    file = archive(tmp_path / "a.mxl", members)
    assert read_score(file) == MUSIC_XML
    assert noteheads(file) == 1
    del members["META-INF/container.xml"], members["a.xml"]
    assert read_score(archive(tmp_path / "b.mxl", members)) == MUSIC_XML


def test_archives_write_nothing_and_do_not_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = CONTAINER.format("../../slip.xml")
    out = archive(tmp_path / "slip.mxl",
                  {"META-INF/container.xml": container, "../../slip.xml": MUSIC_XML})  # fmt: skip
    assert read_score(out) == MUSIC_XML
    assert not list(tmp_path.parent.parent.glob("slip.xml"))
    monkeypatch.setattr(score_files, "LARGEST", 1 << 20)
    bomb = archive(tmp_path / "bomb.mxl", {"a.xml": b" " * (4 << 20)},
                   compression=zipfile.ZIP_DEFLATED)  # fmt: skip
    with pytest.raises(InputError, match="no score is that long"):
        read_score(bomb)
    (tmp_path / "long.krn").write_bytes(b"4c\n" * (1 << 20))
    with pytest.raises(InputError, match="no score is that long"):
        read_score(tmp_path / "long.krn")


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.mxl", b"PK\3\4 not a zip", "broken archive"),
        ("a.krn", b"", "an empty file"),
        ("a.xml", b"<score\xff\xff>", "not well-formed XML"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes, problem: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=problem):
        read_score(tmp_path / name)
    with pytest.raises(InputError, match="cannot be read"):
        read_score(tmp_path / "none.krn")
    with pytest.raises(InputError, match="holds no score"):
        read_score(archive(tmp_path / "none.mxl", {"a.txt": "b"}))


def test_text_in_older_encodings(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(MUSIC_XML.encode("utf-16"))
    assert "é" in read_score(tmp_path / "a.xml")
    assert noteheads(tmp_path / "a.xml") == 1
    latin = MUSIC_XML.replace("?>", ' encoding="ISO-8859-1"?>', 1)
    (tmp_path / "b.xml").write_bytes(latin.encode("latin-1"))
    assert "é" in read_score(tmp_path / "b.xml")
    (tmp_path / "c.krn").write_bytes(b"!!!OTL: Pr\xe9lude\n**kern\n4c\n*-\n")
    assert "Prélude" in read_score(tmp_path / "c.krn")


def test_every_kind_of_score_is_engraved(tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text(ABC)
    (tmp_path / "b.krn").write_text("**kern\n*clefG2\n*M4/4\n4c\n4d\n2e\n*-\n")
    (tmp_path / "c.musicxml").write_text(MUSIC_XML)
    (tmp_path / ".hidden.krn").write_text("no score")
    (tmp_path / ".unfinished").mkdir()
    (tmp_path / ".unfinished/d.krn").write_text("no score")
    (tmp_path / "folder.xml").mkdir()
    found = find_scores([tmp_path])
    assert find_scores([tmp_path, *found]) == found
    assert [noteheads(file) for file in found] == [5, 3, 1]


def test_an_index_as_spreadsheets_write_it_and_one_that_is_none(tmp_path: Path) -> None:
    score = tmp_path / "a.krn"
    score.write_text("**kern\n4c\n*-\n")
    index = tmp_path / "index.csv"
    index.write_bytes(f"\ufeffcorpus,file,set\n{tmp_path.name},a.krn,train\n".encode())
    assert of_set([score], index, "train") == [score]
    index.write_bytes(b"corpus,file,set\nPr\xe9lude,a.krn,train\n")
    with pytest.raises(InputError, match="is not CSV in UTF-8"):
        of_set([score], index, "train")
