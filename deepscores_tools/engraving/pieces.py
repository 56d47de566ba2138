"""Joining what verovio draws in pieces: beams cut at every stem, barlines cut at every staff."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepscores_tools.engraving.shapes import Drawing

_NEAR = 4.0
"""Pieces whose ends differ by less than this (verovio units, 0.4 px at scale 100) touch."""


def runs_of_beams(polygons: Sequence[Drawing]) -> list[list[Drawing]]:
    """Beam polygons of one element grouped by level: end to end pieces are one beam."""
    order = sorted(polygons, key=lambda d: float(d.contours[0][:, 0].min()))
    runs: list[list[Drawing]] = []
    for piece in order:
        for run in runs:
            if _touches(run[-1], piece):
                run.append(piece)
                break
        else:
            runs.append([piece])
    return runs


def _touches(left: Drawing, right: Drawing) -> bool:
    a, b = left.contours[0], right.contours[0]
    end, start = a[:, 0].max(), b[:, 0].min()
    if abs(end - start) > _NEAR:
        return False
    a_end = np.sort(a[np.abs(a[:, 0] - end) <= _NEAR, 1])
    b_start = np.sort(b[np.abs(b[:, 0] - start) <= _NEAR, 1])
    return bool(np.abs(a_end[[0, -1]] - b_start[[0, -1]]).max() <= _NEAR)


def runs_of_lines(lines: Sequence[Drawing]) -> list[list[Drawing]]:
    """Upright lines grouped: same place, same pen, and touching or overlapping in height."""
    order = sorted(lines, key=lambda d: float(d.contours[0][:, 1].min()))
    runs: list[list[Drawing]] = []
    for line in order:
        for run in runs:
            if _continues(run, line):
                run.append(line)
                break
        else:
            runs.append([line])
    return runs


def clusters(shapes: Sequence[Drawing], axis: int, gap: float) -> list[list[Drawing]]:
    """Shapes grouped along x (axis 0) or y (axis 1) wherever more than a gap lies between."""
    order = sorted(shapes, key=lambda d: float(d.contours[0][:, axis].min()))
    groups: list[list[Drawing]] = []
    end = -np.inf
    for shape in order:
        if float(shape.contours[0][:, axis].min()) > end + gap:
            groups.append([])
        groups[-1].append(shape)
        end = max(end, float(shape.contours[0][:, axis].max()))
    return groups


def _continues(run: list[Drawing], line: Drawing) -> bool:
    first = run[0]
    same = abs(first.contours[0][0, 0] - line.contours[0][0, 0]) <= _NEAR
    bottom = max(float(d.contours[0][:, 1].max()) for d in run)
    gap = _NEAR + (line.dash[0] if line.dash else 0.0)  # pieces of a dashed line start with a gap
    below = float(line.contours[0][:, 1].min()) <= bottom + gap
    return bool(same and below and first.pen == line.pen and first.dash == line.dash)
