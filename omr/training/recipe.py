"""How a model is trained: a training file (TOML), validated and frozen."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, PositiveInt, ValidationError, model_validator

from deepscores_tools.errors import InputError, reason

from ..config import Frozen, ModelConfig, Range, Share


class DataConfig(Frozen):
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


class AugmentConfig(Frozen):
    """What happens to a training crop. scale: log-uniform; squeeze: horizontal only."""

    degrade: Share = Field(default=1.0, description="share of crops made to look scanned")
    scale: Range = (0.85, 1.2)
    squeeze: Range = (0.9, 1.1)
    balanced: Share = Field(default=0.5, description="share of crops drawn by class, not by page")
    thickness: Share = Field(
        default=0.0, description="share of the crops not degraded that get thinner or thicker ink"
    )
    roughness: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = Field(
        default=(0.2, 0.5, 1.0),
        min_length=1,
        description="how far boxes that the refiner sees are off, in units of looks.ERROR; each"
        " box draws one",
    )
    margin_crops: int = Field(
        default=0, ge=0, description="cuttings with symbols of all classes, at a crop's top"
    )
    margin_size: tuple[PositiveInt, PositiveInt] = Field(
        default=(80, 130), description="width, height of one in pixels at the model's interline"
    )


Part = Literal["pyramid", "energy", "classes", "box", "refiner"]
Task = Literal["patches", "segmentation"]
Loss = Literal[Task, "energy", "class", "box", "refiner"]
BoxLoss = Literal["iou", "squared"]


class StageConfig(Frozen):
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


class TrainConfig(Frozen):
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
    decay: Share = Field(default=0.35, description="share of the steps spent decaying")
    ema: Share = 0.998
    weights: tuple[float, float, float, float] = Field(
        default=(1.0, 1.0, 1.0, 1.0), description="of energy, class, box and refiner"
    )
    looks: int = Field(default=32, ge=0, description="boxes of a crop that the refiner learns from")
    frozen: tuple[Part, ...] = Field(default=(), description="parts that keep their weights")
    normalise_losses: bool = Field(
        default=False, description="divide each loss by its running mean"
    )
    box_loss: BoxLoss = "iou"
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


class Recipe(Frozen):
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
