"""The curves of a report as SVG, in the colour of the text around them."""

from __future__ import annotations

from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .average_precision import RECALLS
from .report import IOUS, Report

SHOWN = (0.25, 0.5, 0.75, 0.9)
"""IoUs whose mean curve is drawn."""

_TEXT = "#010203"  # stands for the colour of the text, which matplotlib cannot name
_BLUE, _RED, _GREEN, _SAND = "#4c8dd6", "#d9534f", "#45a25f", "#c9962f"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "omr", "font.size": 9, "legend.frameon": False,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.alpha": 0.25, "grid.color": _TEXT, "text.color": _TEXT, "axes.labelcolor": _TEXT,
    "axes.edgecolor": _TEXT, "xtick.color": _TEXT, "ytick.color": _TEXT,
}  # fmt: skip


def precision_recall(report: Report) -> str:
    """Precision at each recall, averaged over classes, a line for each of SHOWN."""

    def draw(axes: Any) -> None:
        for iou, colour in zip(SHOWN, (_SAND, _BLUE, _GREEN, _RED), strict=True):
            curve = report.curves[int(np.argmin(np.abs(np.array(IOUS) - iou)))]
            axes.plot(RECALLS, curve, color=colour, label=f"IoU {iou:g}: AP {curve.mean():.3f}")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)

    return _svg(draw, "recall", "precision, mean of all classes")


def f1_by_threshold(report: Report) -> str:
    """Precision, recall and F1 of all symbols at one score threshold for all classes."""
    every = report.judgements()
    scores, right = every.scores, every.right
    instances = max(sum(c.instances for c in report.classes), 1)
    limits = np.linspace(0, 1, 101)
    rising: NDArray[np.int64] = np.argsort(scores)
    first = np.searchsorted(scores[rising], limits)
    hits = np.append(np.cumsum(right[rising][::-1])[::-1], 0)[first]
    found = len(scores) - first
    lines = {
        "precision": np.divide(hits, found, out=np.full(101, np.nan), where=found > 0),
        "recall": hits / instances,
        "F1": 2 * hits / (found + instances),
    }

    def draw(axes: Any) -> None:
        for (name, line), colour in zip(lines.items(), (_BLUE, _GREEN, _RED), strict=True):
            axes.plot(limits, line, color=colour, label=name)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)

    return _svg(draw, "score threshold", "all symbols, IoU .5")


def reliability_diagram(report: Report) -> str:
    """The share of detections that is right, against their score; honest scores lie on the line."""
    bins = [b for b in report.reliability.bins if b.detections]

    def draw(axes: Any) -> None:
        axes.plot((0, 1), (0, 1), color=_TEXT, linewidth=0.8, linestyle="--")
        axes.bar(
            [(b.low + b.high) / 2 for b in bins], [b.right or 0 for b in bins],
            width=0.09, color=_BLUE, alpha=0.55,
        )  # fmt: skip
        axes.plot([b.score for b in bins], [b.right for b in bins], "o", color=_RED, markersize=4)
        for b in bins:
            axes.annotate(f"{b.detections:,}", ((b.low + b.high) / 2, 0.015), ha="center",
                          fontsize=6, rotation=90, va="bottom")  # fmt: skip

    return _svg(draw, "score", "right at IoU .5")


def sparkline(values: tuple[float, ...]) -> str:
    """Points of a polyline in a box of 100 x 24 for values in 0..1."""
    kept = values[::4]
    step = 100 / max(len(kept) - 1, 1)
    return " ".join(f"{step * i:g},{24 - 24 * v:.1f}" for i, v in enumerate(kept))


def _svg(draw: Any, x_label: str, y_label: str) -> str:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(4.2, 3.2), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot(xlim=(0, 1), ylim=(0, 1.02), xlabel=x_label, ylabel=y_label)
        draw(axes)
        stream = StringIO()
        # Without date and version in it, equal reports give equal text.
        figure.savefig(stream, format="svg", transparent=True,
                       metadata={"Date": None, "Creator": None})  # fmt: skip
    text = stream.getvalue().replace(_TEXT, "currentColor")
    return text[text.index("<svg") :]
