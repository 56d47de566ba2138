from pathlib import Path

import pytest

from benchmarks.kern_truth import SystemTruth, count_kern, count_systems

SCANS = Path(__file__).resolve().parents[2] / "shared" / "data" / "scans"
HEAD = ["**kern\t**kern", "*staff2\t*staff1", "*clefF4\t*clefG2", "=1\t=1"]


def counted(*lines: str) -> list[SystemTruth]:
    return count_kern([*HEAD, *(line.replace(" | ", "\t") for line in lines)])


def test_chords_ties_graces_and_rests() -> None:
    (system,) = counted("4C 4E 4G | 8ccq", ". | [4cc", "4r | 4cc]", "=2 | =2", "1r | 2.dd#L")
    assert (system.notes, system.rests, system.unisons) == (3 + 1 + 2 + 1, 2, 0)


def test_what_is_hidden_does_not_count() -> None:
    (system,) = counted("4Cyy | 4ryy", "4C | 8ry", "4d-y | .")
    assert (system.notes, system.rests) == (2, 0)  # `y` after an accidental hides that alone


def test_unison_of_two_voices_counts_once() -> None:
    lines = ["* | *^", "4C | 4cc | 2cc", "4cc | 4dd | .", "* | *v | *v", "4E | 4e"]
    (system,) = counted(*lines)
    assert (system.notes, system.unisons) == (2 + 2 + 2, 1)


def test_a_rest_that_two_voices_share_is_told() -> None:
    lines = ["* | *^", "8r | 8r | 8r", "4.C | 4r | 8r", "4D | 4.r | 4.r", "4ryG | 4ry | 4r"]
    (system,) = counted(*lines)
    assert (system.notes, system.rests, system.shared_rests) == (2, 3 + 2 + 2 + 1, 1 + 0 + 1)


def test_same_note_on_two_staves_counts_twice() -> None:
    (system,) = counted("4c | 4c")
    assert (system.notes, system.unisons) == (2, 0)


def test_grace_and_note_of_one_pitch_are_two() -> None:
    (system,) = counted("* | *^", "4C | 8ccq | 4cc")
    assert system.notes == 3


def test_original_breaks_part_systems() -> None:
    systems = counted("4C | 4c", "!!LO:LB:g=original", "4D | 4r", "!!LO:PB:g=original", "4E | .")
    assert [(s.notes, s.rests) for s in systems] == [(2, 0), (1, 1), (1, 0)]


def test_an_arc_over_a_break_is_printed_on_both_systems() -> None:
    lines = ["(4C [4E | 4c", "4E_ | [4c", "!!LO:LB:g=original", "4E] | 4c_", "4D) | 4c]", "4C | ."]
    assert [s.arcs for s in counted(*lines)] == [1 + 1 + 1 + 1, 3 + 1]
    assert [s.arcs for s in counted("4C) | (4c", lines[2], "4D | 4d)")] == [1, 0 + 1]


def test_other_breaks_and_spines_do_not_count() -> None:
    lines = ["**kern\t**dynam", "!!LO:LB:g=other", "4c\tf", "4d\tp"]
    assert count_kern(lines) == [SystemTruth(notes=2)]


def test_tremolo_prints_two_of_its_notes() -> None:
    (system,) = counted(
        "*tremolo | *", *["8CL | .", "8c | .", "8C | .", "8cJ | ."], "*Xtremolo | *"
    )
    assert system.notes == 2


def test_movements_agree_with_verovio() -> None:
    if not SCANS.is_dir():
        pytest.skip(f"needs the scanned movements in {SCANS}")
    systems = count_systems(SCANS / "mozart" / "sonata11-1a.krn")
    assert [s.notes for s in systems] == [80, 74, 86]
    assert sum(s.rests for s in systems) == 6
    assert sum(s.accidentals for s in systems) == 1
