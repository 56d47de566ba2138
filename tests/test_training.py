"""Training on a generated miniature dataset: it runs, resumes exactly, and leaves a model."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from omr_cli.main import main
from pydantic import ValidationError
from safetensors.torch import save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from deepscores_tools.errors import InputError
from deepscores_tools.folder_lock import only_writer
from deepscores_tools.formats import coco
from deepscores_tools.symbols import Box, Page, Symbol
from omr.config import ModelConfig, NetworkConfig, RefinerConfig
from omr.detector import Detector
from omr.model_store import load_model, read_config, save_model, write_config
from omr.network import WatershedNet
from omr.training import train
from omr.training.checkpoint import load_checkpoint, read_facts, save_checkpoint
from omr.training.crops import CropDataset
from omr.training.new_model import model_of, resolve_families, size_ranges, widened
from omr.training.page_cache import cache_pages
from omr.training.pretraining import PatchDataset, PixelDataset, mean_iou
from omr.training.recipe import AugmentConfig, Recipe, TrainConfig, read_recipe
from omr.training.schedule import learning_rate, schedule
from omr.training.start import start_from

ROOT = Path(__file__).parent.parent
INTERLINE = 16


def make_page(folder: Path, number: int) -> Page:
    """Two staves with filled noteheads and stems."""
    rng = np.random.default_rng(number)
    gray = np.full((320, 480), 255, np.uint8)
    symbols = []
    for top in (60, 200):
        for line in range(5):
            gray[top + line * INTERLINE : top + line * INTERLINE + 2, 20:460] = 0
        for x in range(60, 440, 40):
            y = int(top + rng.integers(0, 9) * INTERLINE / 2)
            cv2.ellipse(gray, (x, y), (10, 7), 0, 0, 360, 0, -1)
            gray[y - 50 : y, x + 9 : x + 11] = 0
            symbols.append(Symbol(name="notehead", box=Box(x - 10, y - 7, x + 11, y + 8)))
            symbols.append(Symbol(name="stem", box=Box(x + 9, y - 50, x + 11, y)))
    file = folder / f"page{number}.png"
    cv2.imwrite(str(file), gray)
    return Page(
        name=file.name, width=480, height=320, symbols=symbols, interline=INTERLINE, image=file
    )


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    pages = [make_page(tmp_path, n) for n in range(3)]
    coco.write(pages, tmp_path / "data")
    return Recipe.model_validate(
        {
            "model": {
                "name": "tiny",
                "families": {"heads": ("notehead",), "rest": ("*",)},
                "network": NetworkConfig(widths=(16,) * 5, neck=16, features=16, hidden=8),
            },
            "data": {"train": (str(tmp_path / "data"),), "val": (str(tmp_path / "data"),)},
            "training": TrainConfig(steps=4, batch=2, crop=128, workers=0, checkpoint_every=2),
        }
    )


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_model(folder)[0].state_dict()


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    return recipe.model_copy(
        update={"training": recipe.training.model_copy(update={"steps": steps})}
    )


def test_a_resumed_run_ends_where_an_unbroken_one_does(recipe: Recipe, tmp_path: Path) -> None:
    constant = recipe.training.model_copy(update={"decay": 1e-9})
    recipe = recipe.model_copy(update={"training": constant})
    train(recipe, tmp_path / "whole", "cpu")
    train(with_steps(recipe, 2), tmp_path / "parts", "cpu")
    train(recipe, tmp_path / "parts", "cpu")
    states = []
    for run in ("whole", "parts"):
        model = model_of(recipe, [make_page(tmp_path, 0)])
        net, ema = WatershedNet(model), WatershedNet(model)
        optimiser = torch.optim.AdamW(net.parameters())
        checkpoint = tmp_path / run / "checkpoint.safetensors"
        load_checkpoint(checkpoint, {"net": net, "ema": ema}, optimiser)
        assert read_facts(checkpoint)["step"] == 4
        states.append(net.state_dict())
    for name, value in states[0].items():
        torch.testing.assert_close(value, states[1][name], rtol=0, atol=0)


def test_the_model_folder_detects(recipe: Recipe, tmp_path: Path) -> None:
    folder = train(with_steps(recipe, 2), tmp_path / "run", "cpu")
    detector = Detector.load(folder, "cpu")
    page = detector.detect(tmp_path / "page0.png", min_score=0.0)
    assert (page.width, page.height) == (480, 320)
    assert page.interline == pytest.approx(INTERLINE, rel=0.03)
    assert sum(s.name == "staff" for s in page.symbols) == 2
    for symbol in page.symbols:
        assert 0 <= symbol.box.x0 < symbol.box.x1 <= 480
    for shape in ((0, 9), (9, 9, 1), (9, 9, 4), (2, 9, 9, 3)):
        with pytest.raises(ValueError, match="expected uint8"):
            detector.detect(np.zeros(shape, np.uint8))


def test_calibrating_on_the_validation_pages_gives_what_training_gave(
    recipe: Recipe, tmp_path: Path
) -> None:
    folder = train(with_steps(recipe, 2), tmp_path / "run", "cpu")
    fitted = read_config(folder)
    wide = {name: ((-9.0, 9.0),) * len(spans) for name, spans in fitted.map_ranges.items()}
    other = {"thresholds": {}, "calibration": (3.0, 1.0), "map_ranges": wide}
    write_config(folder, fitted.model_copy(update=other))
    (folder / "LICENSE.txt").write_text("free")
    out = tmp_path / "new"
    given = ["models", "calibrate", str(folder), str(tmp_path / "data"), "--worn", "-o", str(out)]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 0, result.output
    assert "3 pages, mAP" in result.output
    config = read_config(out)
    assert config.map_ranges.keys() == fitted.map_ranges.keys() != set()
    for name, spans in fitted.map_ranges.items():  # of weights that were saved as fp16 since
        assert np.allclose(config.map_ranges[name], spans, rtol=0.02, atol=0.02)
    assert config.model_copy(update={"map_ranges": fitted.map_ranges}) == fitted
    assert (out / "LICENSE.txt").read_text() == "free"
    assert Detector.load(out, "cpu").config == config
    again = CliRunner().invoke(main, given)
    assert again.exit_code == 2
    assert "is there already" in again.output
    truth = tmp_path / "data" / "annotations.json"
    truth.write_text(re.sub('("name": ")', r"\1foreign ", truth.read_text()))
    foreign = CliRunner().invoke(main, [*given[:-1], str(tmp_path / "foreign")])
    assert foreign.exit_code == 2
    assert "classes that the model does not know: foreign" in foreign.output
    assert "no symbol is of a class that it knows" in foreign.output


@pytest.mark.parametrize(
    "other",
    [
        {"interline": 12.0},
        {"families": {"all": ("*",)}},
        {"network": NetworkConfig(widths=(32,) * 5, neck=16, features=16, hidden=8)},
    ],
)
def test_another_recipe_in_the_same_folder_is_refused_before_pages_are_read(
    recipe: Recipe, tmp_path: Path, other: dict[str, object]
) -> None:
    train(with_steps(recipe, 2), tmp_path / "run", "cpu")
    shutil.rmtree(tmp_path / "data")
    assert recipe.model
    changed = recipe.model_copy(update={"model": recipe.model.model_copy(update=other)})
    with pytest.raises(InputError, match="holds a run of another recipe"):
        train(changed, tmp_path / "run", "cpu")


@pytest.mark.parametrize("damage", [b"", b"half", None])
def test_a_damaged_checkpoint_is_refused(
    recipe: Recipe, tmp_path: Path, damage: bytes | None
) -> None:
    train(with_steps(recipe, 2), tmp_path / "run", "cpu")
    file = tmp_path / "run/checkpoint.safetensors"
    if damage is None:
        save_file({"x": torch.zeros(1)}, file)  # no facts
    else:
        file.write_bytes(damage)
    with pytest.raises(InputError, match=r"cannot be resumed from .*; remove it to start anew"):
        train(recipe, tmp_path / "run", "cpu")


def test_a_folder_that_is_trained_in_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    with only_writer(tmp_path / "run"), pytest.raises(InputError, match="another process"):
        train(recipe, tmp_path / "run", "cpu")


def test_what_a_killed_run_left_is_removed(recipe: Recipe, tmp_path: Path) -> None:
    for name in (".checkpoint.safetensors.77.part", "model/.model.safetensors.77.part"):
        (tmp_path / "run" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "run" / name).touch()
    train(with_steps(recipe, 1), tmp_path / "run", "cpu")
    assert list((tmp_path / "run").rglob("*.part")) == []


def test_training_further_keeps_the_classes_and_what_is_frozen(
    recipe: Recipe, tmp_path: Path
) -> None:
    small = recipe.model.model_copy(update={"refiner": RefinerConfig()})  # type: ignore[union-attr]
    start = train(recipe.model_copy(update={"model": small}), tmp_path / "start", "cpu")
    file = tmp_path / "further.toml"
    data = str(tmp_path / "data")
    file.write_text(
        f'[data]\ntrain=["{data}"]\nval=["{data}"]\n'
        "[training]\nsteps=2\nbatch=2\ncrop=128\nworkers=0\nema=0.0\n"
    )
    further = read_recipe(file, start_from=str(start), frozen=("pyramid", "energy"))
    before, config = load_model(start)
    after, kept = load_model(train(further, tmp_path / "further", "cpu"))
    assert kept.families == config.families
    changed = {
        name.split(".")[0]
        for name, value in after.state_dict().items()
        if not torch.equal(value, before.state_dict()[name])
    }
    assert changed == {"classes", "box", "refiner"}


def test_ranges_are_of_all_but_the_outermost_of_frequent_classes() -> None:
    def page(*widths: float) -> Page:
        stems = [Symbol(name="stem", box=Box(0, 0, width, 60)) for width in widths]
        clef = Symbol(name="clefG", box=Box(0, 0, 30, 80))
        return Page(name="", width=99, height=99, symbols=[*stems, clef], interline=20)

    many = [2.0] * 3000
    ranges = size_ranges([page(*many, 1, 90), page(3, *many, 3), *[page(4, 4)] * 20])
    assert ranges == {"stem": ((0.1, 0.2), (3.0, 3.0))}
    assert widened(ranges, {"clefG": ((1, 2), (3, 4))}) == ranges
    assert widened(ranges, {"stem": ((0.15, 0.3), (1, 2))}) == {"stem": ((0.1, 0.3), (1, 3))}


def test_a_model_leaves_out_what_has_no_size_of_its_class(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omr.training.new_model.ENOUGH", 10)
    folder = train(with_steps(recipe, 2), tmp_path / "run", "cpu")
    net, config = load_model(folder)
    assert set(config.size_ranges) == {"notehead", "stem"}
    (least, most), _ = config.size_ranges["notehead"]
    assert least == most == pytest.approx(21 / INTERLINE, abs=1e-3)
    torch.nn.init.constant_(net.energy.bias, 0.0)  # two steps teach it to find nothing
    save_model(folder, net, config)
    image, ranges = tmp_path / "page0.png", ((50.0, 60.0), (50.0, 60.0))

    def names(size_ranges: dict[str, tuple[tuple[float, float], tuple[float, float]]]) -> set[str]:
        write_config(folder, config.model_copy(update={"size_ranges": size_ranges}))
        page = Detector.load(folder, "cpu").detect(image, min_score=0.0)
        return {symbol.name for symbol in page.symbols}

    assert names({}) > {"staff"}
    assert names(dict.fromkeys(config.classes, ranges)) == {"staff"}


def test_training_further_fits_its_calibration_to_raw_scores(
    recipe: Recipe, tmp_path: Path
) -> None:
    start = train(with_steps(recipe, 2), tmp_path / "run", "cpu")
    for name, calibration in (("mapped", (3.0, 2.0)), ("raw", (1.0, 0.0))):
        shutil.copytree(start, tmp_path / name)
        ranges = read_config(start).map_ranges if name == "mapped" else {}
        update = {"calibration": calibration, "map_ranges": ranges}
        model = read_config(start).model_copy(update=update)
        write_config(tmp_path / name, model)
        further = {"start_from": str(tmp_path / name), "steps": 2, "learning_rate": 1e-9}
        training = recipe.training.model_copy(update=further)
        train(
            recipe.model_copy(update={"model": None, "training": training}),
            tmp_path / f"from-{name}", "cpu",
        )  # fmt: skip
    after = [read_config(tmp_path / f"from-{name}/model") for name in ("mapped", "raw")]
    assert after[0].calibration == after[1].calibration
    assert after[0].thresholds == after[1].thresholds
    assert after[0].map_ranges == after[1].map_ranges != {}


def test_pages_of_formats_without_an_interline_are_measured(
    recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = [replace(make_page(tmp_path, n), interline=None) for n in range(2)]
    blank = replace(pages[0], name="blank.png", image=tmp_path / "blank.png")
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((320, 480), 255, np.uint8))
    coco.write([*pages, blank], tmp_path / "unmeasured")
    data = recipe.data.model_copy(update={"train": (str(tmp_path / "unmeasured"),)})
    train(with_steps(recipe, 1).model_copy(update={"data": data}), tmp_path / "run", "cpu")
    assert "1 pages left out, as no staves were found: blank.png" in capsys.readouterr().err


def test_classes_that_the_start_does_not_know_are_told_or_refused(
    recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = train(with_steps(recipe, 1), tmp_path / "run", "cpu")
    training = recipe.training.model_copy(update={"start_from": str(start), "steps": 1})
    page = make_page(tmp_path, 0)
    for renamed in ({"stem"}, {"stem", "notehead"}):
        symbols = [
            replace(s, name="other" + s.name) if s.name in renamed else s for s in page.symbols
        ]
        coco.write([replace(page, symbols=symbols)], tmp_path / "foreign")
        data = recipe.data.model_copy(update={"train": (str(tmp_path / "foreign"),)})
        further = recipe.model_copy(update={"model": None, "training": training, "data": data})
        if len(renamed) == 1:
            train(further, tmp_path / "told", "cpu")
        else:
            with pytest.raises(InputError, match="no symbol of the model's classes"):
                train(further, tmp_path / "refused", "cpu")
        shutil.rmtree(tmp_path / "foreign")
    assert "left out that the model does not know: otherstem" in capsys.readouterr().err


def test_heads_of_another_build_are_not_taken_over() -> None:
    families = {"all": tuple("abcdefgh")}
    donor = ModelConfig(name="donor", families=families, network=NetworkConfig(hidden=8))
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder), WatershedNet(donor), donor)
        for own in (
            donor.model_copy(update={"network": NetworkConfig(hidden=0)}),
            donor.model_copy(update={"energy": donor.energy.model_copy(update={"levels": 5})}),
        ):
            net = WatershedNet(own)
            before = {name: value.clone() for name, value in net.state_dict().items()}
            start_from(net, own, folder)
            apart = "energy." if own.energy.levels else ("classes.", "box.")
            for name, value in net.state_dict().items():
                if name.startswith(apart):
                    assert torch.equal(value, before[name])
            stem = "pyramid.stem.0.weight"
            assert torch.equal(net.state_dict()[stem], load_model(folder)[0].state_dict()[stem])


def test_a_start_gives_its_rows_by_name() -> None:
    small = NetworkConfig(widths=(16,) * 5, neck=16, features=16, hidden=8)
    one = ModelConfig(name="one", families={"a": ("x",), "b": ("y", "z")}, network=small)
    other = ModelConfig(name="other", families={"b": ("w", "z"), "a": ("x",)}, network=small)
    donor, net = WatershedNet(one), WatershedNet(other)
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder), donor, one)
        start_from(net, other, folder)
    for mine, theirs in (("z", "z"), ("x", "x")):
        row, given = other.classes.index(mine), one.classes.index(theirs)
        assert torch.allclose(net.classes[2].weight[row], donor.classes[2].weight[given], atol=1e-3)
    assert torch.allclose(net.energy.weight[0], donor.energy.weight[1], atol=1e-3)
    assert torch.allclose(net.box[2].weight[4:], donor.box[2].weight[:4], atol=1e-3)


def test_a_recipe_needs_a_model_or_a_start(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text("[data]\ntrain=['a']\nval=['a']\n")
    with pytest.raises(InputError, match="--from"):
        read_recipe(file)


def test_crops_depend_on_their_number_alone_and_never_clip_a_box(
    recipe: Recipe, tmp_path: Path
) -> None:
    page = make_page(tmp_path, 7)
    model = model_of(recipe, [page])
    cached = cache_pages([page], tmp_path / "cache", model.classes)
    crops = CropDataset(cached, model, recipe.augment, recipe.training)
    again = CropDataset(cached, model, recipe.augment, recipe.training)
    for i in range(4):
        ink, targets, _ = crops[i]
        assert torch.equal(ink, again[i][0])
        assert targets.energy.shape == (2, 64, 64)
        sides = np.exp(targets.box[:, 2:]) * model.interline
        heads = targets.label == model.classes.index("notehead")
        assert (sides[heads, 0] > 21 * 0.7).all()  # true size, scaled by at most the jitter


def test_the_refiner_sees_symbols_longer_than_a_crop(recipe: Recipe, tmp_path: Path) -> None:
    page = make_page(tmp_path, 8)
    page = replace(page, symbols=[*page.symbols, Symbol(name="beam", box=Box(40, 10, 300, 18))])
    assert recipe.model
    asked = recipe.model.model_copy(update={"refiner": RefinerConfig()})
    model = model_of(recipe.model_copy(update={"model": asked}), [page])
    cached = cache_pages([page], tmp_path / "cache", model.classes)
    crops = CropDataset(cached, model, recipe.augment, recipe.training)
    assert recipe.training.crop < 260
    looks = [crops[i][2] for i in range(12)]
    wide = torch.cat([x.extent[x.label == model.classes.index("beam")] for x in looks])
    assert len(wide)
    assert (wide[:, 0].exp() * INTERLINE > 250 * 0.5).all()  # pages are also seen at half size


@pytest.mark.parametrize("name", ["printed", "handwritten", "thesis"])
def test_shipped_recipes_are_valid(name: str) -> None:
    assert read_recipe(ROOT / "recipes" / f"{name}.toml").model.name == name


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[training]\nbatch = 0", "training.batch"),
        ("[training]\ncrop = 100", "training.crop"),
        ("[training]\nvalidate_every = 0", "training.validate_every"),
        ("[training]\nseed = -1", "training.seed"),
        ("[training]\nworkers = -1", "training.workers"),
        ("[data]\ntrain = ['a']\nval = ['a']\nval_pages = 0", "data.val_pages"),
        ("[data]\ntrain = []\nval = ['a']", "data.train"),
        ("training = 5", "training"),
        ("", "data"),
    ],
)
def test_a_recipe_that_cannot_be_run_is_refused(tmp_path: Path, text: str, key: str) -> None:
    data = "" if "[data]" in text or not text else "\n[data]\ntrain = ['a']\nval = ['a']\n"
    file = tmp_path / "r.toml"
    file.write_text(text + data)
    with pytest.raises(InputError, match=f"r.toml: {key}: "):
        read_recipe(file)


def test_cuttings_must_fit_into_a_crop(recipe: Recipe) -> None:
    for size in ((80, 128), (129, 40)):
        augment = {"margin_crops": 1, "margin_size": size}
        with pytest.raises(ValueError, match="margin_size"):
            Recipe.model_validate(recipe.model_dump() | {"augment": augment})


@pytest.mark.parametrize(
    ("learn", "frozen"),
    [(("energy",), ("pyramid", "energy")), (("refiner",), ()), (("box",), ("pyramid", "box"))],
)
def test_a_stage_that_learns_nothing_is_refused_before_pages_are_read(
    recipe: Recipe, tmp_path: Path, learn: tuple[str, ...], frozen: tuple[str, ...]
) -> None:
    data = recipe.model_dump()
    data["training"] |= {"stages": [{"learn": ("class",)}, {"learn": learn}], "frozen": frozen}
    data["data"]["train"] = ("there/is/none",)
    with pytest.raises(InputError, match=f"a stage of {learn[0]}: "):
        train(Recipe.model_validate(data), tmp_path / "run", "cpu")


def test_losses_of_frozen_parts_are_left_out(recipe: Recipe, tmp_path: Path) -> None:
    data = recipe.model_dump()
    data["model"]["refiner"] = {}
    frozen = ("pyramid", "energy")
    data["training"] |= {"stages": [{"learn": ("energy", "refiner")}], "frozen": frozen, "steps": 1}
    train(Recipe.model_validate(data), tmp_path / "run", "cpu")
    data["training"]["looks"] = 0  # then the refiner learns from nothing
    with pytest.raises(InputError, match="a stage of energy, refiner"):
        train(Recipe.model_validate(data), tmp_path / "other", "cpu")


def test_a_run_whose_data_have_other_classes_now_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    train(with_steps(recipe, 1), tmp_path / "run", "cpu")
    file = tmp_path / "data/annotations.json"
    file.write_text(file.read_text().replace('"stem"', '"stalk"'))
    with pytest.raises(InputError, match="over other classes"):
        train(recipe, tmp_path / "run", "cpu")


def test_other_masks_are_another_picture(tmp_path: Path) -> None:
    box = Box(10, 10, 14, 12)
    for number, mask in enumerate((np.ones((2, 4), bool), np.eye(2, 4, dtype=bool))):
        symbol = Symbol(name="stem", box=box, mask=mask)
        page = Page(name="a", width=40, height=40, symbols=[symbol], interline=8.0)
        cache_pages([page], tmp_path, ["stem"])
        assert len(list(tmp_path.glob("*.npy"))) == number + 1


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [("augment", "scale", (0, 1)), ("augment", "squeeze", (1.2, 0.8)), ("training", "ema", 5),
     ("augment", "balanced", 3)],
)  # fmt: skip
def test_numbers_that_no_training_takes_are_refused(
    recipe: Recipe, table: str, key: str, value: object
) -> None:
    data = recipe.model_dump()
    data[table][key] = value
    with pytest.raises(ValueError, match=key):
        Recipe.model_validate(data)


def test_pages_without_a_symbol_validate_no_pretraining(recipe: Recipe, tmp_path: Path) -> None:
    bare = replace(make_page(tmp_path, 9), symbols=[])
    coco.write([bare], tmp_path / "bare")
    data = recipe.model_dump()
    data["data"]["val"] = (str(tmp_path / "bare"),)
    data["training"]["stages"] = [{"learn": ("patches",)}, {"learn": ("energy",)}]
    with pytest.raises(InputError, match="bare: no symbol"):
        train(Recipe.model_validate(data), tmp_path / "run", "cpu")


def test_a_recipe_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_bytes(b"# \xe9")
    with pytest.raises(InputError, match="not valid TOML"):
        read_recipe(file)


def test_a_file_in_the_place_of_the_run_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        train(recipe, tmp_path / "run", "cpu")


def test_a_model_trained_further_keeps_its_licence(recipe: Recipe, tmp_path: Path) -> None:
    donor = train(with_steps(recipe, 1), tmp_path / "donor", "cpu")
    config = read_config(donor)
    write_config(donor, config.model_copy(update={"licence": "CC-BY-NC-SA-4.0"}))
    (donor / "LICENSE.txt").write_text("not for sale")
    further = recipe.training.model_copy(update={"start_from": str(donor), "steps": 1})
    for model in (recipe.model, None):
        out = tmp_path / f"run-{model is None}"
        folder = train(recipe.model_copy(update={"training": further, "model": model}), out, "cpu")
        assert read_config(folder).licence == "CC-BY-NC-SA-4.0"
        assert (folder / "LICENSE.txt").read_text() == "not for sale"


def test_a_recipe_with_an_unknown_key_names_it(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text('[model]\nname="x"\nfamilies={}\nspeed=3\n[data]\ntrain=["a"]\nval=["a"]\n')
    with pytest.raises(InputError, match=r"model\.speed"):
        read_recipe(file)


def test_families_take_the_first_pattern_that_fits() -> None:
    families = {"a": ("notehead*",), "b": ("*",)}
    assert resolve_families(families, ["noteheadBlack", "rest"]) == {
        "a": ("noteheadBlack",),
        "b": ("rest",),
    }
    with pytest.raises(ValueError, match="stem"):
        resolve_families({"a": ("notehead*",)}, ["stem"])


def test_the_rate_rises_stays_and_falls() -> None:
    training = TrainConfig(steps=100, warmup=10, decay=0.5, learning_rate=1.0)
    rates = [learning_rate(step, training) for step in range(100)]
    assert rates[0] < rates[9] == rates[40] == 1.0
    assert rates[99] < 0.05


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, __: Path) -> None:
        raise OSError(ENOSPC, "No space left on device")

    net = torch.nn.Linear(2, 2)
    optimiser = torch.optim.AdamW(net.parameters())
    file = tmp_path / "checkpoint.safetensors"
    save_checkpoint(file, {"net": net}, optimiser, {"step": 1})
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        save_checkpoint(file, {"net": net}, optimiser, {"step": 2})
    assert read_facts(file) == {"step": 1}
    assert list(tmp_path.iterdir()) == [file]


def test_the_thesiss_schedule_runs_and_resumes(recipe: Recipe, tmp_path: Path) -> None:
    learn = (["patches"], ["segmentation"], ["energy"], ["class"], ["box"], ["energy", "class"])
    recipe = Recipe.model_validate(
        recipe.model_dump()
        | {"augment": {"degrade": 0, "margin_crops": 1, "margin_size": (40, 60)}}
        | {"model": {**recipe.model.model_dump(), "decode": {"components": "cut", "box": "cached"}}}
        | {
            "training": {
                **recipe.training.model_dump(),
                **{"steps": 12, "optimiser": "rmsprop", "ema": 0.0, "normalise_losses": True},
                **{"stages": [{"learn": names} for names in learn]},
            }
        }
    )
    assert [list(steps) for _, steps in schedule(recipe.training)][-1] == [10, 11]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omr.training.run.tqdm.write", interrupt_at("mIoU"))
        with pytest.raises(KeyboardInterrupt):
            train(recipe, tmp_path / "run", "cpu")
    folder = train(recipe, tmp_path / "run", "cpu")
    _, model = load_model(folder)
    assert model.sizes["stem"] == pytest.approx((2 / INTERLINE, 50 / INTERLINE), abs=1e-3)
    events = EventAccumulator(str(tmp_path / "run/log"))
    events.Reload()
    tags = events.Tags()
    assert {"validation/patch-accuracy", "validation/mIoU", "loss/patches", "loss/segmentation",
            "loss/class/30-to-299", "loss/box/30-to-299"} <= set(tags["scalars"])  # fmt: skip
    assert tags["images"] == ["validation/classes"]
    assert [e.step for e in events.Scalars("loss/energy")] == [5, 6, 11, 12]


def interrupt_at(word: str) -> Callable[..., None]:
    def write(line: str, **_: object) -> None:
        if word in line:
            raise KeyboardInterrupt

    return write


def test_patches_show_their_symbol_and_pixels_their_class(recipe: Recipe, tmp_path: Path) -> None:
    page = make_page(tmp_path, 7)
    model = model_of(recipe, [page])
    cached = cache_pages([page], tmp_path / "cache", model.classes)
    plain = AugmentConfig(degrade=0, scale=(1, 1), squeeze=(1, 1))
    crops = CropDataset(cached, model, plain, recipe.training)
    patches = PatchDataset(crops)[0]
    assert patches.ink.shape[1:] == (1, 170, 45)
    heads = patches.label == model.classes.index("notehead")
    assert 0 < heads.sum() < len(heads)
    assert (patches.ink[:, 0, 80:90, 18:27].mean((1, 2))[heads] > 0.9).all()
    pixels = PixelDataset(crops)[0]
    assert pixels.label.shape == (1, 64, 64)
    found = set(pixels.label.unique().tolist())
    assert found == {0, 1, 2}  # and staff lines are no symbol that it knows
    assert (pixels.label == 2).float().mean() > 0.8


def test_a_share_of_the_crops_is_degraded(recipe: Recipe, tmp_path: Path) -> None:
    page = make_page(tmp_path, 7)
    model = model_of(recipe, [page])
    cached = cache_pages([page], tmp_path / "cache", model.classes)

    def inks(share: float) -> list[torch.Tensor]:
        augment = AugmentConfig(degrade=share)
        crops = CropDataset(cached, model, augment, recipe.training)
        return [crops[i][0] for i in range(12)]

    half = [torch.equal(a, b) for a, b in zip(inks(0.5), inks(0), strict=True)]
    whole = [torch.equal(a, b) for a, b in zip(inks(0.5), inks(1), strict=True)]
    assert 0 < sum(half) < 12
    assert all(a or b for a, b in zip(half, whole, strict=True))


def test_mean_iou_counts_the_classes_that_there_are() -> None:
    label = torch.tensor([[0, 0, 1, 3]])
    guess = torch.tensor([[0, 1, 1, 2]])
    assert mean_iou([(guess, label), (label, label)], 3) == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert mean_iou([], 3) == 0


def test_the_thesiss_network_has_maps_of_the_same_size() -> None:
    network = NetworkConfig(backbone="refinenet", features=16, hidden=0)
    model = ModelConfig(name="t", families={"all": ("x", "y")}, network=network)
    net = WatershedNet(model).eval()
    with torch.inference_mode():
        features, energy = net(torch.rand(1, 1, 64, 96))
    assert features.shape == (1, 16, 32, 48)
    assert energy.shape == (1, 1, 1, 32, 48)
    assert net.pyramid.levels(torch.rand(1, 1, 170, 45))[-1].shape[1] == net.pyramid.deepest


@pytest.mark.parametrize("stages", [[["patches"]], [["patches", "energy"], ["energy"]], [[]], []])
def test_a_schedule_that_makes_no_model_is_refused(stages: list[list[str]]) -> None:
    with pytest.raises(ValidationError):
        TrainConfig.model_validate({"stages": [{"learn": learn} for learn in stages]})
