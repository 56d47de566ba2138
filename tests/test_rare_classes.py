"""Rare classes: asked for by count, composed, put in place of common ones, cut out, pasted in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from lxml import etree
from omr_cli.tile import tile

from deepscores_tools.cutting.around import corners_around, rare_classes
from deepscores_tools.engraving import RenderPlan, Score, draw_style, generator
from deepscores_tools.engraving import replace as replacing
from deepscores_tools.engraving.balance import LAG, Balance
from deepscores_tools.engraving.compose import compose_score
from deepscores_tools.engraving.compose_wishes import WAYS, Choices
from deepscores_tools.engraving.plan import tasks
from deepscores_tools.engraving.replace import replace_common
from deepscores_tools.formats import coco
from deepscores_tools.symbols import Box, Page, Symbol
from deepscores_tools.vocabularies import PRINTED_CLASSES
from omr.config import ModelConfig
from omr.training.crops import CropDataset
from omr.training.page_cache import cache_pages
from omr.training.recipe import AugmentConfig, TrainConfig, read_recipe

ROOT = Path(__file__).parent.parent
EVERYWHERE = {
    "staff", "barlineSingle", "stem", "beam", "legerLine", "augmentationDot",
    "noteheadBlackOnLine", "noteheadBlackInSpace", "systemDivider",
}  # fmt: skip


def page_of(names: dict[str, int]) -> Page:
    symbols = [Symbol(name=n, box=Box(k, 0, k + 1, 1)) for n, c in names.items() for k in range(c)]
    return Page(name="p.png", width=100, height=100, symbols=symbols)


def names_of(score: Score) -> Counter[str]:
    pages = (score.render(n, "a.png").page for n in range(1, score.pages + 1))
    return Counter(symbol.name for page in pages for symbol in page.symbols)


# composed music


def test_every_class_has_a_way_or_is_in_all_music() -> None:
    assert set(PRINTED_CLASSES.names) - set(WAYS) == EVERYWHERE
    assert set(WAYS) <= set(PRINTED_CLASSES.names)


def test_what_is_wanted_is_chosen_first_and_once() -> None:
    choices = Choices(generator(1), ["rest64th", "rest64th", "clefCTenor"])
    assert choices.waiting("rest")
    assert choices.one("clef", ["C4", "G"]) == "C4"
    assert choices.one("rest", ["4", "8"]) in ("4", "8")  # what does not fit here waits
    assert [choices.one("rest", ["4", "64"]) for _ in range(2)] == ["64", "64"]
    assert not choices.waiting("rest")


def test_composed_music_shows_what_is_wanted() -> None:
    wanted = [
        "noteheadDiamondWhite", "repeat2Bars", "timeSig7", "noteheadDoubleWholeOnLineSmall",
        "tuplet9", "dynamicNiente", "tremolo4", "clef15", "restMaxima", "ornamentTurnSlash",
    ]  # fmt: skip
    rng = generator(2, "wanted")
    found = names_of(Score(compose_score(rng, wanted * 2), draw_style(rng, ["Bravura"])))
    assert all(found[name] for name in wanted), [n for n in wanted if not found[n]]


def follows(tuplet: etree._Element) -> bool:
    """Whether one just like it stands before it."""
    before = tuplet.getprevious()
    return before is not None and (before.tag, before.attrib) == (tuplet.tag, tuplet.attrib)


def test_composed_music_has_what_is_easily_taken_for_something_else() -> None:
    scores = [etree.fromstring(compose_score(generator(seed)).encode()) for seed in range(8)]
    tags = "tuplet", "hairpin", "chord", "note"
    found = {tag: [e for score in scores for e in score.iter("{*}" + tag)] for tag in tags}
    assert any(t.get("num.visible") == "false" for t in found["tuplet"])
    rows = [t for t in found["tuplet"] if follows(t) and follows(t.getprevious())]
    assert rows, "no three tuplets alike beside each other"
    tops = {h.get("endid") for h in found["hairpin"] if h.get("form") == "cres"}
    assert tops & {h.get("startid") for h in found["hairpin"] if h.get("form") == "dim"}
    assert max(len(chord.findall("{*}note")) for chord in found["chord"]) > 4
    cues = {n.get("dur") for n in found["note"] + found["chord"] if n.get("cue")}
    assert cues
    assert "8" not in cues


# balance


def test_the_scarcest_classes_are_asked_for() -> None:
    balance = Balance(5)
    balance.add([page_of({n: 5 for n in WAYS if n not in ("segno", "coda")} | {"coda": 4})])
    for _ in range(LAG):
        balance.add(())
    wanted = Counter(balance.wanted(LAG + 1))
    assert set(wanted) == {"segno", "coda"}
    assert wanted["coda"] == 1
    # The task before is not counted yet: it is taken to show what it was asked for.
    assert Counter(balance.wanted(LAG + 2)) == {"segno": 5 - wanted["segno"]}
    assert balance.shortfall()["segno"] == 0


def test_tasks_do_not_depend_on_how_many_are_under_way() -> None:
    plan = RenderPlan(pages=1, composed_fraction=0.4, at_least=30)

    def taken(ahead: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        balance = Balance(plan.at_least)
        waiting = []
        for task in tasks([Path("a.mei")] * 3, plan, balance):
            yield task.number, task.wanted
            waiting.append(task)
            if len(waiting) == ahead:
                done = waiting.pop(0)
                names = list(WAYS)[done.number :: 7]
                balance.add([page_of(dict.fromkeys(names, done.number % 3))])
            if task.number == 3 * LAG:
                return

    one, many = list(taken(1)), list(taken(LAG))
    assert one == many
    assert len({wanted for _, wanted in one}) > 10


# replacing


LAYER = (
    '<note pname="g" oct="4" dur="4"><artic artic="stacc"/></note>'
    '<note pname="a" oct="4" dur="8"/><rest dur="8"/>'
    '<note pname="b" oct="4" dur="2"><accid accid="s"/></note>'
)
SCORE = (
    '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score><scoreDef>'
    '<staffGrp><staffDef n="1" lines="5"><clef shape="G" line="2"/>'
    '<meterSig count="4" unit="4"/></staffDef></staffGrp></scoreDef><section>'
    + f'<measure n="1"><staff n="1"><layer n="1">{LAYER}</layer></staff></measure>' * 6
    + "</section></score></mdiv></body></music></mei>"
)


def test_rare_symbols_take_the_place_of_common_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "SHARE", 5.0)  # all of them
    score = Score(SCORE, draw_style(generator(1), ["Bravura"]))
    before = names_of(score)
    score.change(lambda mei: replace_common(mei, generator(4)))
    after = names_of(score)
    assert before["timeSig4"] == 2
    assert after["timeSig4"] < 2
    assert not after["rest8th"]
    assert not after["flag8thUp"]
    assert not after["articStaccatoBelow"]
    assert after["clef8"] + after["clef15"] > 0
    rare = {n for n in after if not before[n]}
    assert len(rare) >= 10, rare
    # The notes keep their places on the staff under another clef.
    heads = ("noteheadBlack", "noteheadX", "noteheadDiamond", "noteheadHalf", "noteheadDoubleWhole")
    assert sum(c for n, c in after.items() if n.startswith((*heads, "noteheadWhole"))) == 18
    assert after["legerLine"] == before["legerLine"]


def test_no_note_becomes_small_and_of_another_shape_nor_a_small_eighth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replacing, "SHARE", 1.0)
    scores = [etree.fromstring(replace_common(SCORE, generator(seed))) for seed in range(20)]
    notes = [note for score in scores for note in score.iter("{*}note")]
    small = [note for note in notes if note.get("cue")]
    assert small
    assert any(note.get("head.shape") for note in notes)
    assert not any(note.get("head.shape") for note in small)
    assert "8" not in {note.get("dur.ges", note.get("dur")) for note in small}


def test_replacing_follows_the_seed_and_the_rarity() -> None:
    one = replace_common(SCORE, generator(3))
    assert one == replace_common(SCORE, generator(3))
    assert one != replace_common(SCORE, generator(5))
    common = replacing._Rare("articMarcatoAbove").weight
    assert common < replacing._Rare("pluckedSnapPizzicato").weight / 100


def test_a_note_that_looks_shorter_lasts_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "SHARE", 5.0)
    changed = replace_common(SCORE, generator(6))
    assert changed.count('dur.ges="8"') == 12


# cutting out


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two pages of 400 x 300: a common class along a line, a rare one on the first page."""
    pages = []
    for number in range(2):
        gray = np.full((300, 400), 255, np.uint8)
        symbols = [Symbol(name="common", box=Box(x, 200, x + 10, 210)) for x in range(0, 400, 20)]
        if number == 0:
            symbols += [Symbol(name="rare", box=Box(x, 20, x + 12, 40)) for x in (2, 30, 380)]
        for symbol in symbols:
            x0, y0, x1, y1 = (int(v) for v in symbol.box)
            gray[y0:y1, (x0 + x1) // 2 - 1 : (x0 + x1) // 2 + 1] = 0  # a cross
            gray[(y0 + y1) // 2 - 1 : (y0 + y1) // 2 + 1, x0:x1] = 0
        file = tmp_path / f"{number}.png"
        cv2.imwrite(str(file), gray)
        pages.append(
            Page(name=file.name, width=400, height=300, symbols=symbols, image=file, interline=10.0)
        )
    coco.write(pages, tmp_path / "data")
    return tmp_path / "data"


def test_tiles_hold_the_symbols_that_they_are_cut_around(data: Path) -> None:
    page = next(iter(coco.read(data)))
    corners = corners_around(page, {"rare"}, 100, 0)
    assert len(corners) == 2  # two of the three fit in one
    for symbol in page.symbols[-3:]:
        box = symbol.box
        assert any(x <= box.x0 and box.x1 <= x + 100 and y <= box.y0 for x, y in corners)
    assert all(0 <= x <= 300 and 0 <= y <= 200 for x, y in corners)
    assert corners == corners_around(page, {"rare"}, 100, 0)
    assert rare_classes(coco.read(data), 10) == {"rare"}


@pytest.mark.parametrize("how", [["--around", "rare"], ["--rare", "10"]])
def test_the_command_cuts_around_rare_symbols(data: Path, tmp_path: Path, how: list[str]) -> None:
    arguments = [str(data), "-o", str(tmp_path / "out"), "--size", "100", *how]
    result = CliRunner().invoke(tile, arguments)
    assert result.exit_code == 0, result.output
    tiles = list(coco.read(tmp_path / "out"))
    assert len(tiles) == 2
    assert sum(s.name == "rare" for t in tiles for s in t.symbols) == 3


def test_a_class_that_is_not_there_is_an_error(data: Path, tmp_path: Path) -> None:
    arguments = [str(data), "-o", str(tmp_path / "out"), "--around", "segno"]
    result = CliRunner().invoke(tile, arguments)
    assert "has no symbol of segno" in str(result.exception)
    assert not (tmp_path / "out").exists()


# pasting in


def crops(data: Path, folder: Path, augment: AugmentConfig) -> CropDataset:
    model = ModelConfig(
        name="m", interline=10.0, families={"a": ("common",), "b": ("rare",)}, staff_classes=()
    )
    cached = cache_pages(coco.read(data), folder, model.classes)
    return CropDataset(cached, model, augment, TrainConfig(steps=20, batch=1, crop=160))


def test_margin_crops_show_all_classes_evenly(data: Path, tmp_path: Path) -> None:
    plain = AugmentConfig(degrade=0, balanced=0.0, scale=(1, 1), squeeze=(1, 1))
    margin = plain.model_copy(update={"margin_crops": 12, "margin_size": (40, 32)})
    without = crops(data, tmp_path / "cache", plain)
    with_margin = crops(data, tmp_path / "cache", margin)
    seen: Counter[str] = Counter()
    for i in range(20):
        ink, targets = with_margin[i][:2]
        again = with_margin[i][0]
        assert (ink == again).all()
        # Below the margin nothing changes: same page, same place.
        assert np.allclose(ink[:, 36:], without[i][0][:, 36:], atol=0.02)
        top = targets.place[:, 1] < 16
        peaks = targets.energy[:, :16] > 0.6
        assert peaks.any()
        seen.update(with_margin.model.classes[k] for k in targets.label[top])
        for row in np.flatnonzero(top):  # a symbol is where its target is: ink at its centre
            family, y, x = targets.place[row]
            if targets.energy[family, y, x] > 0.8:
                assert ink[0, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].max() > 0.3
    assert min(seen["rare"], seen["common"]) > 0.2 * max(seen["rare"], seen["common"])


def test_the_thesis_recipe_fills_the_margin() -> None:
    recipe = read_recipe(ROOT / "recipes" / "thesis.toml")
    assert recipe.augment.margin_crops * recipe.augment.margin_size[0] == recipe.training.crop
    for name in ("printed", "handwritten"):
        assert read_recipe(ROOT / "recipes" / f"{name}.toml").augment.margin_crops == 0
