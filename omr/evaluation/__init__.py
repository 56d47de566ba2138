"""How good detections are: COCO's figures, what went wrong, how far scores can be trusted."""

from .coco_dense import evaluate
from .report import Report

__all__ = ["Report", "evaluate"]
