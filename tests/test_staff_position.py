"""C clefs are named by the line they are centred on."""

from __future__ import annotations

import numpy as np
import pytest

from deepscores_tools.staves import Staff, Staves
from deepscores_tools.staves.position import named_by_place
from deepscores_tools.symbols import Box, Symbol

LINES = np.array([[100.0, 110.0], [110, 120], [120, 130], [130, 140], [140, 150]])  # a slope
STAFF = Staff(0, 500, np.array([0.0, 500.0]), LINES, LINES + 0.5, 1.0)
STAVES = Staves(10.0, 1.0, (STAFF,), several_sizes=False, broken=False)


@pytest.mark.parametrize(
    ("name", "x", "y", "expected"),
    [
        ("clefCTenor", 20, 120.4, "clefCAlto"),
        ("clefCAlto", 480, 119.6, "clefCTenor"),
        ("clefCAlto", 20, 115.2, "clefCAlto"),
        ("clefCTenor", 20, 140, "clefCTenor"),
        ("clefCTenor", 700, 120, "clefCTenor"),
        ("clefF", 20, 110, "clefF"),
    ],
    ids=["third line", "fourth line", "between", "first line", "beside", "another clef"],
)
def test_the_line_tells_the_clef(name: str, x: float, y: float, expected: str) -> None:
    clef = Symbol(name=name, box=Box(x - 10, y - 20, x + 10, y + 20), score=0.5)
    (named,) = named_by_place([clef], STAVES)
    assert named.name == expected
    assert named.box == clef.box
