"""Counts on real scans: noteheads, rests, accidentals and arcs found, against the `.krn` encodings.

    python -m benchmarks.real_scans --scans SCANS --detections FOLDER [--score S] [--set SET]

FOLDER is what `omr detect SCANS -o FOLDER` wrote. Protocol: a detection belongs to the nearest
system that `find_staves` finds on its page; systems that the encoding does not cover
(`scan_systems.csv`, told by eye) are left out. Net error: |found - true| / true of a movement.
Count error: the same summed over its systems. F1: with min(found, true) of each system as hits.
None of them tells a wrong place within a system from a right one. Rests are held against the
encoding as it stands, and with one in place of two where voices share it (see kern_truth.py).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from benchmarks.kern_truth import count_systems
from benchmarks.scan_counts import Tally, read_detections, read_scopes, tally_movement

HERE = Path(__file__).resolve().parent
SETS = ("mozart", "beethoven")
SHARED = "rest, shared ones once"
ARC = "slur or tie"
GOAL = 0.03  # net error a movement should keep within
HEAD = f"{'':24}{'true':>7}{'found':>7}{'net %':>8}{'count %':>9}{'F1':>7}"


def main() -> None:
    options = _options()
    pages = read_detections(options.detections, options.score, options.set)
    tallies: dict[str, dict[str, Tally]] = {}
    missing = []
    for movement, scopes in read_scopes(HERE / "scan_systems.csv").items():
        wanted = [pages.get((movement, scope.number)) for scope in scopes]
        found = [page for page in wanted if page is not None]
        if len(found) < len(wanted):
            missing.append(movement)
            continue
        systems = count_systems(options.scans / f"{movement}.krn")
        truth = {
            "notehead": ("notehead", [s.notes for s in systems]),
            "rest": ("rest", [s.rests for s in systems]),
            SHARED: ("rest", [s.rests - s.shared_rests for s in systems]),
            "accidental": ("accidental", [s.accidentals for s in systems]),
            ARC: ("arc", [s.arcs for s in systems]),
        }
        pdf = options.scans / f"{movement}.pdf"
        tallies[movement] = tally_movement(pdf, scopes, found, truth)
    for name in ("notehead", "rest", SHARED, "accidental", ARC):
        _print_table(name, {movement: tally[name] for movement, tally in tallies.items()})
    if missing:
        print(f"not detected, or not every page of it: {', '.join(missing)}")


def _print_table(kind: str, tallies: dict[str, Tally]) -> None:
    print(f"{kind:24}{HEAD[24:]}")
    for movement, tally in tallies.items():
        print(_row(movement, [tally]))
    for name in SETS:
        print(_row(name, [t for movement, t in tallies.items() if movement.startswith(name)]))
    print(_row("all", tallies.values()))
    close = sum(_net(t) <= GOAL for t in tallies.values())
    print(f"{close} of {len(tallies)} movements within {GOAL:.0%}\n")


def _net(tally: Tally) -> float:
    return abs(tally.total_found - tally.total_true) / max(1, tally.total_true)


def _row(name: str, tallies: Iterable[Tally]) -> str:
    """One line; F1 over the movements whose systems agree, a star where some do not."""
    some = list(tallies)
    true, found = sum(t.total_true for t in some), sum(t.total_found for t in some)
    if not true:
        return f"{name:24}{true:7}{found:7}"
    off = sum(t.off for t in some)
    told = [t for t in some if t.hits is not None]
    both = sum(t.total_true + t.total_found for t in told)
    f1 = f"{2 * sum(t.hits or 0 for t in told) / both:.3f}" if both else "-"
    star = "" if len(told) == len(some) else " *"
    net = 100 * (found - true) / true
    return f"{name:24}{true:7}{found:7}{net:+8.1f}{100 * off / true:9.1f}{f1:>7}{star}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detections", type=Path, required=True, help="output of omr detect")
    parser.add_argument("--scans", type=Path, required=True, help="the PDFs and their .krn")
    parser.add_argument("--score", type=float, default=0.0, help="leave out what scores less")
    parser.add_argument("--set", choices=SETS, help="if that folder alone was detected")
    return parser.parse_args()


if __name__ == "__main__":
    main()
