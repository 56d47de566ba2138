"""Training: a recipe in, a model folder out; killed at any moment, it goes on where it was."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from deepscores_tools.dataset_image import page_image
from deepscores_tools.errors import InputError
from deepscores_tools.folder_lock import only_writer
from deepscores_tools.whole_file import remove_parts, write_whole

from ..detector import Detector
from ..device import fast_dtype, pick_device
from ..eight_bits import observed
from ..evaluation.fitting import fitted
from ..evaluation.validation import validate
from ..memory import keep_freed_memory
from ..model_store import model_folder, read_config, save_model
from ..network import WatershedNet
from .batches import Batch, collate, one_thread
from .checkpoint import load_checkpoint, read_facts, save_checkpoint
from .class_picture import class_picture
from .crops import CropDataset
from .losses import Predictions, TotalLoss, refiner_loss
from .new_model import model_of
from .page_cache import CachedPage, cache_pages
from .pages import left_out, training_pages, validation_pages
from .pretraining import TASKS, Labelled, Pretraining, examples
from .recipe import AugmentConfig, Part, Recipe, StageConfig, Task, TrainConfig
from .schedule import learning_rate, optimiser_for, schedule
from .start import start_from

CHECKPOINT = "checkpoint.safetensors"


def train(recipe: Recipe, out: Path, device: str = "auto") -> Path:
    """Train as the recipe says, in the folder `out`; returns the model folder `out/model`.

    `out` holds the page cache, `checkpoint.safetensors`, TensorBoard events and the best model by
    validation mAP. Raises InputError for unreadable data, for another recipe's folder, and for
    one that another process trains in.
    """
    with only_writer(out):
        for folder in (out, out / "cache", out / "model"):
            remove_parts(folder)
        # Refused before pages are read, which takes long.
        _require_learning(recipe)
        checkpoint = out / CHECKPOINT
        if checkpoint.exists() and read_facts(checkpoint).get("recipe") != _essence(recipe):
            raise InputError(out, "holds a run of another recipe; name another folder or remove it")
        return _Run(recipe, out, pick_device(device)).go()


_PLAIN = AugmentConfig(degrade=0, scale=(1, 1), squeeze=(1, 1), balanced=0)


class _Run:
    """One training run: its network, its averaged copy, its optimiser and where it stands."""

    def __init__(self, recipe: Recipe, out: Path, device: torch.device) -> None:
        keep_freed_memory()
        self.recipe, self.out, self.device = recipe, out, device
        self.training = recipe.training
        pages = training_pages(recipe.data)
        self.val = validation_pages(recipe.data)
        self.model = model_of(recipe, pages).uncalibrated
        for notice in left_out(pages, self.model.all_classes, recipe.data.min_instances):
            _say(f"Notice: {notice}")
        cached = cache_pages(pages, out / "cache", self.model.classes)
        del pages  # masks are large; the cache holds what training needs
        _require_symbols(cached, recipe.data.train)
        self.learning = _learning(self.training, bool(self.model.refiner))
        self.crops = CropDataset(cached, self.model, recipe.augment, recipe.training)
        self.instances = [len(members) for members in self.crops.members]
        torch.manual_seed(self.training.seed)
        self.net = WatershedNet(self.model).to(device).to(memory_format=torch.channels_last)
        if self.training.start_from:
            start_from(self.net, self.model, self.training.start_from)
        for part in self.training.frozen:
            _freeze(self.net, part)
        self.ema = copy.deepcopy(self.net).eval()
        self.modules: dict[str, nn.Module] = {"net": self.net, "ema": self.ema}
        learnt = [*self.net.parameters()]
        self.pretraining: Pretraining | None = None
        if any(stage.task for stage in self.training.stages):
            _require_symbols(self._cached_val(), recipe.data.val)
            self.pretraining = Pretraining(self.net, self.model).to(device)
            self.modules["pretraining"] = self.pretraining
            learnt += self.pretraining.parameters()
        self.optimiser = optimiser_for([p for p in learnt if p.requires_grad], self.training)
        self.total = TotalLoss(self.training.weights, self.training.normalise_losses)
        self.step, self.best = 0, -1.0
        self.checkpoint = out / CHECKPOINT
        if self.checkpoint.exists():
            facts = read_facts(self.checkpoint)
            if facts.get("families", self._families) != self._families:
                problem = "holds a run over other classes, as its data have changed since"
                raise InputError(out, f"{problem}; name another folder or remove it")
            load_checkpoint(self.checkpoint, self.modules, self.optimiser)
            self.step, self.best = facts["step"], facts["best"]
            self.total.recent.update(facts.get("recent", {}))

    @property
    def _families(self) -> dict[str, list[str]]:
        """What the rows of the weights mean, as JSON has it."""
        return {name: list(members) for name, members in self.model.families.items()}

    def go(self) -> Path:
        """Train to the last step, validating and saving on the way."""
        dtype = fast_dtype(self.device)
        ends = {steps.stop for _, steps in schedule(self.training)}
        with (
            SummaryWriter(str(self.out / "log"), purge_step=self.step + 1) as log,
            tqdm(total=self.training.steps, initial=self.step, disable=None, unit="step") as bar,
        ):
            for stage, batch in self._batches():
                self._set_rate()
                losses, bands = self._learn(stage, batch.to(self.device), dtype)
                self.step += 1
                bar.update()
                for name, loss in (losses | bands).items():
                    log.add_scalar(f"loss/{name}", loss, self.step)
                shown = " ".join(f"{name} {loss:.2f}" for name, loss in losses.items())
                bar.set_postfix_str(shown, refresh=False)
                last = self.step in ends
                if self.step % self.training.validate_every == 0 or last:
                    self._validate(stage, log)
                if self.step % self.training.checkpoint_every == 0 or last:
                    self._save()
        return self.out / "model"

    def _batches(self) -> Iterator[tuple[StageConfig, Batch | Labelled]]:
        """What is learnt in each of the remaining steps, and from what."""
        size = self.training.batch
        for stage, steps in schedule(self.training):
            if self.step >= steps.stop:
                continue
            task = stage.task
            for batch in DataLoader[Any](
                Subset(
                    examples(task, self.crops) if task else self.crops,
                    range(max(self.step, steps.start) * size, steps.stop * size),
                ),
                size,
                collate_fn=Labelled.together if task else collate,
                num_workers=self.training.workers,
                multiprocessing_context="spawn" if self.training.workers else None,
                prefetch_factor=4 if self.training.workers else None,
                worker_init_fn=one_thread,
            ):
                yield stage, batch

    def _learn(
        self, stage: StageConfig, batch: Batch | Labelled, dtype: torch.dtype
    ) -> tuple[dict[str, float], dict[str, float]]:
        """One step on a batch: the losses by name, and those of rare and frequent classes."""
        for name, part in self.net.named_children():
            part.train(name not in self.training.frozen)  # frozen batch norms keep theirs
        with torch.autocast(self.device.type, dtype, enabled=dtype != torch.float32):
            losses, bands = self._losses(stage, batch)
        if not losses:
            return {}, {}
        self.total(losses).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        _average(self.ema, self.net, min(self.training.ema, (1 + self.step) / (10 + self.step)))
        return {name: float(loss.detach()) for name, loss in losses.items()}, bands

    def _losses(
        self, stage: StageConfig, batch: Batch | Labelled
    ) -> tuple[dict[str, Tensor], dict[str, float]]:
        if isinstance(batch, Labelled):
            assert stage.task
            assert self.pretraining
            return {stage.task: self.pretraining.loss(self.net, batch, stage.task)}, {}
        wanted = {loss for loss in stage.learn if loss in self.learning}
        losses: dict[str, Tensor] = {}
        bands: dict[str, float] = {}
        if wanted - {"refiner"}:
            predictions = Predictions.of(self.net, batch)
            losses = predictions.losses(batch, self.training.box_loss)
            bands = predictions.by_band(batch, self.training.box_loss, self.instances)
        if self.net.refiner and "refiner" in wanted and len(batch.looks.label):
            losses["refiner"] = refiner_loss(self.net.refiner, batch.looks)
        return {name: loss for name, loss in losses.items() if name in wanted}, bands

    def _set_rate(self) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, self.training)

    def _validate(self, stage: StageConfig, log: SummaryWriter) -> None:
        if stage.task:
            self._validate_task(stage.task, log)
            return
        detector = Detector(copy.deepcopy(self.ema), self.model, self.device)
        with observed(detector.net) as ranges:
            report = validate(detector, self.val, worn=self.recipe.augment.degrade > 0)
        log.add_scalar("validation/mAP", report.map, self.step)
        log.add_scalar("validation/AP50", report.ap50, self.step)
        _say(f"step {self.step}: validation mAP {report.map:.3f}, AP50 {report.ap50:.3f}")
        if report.map > self.best:
            self.best = report.map
            save_model(self.out / "model", self.ema, fitted(self.model, report, ranges))
            self._hand_on_licence()
        page = self.val[0]
        if page.interline:
            picture = class_picture(detector, page_image(page), page.interline)
            log.add_image("validation/classes", picture, self.step, dataformats="HWC")

    def _hand_on_licence(self) -> None:
        """Copy the text of the licence of the model started from, where it is this one's too."""
        start = self.training.start_from
        text = model_folder(start) / "LICENSE.txt" if start else None
        if not (start and text and text.is_file()):
            return
        if read_config(model_folder(start)).licence == self.model.licence:
            write_whole(self.out / "model/LICENSE.txt", text.read_bytes())

    def _validate_task(self, task: Task, log: SummaryWriter) -> None:
        assert self.pretraining
        crops = CropDataset(self._cached_val(), self.model, _PLAIN, self.training)
        name, dtype = TASKS[task][0], fast_dtype(self.device)
        with torch.autocast(self.device.type, dtype, enabled=dtype != torch.float32):
            figure = self.pretraining.measure(self.net, crops, task)
        log.add_scalar(f"validation/{name.replace(' ', '-')}", figure, self.step)
        _say(f"step {self.step}: validation {name} {figure:.3f}")

    def _cached_val(self) -> list[CachedPage]:
        return cache_pages(self.val, self.out / "cache", self.model.classes)

    def _save(self) -> None:
        facts = {"step": self.step, "best": self.best, "recent": self.total.recent}
        facts |= {"recipe": _essence(self.recipe), "families": self._families}
        save_checkpoint(self.checkpoint, self.modules, self.optimiser, facts)


def _require_symbols(pages: Sequence[CachedPage], specs: Sequence[str]) -> None:
    """Raises InputError where the pages of these datasets show nothing to learn."""
    if not any(len(page.labels) for page in pages):
        problem = "no symbol of the model's classes on any page with staves"
        raise InputError(", ".join(specs), problem)


_LEARN: Mapping[str, set[Part]] = {  # which parts of the network a loss teaches
    "energy": {"pyramid", "energy"}, "class": {"pyramid", "classes"}, "box": {"pyramid", "box"},
    "refiner": {"refiner"},
}  # fmt: skip


def _learning(training: TrainConfig, refiner: bool) -> set[str]:
    """The losses of which some part is neither frozen nor missing."""
    still = set(training.frozen)
    if not refiner or not training.looks:
        still.add("refiner")
    return {loss for loss, parts in _LEARN.items() if not parts <= still}


def _require_learning(recipe: Recipe) -> None:
    """Raises InputError for a stage of which nothing is left to learn, and for a model to start
    from that there is not."""
    start = recipe.training.start_from
    donor = read_config(model_folder(start)) if start else None
    model = recipe.model or donor
    learning = _learning(recipe.training, bool(model and model.refiner))
    for stage in recipe.training.stages:
        if not stage.task and not learning & set(stage.learn):
            raise InputError(
                f"a stage of {', '.join(stage.learn)}",
                "all that it learns is frozen or not in the model; change stages or frozen",
            )


def _freeze(net: WatershedNet, part: str) -> None:
    module = getattr(net, part)
    if module is not None:
        module.requires_grad_(False)


def _say(line: str) -> None:
    """To the terminal, not to where the path of the model is written."""
    tqdm.write(line, file=sys.stderr)


def _average(ema: nn.Module, net: nn.Module, keep: float) -> None:
    with torch.no_grad():
        for slow, fast in zip(ema.state_dict().values(), net.state_dict().values(), strict=True):
            if slow.dtype.is_floating_point:
                slow.lerp_(fast, 1.0 - keep)
            else:
                slow.copy_(fast)


def _essence(recipe: Recipe) -> str:
    """The recipe less what may change between one part of a run and the next."""
    may_change = {"steps", "decay", "validate_every", "checkpoint_every", "workers"}
    return json.dumps(
        recipe.model_dump(mode="json", exclude={"training": may_change}), sort_keys=True
    )
