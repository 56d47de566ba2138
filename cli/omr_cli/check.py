"""`omr dataset check`: every defect of a dataset, with the place where it is."""

from __future__ import annotations

import sys

import click

from omr_cli.options import notice


@click.command(short_help="Find every defect of a dataset.")
@click.argument("dataset")
@click.option("--vocabulary", "vocabulary_name", metavar="NAME",
              help="Classes must be of this list, such as printed or muscima-2.0.  "
                   "[default: of any known list]")  # fmt: skip
def check(dataset: str, vocabulary_name: str | None) -> None:
    """Find every defect of DATASET; print each with its file, and its line or id.

    Exits with status 1 if there are any, with 2 if DATASET cannot be read.
    """
    from deepscores_tools.checking import KINDS, CheckReport, check_dataset

    report = CheckReport()
    for defect in check_dataset(dataset, report, vocabulary_name):
        click.echo(str(defect))
    found = ", ".join(f"{kind} ({report.kinds[kind]})" for kind in KINDS if report.kinds[kind])
    for note in report.notes:
        notice(note)
    click.echo(f"{dataset}: {report.format}, {report.pages} pages, {report.symbols} symbols: "
               + (found or "no defect"))  # fmt: skip
    if found:
        sys.exit(1)
