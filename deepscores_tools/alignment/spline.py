"""A smooth field of displacements over a page: tensor cubic B-splines on a square grid.

Rueckert et al. 1999, "Nonrigid registration using free-form deformations". Coordinates are
pixel centres of the page, x right, y down.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.ndimage import map_coordinates
from scipy.sparse.linalg import splu

Doubles = NDArray[np.float64]
# Weights of bending round upright, slanted and level axes: stiff enough that ragged ink does not
# bend the paper, soft enough that crumpled paper is followed.
ACROSS, SLANT, DOWN = 1.0, 5.0, 10.0


class SplineField:
    """Displacements (dx, dy) in pixels on a page of width x height; at first none.

    spacing: of the grid's nodes, in pixels. coefficients: shape (2, rows, columns).
    """

    def __init__(self, width: int, height: int, spacing: float) -> None:
        self.width, self.height, self.spacing = width, height, spacing
        self._shape = math.ceil(height / spacing) + 3, math.ceil(width / spacing) + 3
        self.coefficients = np.zeros((2, *self._shape))

    def at(self, points: Doubles) -> Doubles:
        """The displacement at points (..., 2); off the page that of its nearest edge."""
        places = self._places(points.reshape(-1, 2))
        moved = [
            map_coordinates(c, places, order=3, prefilter=False, mode="nearest")
            for c in self.coefficients
        ]
        return np.stack(moved, -1).reshape(points.shape)

    def _places(self, points: Doubles) -> Doubles:
        """(2, N): row and column of points (N, 2) on the grid, kept within the page."""
        columns = np.clip(points[:, 0], 0, self.width) / self.spacing + 1
        rows = np.clip(points[:, 1], 0, self.height) / self.spacing + 1
        return np.stack([rows, columns])

    def basis(self, points: Doubles) -> sparse.csr_array:
        """The weights (N, nodes) of all nodes at points (N, 2)."""
        rows, columns = self._places(points)
        first_row, row_weights = _weights(rows)
        first_column, column_weights = _weights(columns)
        offsets = np.arange(4)
        row = np.minimum(first_row[:, None] + offsets, self._shape[0] - 1)
        column = np.minimum(first_column[:, None] + offsets, self._shape[1] - 1)
        nodes = row[:, :, None] * self._shape[1] + column[:, None, :]
        values = row_weights[:, :, None] * column_weights[:, None, :]
        owner = np.repeat(np.arange(len(points)), 16)
        size = len(points), self._shape[0] * self._shape[1]
        return sparse.csr_array((values.ravel(), (owner, nodes.ravel())), shape=size)

    def bending(self) -> sparse.csr_array:
        """(nodes, nodes): the quadratic form of the weighted squared second differences.

        Paper bends round upright axes far more easily, as books do: what bends stays straight
        from top to bottom, also where there is no ink to tell.
        """
        rows, columns = (sparse.eye_array(n, format="csr") for n in self._shape)
        across, down = (_differences(n, 2) for n in reversed(self._shape))
        slant = sparse.kron(_differences(self._shape[0], 1), _differences(self._shape[1], 1))
        parts = [(ACROSS, sparse.kron(rows, across)), (SLANT, slant)]
        parts += [(DOWN, sparse.kron(down, columns))]
        return sparse.csr_array(sum(weight * (part.T @ part) for weight, part in parts))

    def solve(
        self, basis: sparse.csr_array, information: Doubles, pull: Doubles, stiffness: float
    ) -> None:
        """Set the field to the minimum of sum (d - p)' G (d - p) + stiffness * bending.

        basis: at N places. information: (N, 3), G's xx, xy, yy there. pull: (N, 2), G p.
        """
        bend = stiffness * self.bending()
        xx, xy, yy = (basis.T @ (basis * g[:, None]) for g in information.T)
        matrix = sparse.block_array([[xx + bend, xy], [xy, yy + bend]], format="csc")
        # next to nothing, so that a page with hardly any ink cannot make it singular
        matrix += sparse.eye_array(matrix.shape[0]) * (1e-9 * stiffness + 1e-12)
        found = splu(matrix).solve(np.concatenate([basis.T @ p for p in pull.T]))
        self.coefficients = found.reshape(self.coefficients.shape)


def _weights(places: Doubles) -> tuple[NDArray[np.int64], Doubles]:
    """The first of the four nodes that count at each place (N,), and their weights (N, 4)."""
    whole = np.floor(places)
    t = places - whole
    weights = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, 1 + 3 * (t + t**2 - t**3), t**3]
    return whole.astype(np.int64) - 1, np.stack(weights, -1) / 6


def _differences(count: int, order: int) -> sparse.csr_array:
    return sparse.csr_array(np.diff(np.eye(count), n=order, axis=0))
