"""Symbols that verovio draws in pieces: barlines across staves, marks at both ends of a system."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from deepscores_tools.engraving import RenderedPage, Score, draw_style, generator

MEI = (
    '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score><scoreDef>'
    '<staffGrp {group}><staffDef n="1" lines="5"/><staffDef n="2" lines="5"/></staffGrp>'
    "</scoreDef><section>{measures}</section></score></mdiv></body></music></mei>"
)
MEASURE = (
    '<measure right="{bar}"><staff n="1"><layer n="1"><mRest/></layer></staff>'
    '<staff n="2"><layer n="1"><mRest/></layer></staff></measure>'
)


def render(bars: list[str], group: str = "", **options: object) -> RenderedPage:
    style = draw_style(generator(3, "test"), ["Bravura"])
    style = replace(style, options={**style.options, **options})
    measures = "".join(MEASURE.format(bar=bar) for bar in bars)
    return Score(MEI.format(group=group, measures=measures), style).render(1, "a.png")


def names(page: RenderedPage) -> Counter[str]:
    return Counter(s.name for s in page.page.symbols)


@pytest.mark.parametrize(("bar", "name"), [("dashed", "Dashed"), ("dotted", "Dotted")])
def test_broken_barlines_are_one_where_they_go_through_and_one_a_staff_else(
    bar: str, name: str
) -> None:
    assert names(render([bar], 'bar.thru="true"'))[f"barline{name}"] == 1
    assert names(render([bar]))[f"barline{name}"] == 2
    assert names(render([f"dbl{bar}"], 'bar.thru="true"'))[f"barline{name}"] == 2


@pytest.mark.parametrize(("where", "each"), [("left", 1), ("left-right", 2)])
def test_every_system_divider_is_a_symbol(where: str, each: int) -> None:
    page = render(["single"] * 60, systemDivider=where)
    space = page.page.interline
    assert space is not None
    dividers = [s.box for s in page.page.symbols if s.name == "systemDivider"]
    systems = names(page)["staff"] // 2
    assert systems > 1
    assert len(dividers) == each * (systems - 1)
    assert all(box.width < 6 * space for box in dividers)
