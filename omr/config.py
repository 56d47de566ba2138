"""What a model is and how it is trained: validated, frozen configuration.

A training file (TOML) holds all of it; a released model's `config.json` holds `ModelConfig`,
with class names and families written out, so that weights explain themselves.
"""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator

from deepscores_tools.errors import InputError, reason

STRIDE = 2  # input pixels to one of the maps (network.py)
MULTIPLE = 32  # sides of what the network takes, in pixels: its deepest stride
LOG_SIDES = -6.0, 5.0  # log of a box's sides in interlines; beyond these none is believed
UNTUNED = 0.3  # the threshold of a class that a model names none for


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkConfig(_Frozen):
    """Channels of the pyramid at strides 2, 4, 8, 16, 32, and of its stride-2 output.

    backbone: "refinenet", the thesis's ResNet-101 + RefineNet, has fixed widths but `features`.
    """

    backbone: Literal["pyramid", "refinenet"] = "pyramid"
    widths: tuple[int, int, int, int, int] = (32, 64, 96, 192, 256)
    blocks: tuple[int, int, int, int, int] = (1, 2, 2, 2, 2)
    neck: int = 64
    features: int = 48
    hidden: int = Field(default=128, description="hidden units of the sparse heads; 0: one layer")


class RefinerConfig(_Frozen):
    """The second look at each box (refiner.py). rounds: the most looks that a box gets.

    width: channels. PyTorch 2.15 on two threads was seen to corrupt memory in the backward pass
    of convolutions with 8 channels over 3 boxes; with 32 it was not.
    """

    width: int = Field(default=32, ge=16)
    rounds: int = 3
    least_score: float = Field(default=0.02, description="fainter detections keep their boxes")


class EnergyConfig(_Frozen):
    """The energy map: a cone at every symbol's centre, one plane per family.

    radius: half-axes of the cones in interlines (minimum, maximum); a half-axis is
    `extent` x the symbol's side, held between the two. Equal values give the thesis's discs.
    levels: 0 regresses the energy; K > 1 classifies K quantised levels (the thesis's form).
    ridges: families of long lines. The centre of a line is nothing that can be seen from its
    middle, so its energy is a ridge along its box, as wide as a cone, which falls at both ends.
    """

    radius: tuple[float, float] = (0.45, 1.5)
    extent: float = 0.25
    levels: int = 0
    cut: float = Field(
        default=0.08, gt=0, lt=1, description="energy below this, of 1, is background"
    )
    ridges: tuple[str, ...] = ()
    least_pass: float = Field(
        default=0.87, description="height of a pass, of the lower summit's, that a ridge goes over"
    )


class DecodeConfig(_Frozen):
    """How maps become symbols.

    components: "peaks" lets every pixel climb to its summit (topographic watershed), and joins
    those of a ridge; "cut" labels the connected pixels above `EnergyConfig.cut` (the
    thesis's form).
    box: "offset" trusts the regressed centre, "centroid" places the mean size around the
    component's centre of gravity, "cached" the mean size of its class (`ModelConfig.sizes`; the
    thesis's section 6.8.2). vote: "mean" averages class probabilities, "majority" counts.
    views: what the page's interline is taken for, as shares of it; below 1 the page is shown
    larger. What several views show is fused (`found.fused`).
    """

    components: Literal["peaks", "cut"] = "peaks"
    box: Literal["offset", "centroid", "cached"] = "offset"
    vote: Literal["mean", "majority"] = "mean"
    merge_iou: float = Field(default=0.6, description="same class overlapping more: keep the best")
    views: tuple[Annotated[float, Field(ge=0.5, le=2.0)], ...] = Field(default=(1.0,), min_length=1)


class ModelConfig(_Frozen):
    """Everything that is needed to run a model.

    interline: staff-line distance, in pixels, that pages are rescaled to.
    families: plane name -> class names, in plane order; every class in exactly one.
    staff_classes: classes found from the ink of the staff lines, not by the network.
    sizes: mean width and height of a class in interlines, where `DecodeConfig.box` asks for them.
    thresholds: score per class above which a detection is reported by default.
    calibration: slope and shift of the scores' log-odds that make a score the chance of being
    right (calibration.py).
    """

    name: str
    interline: float = 16.0
    families: dict[str, tuple[str, ...]]
    staff_classes: tuple[str, ...] = ("staff",)
    network: NetworkConfig = NetworkConfig()
    energy: EnergyConfig = EnergyConfig()
    decode: DecodeConfig = DecodeConfig()
    refiner: RefinerConfig | None = None
    sizes: dict[str, tuple[float, float]] = {}
    thresholds: dict[str, float] = {}
    calibration: tuple[Annotated[float, Field(gt=0)], float] = (1.0, 0.0)
    minimum_version: str = "0.1.0"
    licence: str = "Apache-2.0"

    @model_validator(mode="after")
    def _each_class_once(self) -> ModelConfig:
        names = self.all_classes
        if len(set(names)) != len(names):
            twice = sorted({n for n in names if names.count(n) > 1})
            raise ValueError(f"classes in more than one family: {', '.join(twice)}")
        return self

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the network's logits (staff classes are not among them)."""
        return tuple(name for members in self.families.values() for name in members)

    @property
    def all_classes(self) -> tuple[str, ...]:
        """Names of everything that the model finds."""
        return (*self.classes, *self.staff_classes)

    @property
    def uncalibrated(self) -> ModelConfig:
        """The same with scores as the network gives them, which calibration is fitted to."""
        return self.model_copy(update={"calibration": (1.0, 0.0)})

    def threshold(self, name: str) -> float:
        """The score above which a detection of this class is reported by default."""
        return self.thresholds.get(name, UNTUNED)

    @property
    def family_of_class(self) -> tuple[int, ...]:
        """For every class of `classes`, the index of its energy plane."""
        return tuple(i for i, members in enumerate(self.families.values()) for _ in members)

    @property
    def ridge_planes(self) -> tuple[int, ...]:
        """The indices of the energy planes that hold ridges."""
        return tuple(i for i, name in enumerate(self.families) if name in self.energy.ridges)


class DataConfig(_Frozen):
    """Readable datasets, as `PATH` or `PATH#attribute=value,...` (see `read_selected`)."""

    train: tuple[str, ...] = Field(min_length=1)
    val: tuple[str, ...] = Field(min_length=1)
    val_pages: PositiveInt = 12
    min_instances: int = Field(
        default=1, ge=1, description="rarer classes are left out of the model"
    )
    vocabulary: Literal["found", "deepscores"] = Field(
        default="found", description="deepscores: its 136 classes are in the model, found or not"
    )


class AugmentConfig(_Frozen):
    """What happens to a training crop. scale: log-uniform; squeeze: horizontal only."""

    degrade: bool = True
    scale: tuple[float, float] = (0.85, 1.2)
    squeeze: tuple[float, float] = (0.9, 1.1)
    balanced: float = Field(default=0.5, description="share of crops drawn by class, not by page")
    thickness: float = Field(default=0.0, description="share of crops with thinner or thicker ink")
    margin_crops: int = Field(
        default=0, ge=0, description="cuttings with symbols of all classes, at a crop's top"
    )
    margin_size: tuple[PositiveInt, PositiveInt] = Field(
        default=(80, 130), description="width, height of one in pixels at the model's interline"
    )


Part = Literal["pyramid", "energy", "classes", "box", "refiner"]
Task = Literal["patches", "segmentation"]
Loss = Literal[Task, "energy", "class", "box", "refiner"]


class StageConfig(_Frozen):
    """A part of the schedule. learn: its losses; "patches" and "segmentation" stand alone.

    share: its length, as a share of the steps once all stages' are summed.
    """

    learn: tuple[Loss, ...] = Field(default=("energy", "class", "box", "refiner"), min_length=1)
    share: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _alone(self) -> StageConfig:
        if len(self.learn) > 1 and set(get_args(Task)) & set(self.learn):
            raise ValueError("patches and segmentation are each a stage of their own")
        return self

    @property
    def task(self) -> Task | None:
        """The task of pretraining, where it is one."""
        return next((task for task in get_args(Task) if task in self.learn), None)


class TrainConfig(_Frozen):
    """The optimiser's budget. Learning rate: warm-up, constant, linear decay over the last part."""

    steps: PositiveInt = 3000
    stages: tuple[StageConfig, ...] = Field(default=(StageConfig(),), min_length=1)
    batch: PositiveInt = 4
    crop: PositiveInt = Field(
        default=512, multiple_of=32, description="pixels at the model's interline"
    )
    optimiser: Literal["adamw", "rmsprop"] = "adamw"
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.02, ge=0)
    warmup: int = Field(default=100, ge=0)
    decay: float = Field(default=0.35, description="share of the steps spent decaying")
    ema: float = 0.998
    weights: tuple[float, float, float, float] = Field(
        default=(1.0, 1.0, 1.0, 1.0), description="of energy, class, box and refiner"
    )
    looks: int = Field(default=32, ge=0, description="boxes of a crop that the refiner learns from")
    frozen: tuple[Part, ...] = Field(default=(), description="parts that keep their weights")
    normalise_losses: bool = Field(
        default=False, description="divide each loss by its running mean"
    )
    box_loss: Literal["iou", "squared"] = "iou"
    validate_every: PositiveInt = 500
    checkpoint_every: PositiveInt = 100
    seed: int = Field(default=1, ge=0)
    workers: int = Field(default=1, ge=0)
    start_from: str | None = Field(
        default=None, description="released model or model folder whose weights are taken over"
    )

    @model_validator(mode="after")
    def _ends_with_detection(self) -> TrainConfig:
        if self.stages[-1].task:
            raise ValueError("the last of stages must be of the detector: it makes the model")
        return self


class Recipe(_Frozen):
    """A training file: `[model]`, `[data]`, `[augment]`, `[training]`.

    Without `[model]` the model of `training.start_from` is trained further, its classes kept.
    """

    model: ModelConfig | None = None
    data: DataConfig
    augment: AugmentConfig = AugmentConfig()
    training: TrainConfig = TrainConfig()

    @model_validator(mode="after")
    def _some_model(self) -> Recipe:
        if self.model is None and self.training.start_from is None:
            raise ValueError("neither [model] nor training.start_from (omr train --from)")
        if self.model and not set(self.model.energy.ridges) <= set(self.model.families):
            raise ValueError("model.energy.ridges names a family that model.families has not")
        width, height = self.augment.margin_size
        if self.augment.margin_crops and not (
            width <= self.training.crop and height < self.training.crop
        ):
            raise ValueError("augment.margin_size leaves no room in a crop of training.crop")
        return self


def read_recipe(path: Path, **training: object) -> Recipe:
    """The recipe in a TOML file, with `training` in place of what its `[training]` says.

    Raises InputError for a missing file or an unknown key.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        given = tables.get("training", {})
        if isinstance(given, dict):  # anything else is refused below
            tables["training"] = {**given, **training}
        return Recipe.model_validate(tables)
    except OSError as error:
        raise InputError(path, f"cannot be read ({reason(error)}); name a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(path, f"is not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        problem = first["msg"].removeprefix("Value error, ")
        raise InputError(path, f"{key}: {problem}" if key else problem) from error


def resolve_families(
    families: dict[str, tuple[str, ...]], names: list[str]
) -> dict[str, tuple[str, ...]]:
    """Families given as patterns (`notehead*`), with the names found in the data written out.

    A name belongs to the first family with a pattern that fits; the order of names is kept.
    Raises ValueError for a name that fits nowhere.
    """
    resolved: dict[str, list[str]] = {family: [] for family in families}
    for name in names:
        for family, patterns in families.items():
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                resolved[family].append(name)
                break
        else:
            raise ValueError(f"class {name} fits no family; add a pattern for it")
    return {family: tuple(members) for family, members in resolved.items() if members}
