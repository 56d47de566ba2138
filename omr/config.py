"""What a model is: validated, frozen configuration.

A model's `config.json` holds `ModelConfig`, with class names and families written out, so that
weights explain themselves; a training file (training/recipe.py) has it as `[model]`.
"""

from __future__ import annotations

from math import inf
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, model_validator

STRIDE = 2  # input pixels to one of the maps (network.py)
MULTIPLE = 32  # sides of what the network takes, in pixels: its deepest stride
LOG_SIDES = -6.0, 5.0  # log of a box's sides in interlines; beyond these none is believed
UNTUNED = 0.3  # the threshold of a class that a model names none for


def _rising(ends: tuple[float, float]) -> tuple[float, float]:
    if not 0 < ends[0] <= ends[1]:
        raise ValueError("both ends must be positive, the lower one first")
    return ends


def _spanning(ends: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= ends[1] - ends[0] < inf:
        raise ValueError("both ends must be finite, the lower one first")
    return ends


Range = Annotated[tuple[float, float], AfterValidator(_rising)]
Span = Annotated[tuple[float, float], AfterValidator(_spanning)]


def hull(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """The least range that holds both."""
    return min(a[0], b[0]), max(a[1], b[1])


# PyTorch 2.15 on two threads was seen to corrupt memory in the backward pass of convolutions with
# 8 channels, where it computes in float32; with 16 and 32 it was not.
Channels = Annotated[int, Field(ge=16)]
Widths = tuple[Channels, Channels, Channels, Channels, Channels]
Blocks = tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt, PositiveInt]
Share = Annotated[float, Field(ge=0, le=1)]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkConfig(Frozen):
    """Channels of the pyramid at strides 2, 4, 8, 16, 32, and of its stride-2 output.

    backbone: "refinenet", the thesis's ResNet-101 + RefineNet, has fixed widths but `features`.
    """

    backbone: Literal["pyramid", "refinenet"] = "pyramid"
    widths: Widths = (32, 64, 96, 192, 256)
    blocks: Blocks = (1, 2, 2, 2, 2)
    neck: Channels = 64
    features: Channels = 48
    hidden: int = Field(
        default=128, ge=0, description="hidden units of the sparse heads; 0: one layer"
    )


class RefinerConfig(Frozen):
    """The second look at each box (refiner.py). width: channels; rounds: most looks of a box."""

    width: Channels = 32
    rounds: PositiveInt = 3
    least_score: Share = Field(default=0.02, description="fainter detections keep their boxes")


class EnergyConfig(Frozen):
    """The energy map: a cone at every symbol's centre, one plane per family.

    radius: half-axes of the cones in interlines (minimum, maximum); a half-axis is
    `extent` x the symbol's side, held between the two. Equal values give the thesis's discs.
    levels: 0 regresses the energy; K > 1 classifies K quantised levels (the thesis's form).
    ridges: families of long lines. The centre of a line is nothing that can be seen from its
    middle, so its energy is a ridge along its box, as wide as a cone, which falls at both ends.
    """

    radius: Range = (0.45, 1.5)
    extent: float = Field(default=0.25, gt=0)
    levels: int = Field(default=0, ge=0)
    cut: float = Field(
        default=0.08, gt=0, lt=1, description="energy below this, of 1, is background"
    )
    core: float = Field(
        default=0.35, gt=0, lt=1, description="class and box are learnt where energy is as high"
    )
    ridges: tuple[str, ...] = ()
    least_pass: Share = Field(
        default=0.87, description="height of a pass, of the lower summit's, that a ridge goes over"
    )


class DecodeConfig(Frozen):
    """How maps become symbols.

    components: "peaks" lets every pixel climb to its summit (topographic watershed), and joins
    those of a ridge; "cut" labels the connected pixels above `EnergyConfig.cut` (the
    thesis's form).
    box: "offset" trusts the regressed centre, "centroid" places the mean size around the
    component's centre of gravity, "cached" the mean size of its class (`ModelConfig.sizes`; the
    thesis's section 6.8.2). vote: "mean" averages class probabilities, "majority" counts.
    views: what the page's interline is taken for, as shares of it; below 1 the page is shown
    larger. What several views show is fused (`found.fused`).
    merge_iou: of one class, what overlaps more is one symbol, and the best stays; merge_iou_of: the
    same for classes of which two never overlap so much, as long slurs are seen in several places.
    size_margin: how many times smaller or larger than its class in training
    (`ModelConfig.size_ranges`) a detection may be; what is beyond is left out. 0: nothing is.
    """

    components: Literal["peaks", "cut"] = "peaks"
    box: Literal["offset", "centroid", "cached"] = "offset"
    vote: Literal["mean", "majority"] = "mean"
    merge_iou: Share = 0.6
    merge_iou_of: dict[str, Share] = {}
    views: tuple[Annotated[float, Field(ge=0.5, le=2.0)], ...] = Field(default=(1.0,), min_length=1)
    size_margin: float = Field(default=1.5, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _margin_leaves_room(self) -> DecodeConfig:
        if 0 < self.size_margin < 1:
            raise ValueError("size_margin below 1 leaves out what was learnt; 0 leaves out nothing")
        return self


class ModelConfig(Frozen):
    """Everything that is needed to run a model.

    interline: staff-line distance, in pixels, that pages are rescaled to.
    families: plane name -> class names, in plane order; every class in exactly one.
    staff_classes: classes found from the ink of the staff lines, not by the network.
    sizes: mean width and height of a class in interlines, where `DecodeConfig.box` asks for them.
    size_ranges: widths and heights of a class in training, in interlines (new_model.py).
    thresholds: score per class above which a detection is reported by default.
    calibration: slope and shift of the scores' log-odds that make a score the chance of being
    right (calibration.py).
    map_ranges: least and greatest value of each map that the network's convolutions read and give,
    as seen on validation pages; without them it computes in floats (eight_bits.py).
    """

    name: str
    interline: float = Field(default=16.0, gt=0, allow_inf_nan=False)
    families: dict[str, tuple[str, ...]]
    staff_classes: tuple[str, ...] = ("staff",)
    network: NetworkConfig = NetworkConfig()
    energy: EnergyConfig = EnergyConfig()
    decode: DecodeConfig = DecodeConfig()
    refiner: RefinerConfig | None = None
    sizes: dict[str, tuple[float, float]] = {}
    size_ranges: dict[str, tuple[Range, Range]] = {}
    thresholds: dict[str, float] = {}
    calibration: tuple[Annotated[float, Field(gt=0)], float] = (1.0, 0.0)
    map_ranges: dict[str, tuple[Span, ...]] = {}
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
        """The same with maps and scores as the network gives them, which the rest is fitted to."""
        return self.model_copy(update={"calibration": (1.0, 0.0), "map_ranges": {}})

    def threshold(self, name: str) -> float:
        """The score above which a detection of this class is reported by default."""
        return self.thresholds.get(name, UNTUNED)

    @property
    def merge_ious(self) -> tuple[float, ...]:
        """For every class of `classes`, the IoU above which two detections are one symbol."""
        decode = self.decode
        return tuple(decode.merge_iou_of.get(name, decode.merge_iou) for name in self.classes)

    @property
    def family_of_class(self) -> tuple[int, ...]:
        """For every class of `classes`, the index of its energy plane."""
        return tuple(i for i, members in enumerate(self.families.values()) for _ in members)

    @property
    def ridge_planes(self) -> tuple[int, ...]:
        """The indices of the energy planes that hold ridges."""
        return tuple(i for i, name in enumerate(self.families) if name in self.energy.ridges)
