"""A detector on pages whose symbols are known: what training and all that is fitted go by."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from deepscores_tools.dataset_image import page_image
from deepscores_tools.degradation import degrade, draw_preset
from deepscores_tools.errors import InputError, listed
from deepscores_tools.learnable import foreign_classes
from deepscores_tools.symbols import Page
from deepscores_tools.whole_folder import whole_folder

from ..detector import Detector
from ..device import pick_device
from ..eight_bits import observed
from ..model_store import copy_with_card, load_model, write_config
from .coco_dense import evaluate
from .fitting import fitted
from .report import Report


def validate(detector: Detector, pages: Sequence[Page], *, worn: bool) -> Report:
    """What the detector finds on the pages at any score, against what is there.

    worn: every other page is degraded, always alike. Pages of several datasets may share names.
    """
    truth = [replace(page, name=f"{number} {page.name}") for number, page in enumerate(pages)]
    found = []
    for number, page in enumerate(tqdm(truth, unit="page", leave=False, disable=None)):
        gray = page_image(pages[number])  # whose name errors tell
        if worn and number % 2 and page.interline is not None:
            rng = np.random.default_rng(number)
            gray = degrade(gray, page.interline, rng, draw_preset(rng))
        seen = detector.detect(gray, min_score=0.0, interline=page.interline)
        found.append(replace(seen, name=page.name))
    return evaluate(truth, found)


def calibrate(
    model: str | Path, pages: Sequence[Page], out: Path, device: str = "auto", *, worn: bool
) -> Report:
    """The model with what is fitted to these pages, thresholds and all, in the new folder `out`.

    pages: as `learnable` gives them. Weights, card and licence stay as they are. Returns
    the report on scores without calibration.
    Raises InputError for a model that cannot be loaded, and where no page has a symbol that it
    knows.
    """
    net, config = load_model(model)
    if not pages:
        raise InputError(str(model), "cannot be calibrated on no pages; name a dataset with pages")
    plain = config.uncalibrated
    with whole_folder(out) as folder:
        foreign = foreign_classes(pages, config.all_classes)
        if foreign:
            what = f"{len(foreign)} classes that the model does not know: {listed(foreign)}"
            tqdm.write(f"Notice: {what}; what it finds there counts as wrong", file=sys.stderr)
        if not any(symbol.name in config.all_classes for page in pages for symbol in page.symbols):
            raise InputError(str(model), "cannot be calibrated on these pages: no symbol is of a "
                             "class that it knows (omr dataset convert --classes)")  # fmt: skip
        detector = Detector(net, plain, pick_device(device))
        with observed(detector.net) as ranges:
            report = validate(detector, pages, worn=worn)
        copy_with_card(model, "model.safetensors", folder)
        write_config(folder, fitted(plain, report, ranges))
    return report
