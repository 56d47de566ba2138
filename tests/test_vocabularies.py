"""The class tables: sizes, ids that do not clash, look-up both ways."""

from __future__ import annotations

import pytest

from deepscores_tools.vocabularies import (
    DEEPSCORES,
    EXTENSIONS,
    PRINTED_CLASSES,
    ClassTable,
    SymbolClass,
)


def test_deepscores_has_136_classes_numbered_from_one() -> None:
    assert [c.id for c in DEEPSCORES] == list(range(1, 137))
    assert DEEPSCORES.by_name["clefG"].id == 6
    assert DEEPSCORES.by_id[135].name == "staff"
    assert DEEPSCORES.by_name["staff"].color == 165


def test_extensions_leave_the_second_annotation_set_alone() -> None:
    assert min(c.id for c in EXTENSIONS) > 208
    assert {"barlineSingle", "bracket", "voltaBracket"} <= set(EXTENSIONS.names)


def test_printed_classes_join_both_in_order() -> None:
    assert len(PRINTED_CLASSES) == len(DEEPSCORES) + len(EXTENSIONS)
    assert PRINTED_CLASSES.names[:136] == DEEPSCORES.names
    assert PRINTED_CLASSES.names.index("barlineSingle") == 136
    assert "tuplet3" in PRINTED_CLASSES
    assert "noSuchClass" not in PRINTED_CLASSES


def test_colors_fit_a_gray_image() -> None:
    assert all(0 < c.color < 256 for c in PRINTED_CLASSES)


def test_a_table_refuses_duplicates() -> None:
    with pytest.raises(ValueError, match="unique"):
        ClassTable((SymbolClass(1, "a", 1), SymbolClass(1, "b", 2)))
