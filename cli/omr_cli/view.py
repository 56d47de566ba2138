"""`omr view`: pages and their symbols as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from omr_cli.options import PATH, images_option, notice


@click.command()
@click.argument("dataset")
@click.option("-o", "--out", type=PATH,
              help="HTML file to write.  "
                   "[default: view.html, in the folder of a run, or here]")  # fmt: skip
@click.option("--truth", metavar="DATASET",
              help="Truth of the same pages: misses and false alarms are marked.")  # fmt: skip
@images_option
@click.option("-m", "--model",
              help="Whose thresholds say what counts.  [default: that of the run]")  # fmt: skip
@click.option("--class-map", "map_file", type=PATH,
              help="CSV, header truth_name,detection_name, for names that differ.")  # fmt: skip
@click.option("--full", is_flag=True,
              help="Pictures as they are, not at most 3600 pixels and 16 grays.")  # fmt: skip
def view(
    dataset: str,
    out: Path | None,
    truth: str | None,
    images: Path | None,
    model: str | None,
    map_file: Path | None,
    full: bool,
) -> None:
    """Make one HTML file to look at DATASET, and to correct it: open it in any browser.

    DATASET is the folder that omr detect wrote, or a dataset of any readable format; it may
    choose pages by an attribute, as `muscima-pp/v2.0#writer=07` does.
    """
    from deepscores_tools.page_choice import parse_spec
    from omr.evaluation.class_pairs import ClassPairs
    from omr.run_folder import VIEW, is_run

    path, _ = parse_spec(dataset)
    write(
        dataset,
        out or (path / VIEW if is_run(path) else Path(VIEW)),
        truth=truth,
        images=images,
        model=model,
        class_pairs=ClassPairs.from_file(map_file) if map_file else None,
        full=full,
    )


def write(dataset: str, file: Path, **options: Any) -> None:
    """`omr.viewer.viewing.write_view`, and a line that says what was written."""
    from deepscores_tools.page_choice import parse_spec
    from omr.run_folder import is_run
    from omr.viewer.viewing import write_view

    written = write_view(dataset, file, **options)
    size = file.stat().st_size / 1e6
    click.echo(f"{file}: {written.pages} pages, {written.symbols} symbols, {size:.1f} MB")
    if is_run(parse_spec(dataset)[0]) and not written.thresholds:
        notice("the model of this run is not at hand; name it with -m for its thresholds")
    for name in written.without_picture:
        notice(f"there is no picture of {name}; say with --images where it is")
