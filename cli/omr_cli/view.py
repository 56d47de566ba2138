"""`omr view`: pages and their symbols as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

NAME = "view.html"


@click.command()
@click.argument("dataset")
@click.option("-o", "--out", type=click.Path(path_type=Path),
              help="HTML file to write.  [default: view.html, in a folder of omr detect, or here]")  # fmt: skip
@click.option("--truth", metavar="DATASET",
              help="Ground truth of the same pages: misses and false alarms are marked.")  # fmt: skip
@click.option("--images", type=click.Path(path_type=Path),
              help="Where the pictures are, if DATASET has none: what omr detect was given.")  # fmt: skip
@click.option("-m", "--model",
              help="Whose thresholds say what counts.  [default: the model of the run]")  # fmt: skip
@click.option("--class-map", "map_file", type=click.Path(path_type=Path),
              help="CSV, header truth_name,detection_name, for names that differ.")  # fmt: skip
@click.option("--full", is_flag=True,
              help="Pictures at full resolution, not at most 3600 pixels and 16 grays.")  # fmt: skip
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
    from deepscores_tools.splits import parse_spec
    from omr.class_map import ClassMap
    from omr.viewer.viewing import is_run, write_view

    path, _ = parse_spec(dataset)
    file = out or (path / NAME if is_run(path) else Path(NAME))
    written = write_view(
        dataset,
        file,
        truth=truth,
        images=images,
        model=model,
        class_map=ClassMap.from_file(map_file) if map_file else None,
        full=full,
    )
    size = file.stat().st_size / 1e6
    click.echo(f"{file}: {written.pages} pages, {written.symbols} symbols, {size:.1f} MB")
    for name in written.without_picture:
        click.echo(f"Notice: there is no picture of {name}; say with --images where it is", err=True)
