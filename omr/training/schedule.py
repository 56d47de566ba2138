"""What is learnt when, how fast, and by which optimiser."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from .recipe import StageConfig, TrainConfig


def schedule(training: TrainConfig) -> list[tuple[StageConfig, range]]:
    """The stages and the steps of each."""
    shares = np.cumsum([stage.share for stage in training.stages])
    ends = [round(training.steps * share / shares[-1]) for share in shares]
    return [
        (stage, range(*ends_of))
        for stage, ends_of in zip(training.stages, pairwise([0, *ends]), strict=True)
    ]


def optimiser_for(learnt: list[nn.Parameter], training: TrainConfig) -> torch.optim.Optimizer:
    """AdamW, or the thesis's RMSProp, over the parameters that learn."""
    rate, decay = training.learning_rate, training.weight_decay
    if training.optimiser == "rmsprop":  # the thesis's decay rate of 0.995
        rms = torch.optim.RMSprop(learnt, rate, alpha=0.995, weight_decay=decay)
        # From squares of 0 the first step is 14 times the rate, which RefineNet does not
        # survive, having no norms: they begin at 1, as in the framework of the reference.
        for p in learnt:
            rms.state[p] = {"step": torch.zeros(()), "square_avg": torch.ones_like(p)}
        return rms
    return torch.optim.AdamW(learnt, rate, weight_decay=decay)


def learning_rate(step: int, training: TrainConfig) -> float:
    """Linear warm-up, constant, linear decay to 1 % over the last `decay` of the steps."""
    rising = min((step + 1) / max(training.warmup, 1), 1.0)
    left = (training.steps - step) / max(training.steps * training.decay, 1.0)
    return training.learning_rate * min(rising, max(left, 0.01))
