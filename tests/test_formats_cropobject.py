"""CropObject XML of MUSCIMA++ 1.0, in its variants; the real pages; hostile files."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepscores_tools.class_maps import apply_map, class_map, vocabulary
from deepscores_tools.errors import InputError
from deepscores_tools.formats import cropobject, mung, read_dataset
from deepscores_tools.symbols import Box

REAL = Path(__file__).parents[2] / "shared/data/muscima-pp/v1.0/cropobjects_manual"
HEAD = "CVC-MUSCIMA_W-01_N-10_D-ideal"
ONE = (
    f'<CropObject xml:id="MUSCIMA-pp_1.0___{HEAD}___3"><Id>3</Id><MLClassName>stem</MLClassName>'
    "<Top>10</Top><Left>20</Left><Width>2</Width><Height>3</Height><Mask>0:1 1:5</Mask>"
    f"<Outlinks>4 MUSCIMA-pp_1.0___{HEAD}___5</Outlinks></CropObject>"
)
OLD = (
    f'<CropObject xml:id="MUSCIMA-pp_1.0___{HEAD}___4"><ClassName>beam</ClassName><X>7</X>'
    "<Y>9</Y><Width>4</Width><Height>2</Height><Selected>false</Selected><Inlinks>3 6</Inlinks>"
    "</CropObject><CropObject><Id>6</Id><ClassName>slur</ClassName><X>7</X><Y>9</Y>"
    "<Width>1</Width><Height>1</Height><Mask>1:1</Mask></CropObject>"
)


def written(tmp_path: Path, content: str, head: str = "") -> Path:
    file = tmp_path / "page.xml"
    file.write_text(f"{head}<CropObjectList><CropObjects>{content}</CropObjects></CropObjectList>")
    return file


def test_all_variants_are_read(tmp_path: Path) -> None:
    (page,) = read_dataset(written(tmp_path, ONE + OLD))
    assert (page.document, page.name) == (HEAD, "page.png")
    assert page.attributes == {
        "writer": "01", "piece": "10", "distortion": "ideal", "dataset": "MUSCIMA-pp_1.0"
    }  # fmt: skip
    stem, beam, slur = page.symbols
    assert (stem.id, stem.name, stem.box, stem.outlinks) == (3, "stem", Box(20, 10, 22, 13), (4, 5))
    assert stem.mask is not None
    assert stem.mask.sum() == 5
    assert (beam.id, beam.name, beam.box, beam.mask) == (4, "beam", Box(7, 9, 11, 11), None)
    assert (slur.id, slur.outlinks) == (6, (4,))  # the link that only its end states


BAD = {
    "no class": ONE.replace("stem", ""),
    "no id": OLD.replace("<Id>6</Id>", ""),
    "bad xml:id": OLD.replace("___4", "___x"),
    "same id": ONE + ONE,
    "other document": ONE.replace(f"{HEAD}___5", "elsewhere___5"),
    "mask overflow": ONE.replace("0:1 1:5", "0:9223372036854775807 1:9223372036854775807 0:8"),
    "mask too long": ONE.replace("0:1 1:5", "0:1 1:6"),
    "empty box": ONE.replace("<Width>2", "<Width>-2"),
    "huge": ONE.replace("<Width>2", "<Width>2000000"),
    "huge area": ONE.replace("<Width>2", "<Width>900000").replace("<Height>3", "<Height>900000"),
    "float": ONE.replace("<Top>10", "<Top>1.5"),
    "many digits": ONE.replace("<Top>10", f"<Top>{'9' * 5000}"),
    "entity": ONE.replace("<Top>10", "<Top>&a;"),
    "external": ONE.replace("stem", "&b;"),
    "bad link": ONE.replace(">4 ", ">4x "),
    "bad data": ONE.replace("<Mask>", '<Data><DataItem type="int">x</DataItem></Data><Mask>'),
    "deep": "<x>" * 500 + "</x>" * 500,
    "cut off": ONE[:-20],
}
ENTITIES = '<!DOCTYPE C [<!ENTITY a "1"><!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError) as caught:
        list(cropobject.read(written(tmp_path, content, ENTITIES)))
    assert "\n" not in str(caught.value)


def test_it_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="read only"):
        cropobject.write([], tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason="MUSCIMA++ 1.0 is not here")
def test_real_pages_become_mung_with_the_names_of_2_0(tmp_path: Path) -> None:
    made = list(read_dataset(REAL))
    assert [len(page.symbols) for page in made] == [729, 544, 451]
    assert sum(len(s.outlinks) for page in made for s in page.symbols) == 725 + 524 + 432
    assert all(s.mask is not None for page in made for s in page.symbols)
    assert {s.name for page in made for s in page.symbols} <= set(vocabulary("muscima-1.0").names)
    mapped = list(apply_map(made, class_map("muscima-1.0", "muscima-2.0"), unmapped="keep"))
    mung.write(mapped, tmp_path)
    for one, other in zip(mapped, mung.read(tmp_path), strict=True):
        assert [(s.name, s.box) for s in one.symbols] == [(s.name, s.box) for s in other.symbols]
        assert one.document == other.document
