"""`omr dataset degrade`: a dataset's pages as scans of them would be."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import (
    PATH,
    PRESET,
    format_option,
    images_option,
    masks_option,
    notice_of_masks,
    require_elsewhere,
    require_pictures,
    seed_option,
)


@click.command(short_help="Write a dataset's pages as scans of them.")
@click.argument("dataset")
@click.option("-o", "--out", type=PATH, required=True, help="New folder, with pictures.")
@click.option("-p", "--preset", type=PRESET, required=True, help="Kind of scan; see preview.")
@format_option("coco")
@images_option
@masks_option
@seed_option("The same seed gives the same pages.")
def degrade(
    dataset: str,
    out: Path,
    preset: str,
    format_name: str,
    images: Path | None,
    masks: bool,
    seed: int,
) -> None:
    """Write the pages of DATASET as a scanner or a phone would show them, with their truth.

    For pages to measure on: training wears its crops by itself, anew each time.
    """
    from deepscores_tools.conversion import write_dataset
    from deepscores_tools.dataset_reading import open_pages
    from deepscores_tools.degradation import PRESETS
    from deepscores_tools.degradation.dataset import degraded_pages
    from omr.run_folder import pictures_of
    from omr_cli.progress import progress

    source = open_pages(dataset, masks=masks)
    require_elsewhere(dataset, out)
    require_pictures(out, format_name)
    notice_of_masks(source)
    pictures = pictures_of(dataset, images)
    pages = degraded_pages(progress(source), pictures, PRESETS[preset], seed)
    counts = write_dataset(pages, out, format_name, source.listed_classes())
    click.echo(f"{out}: {counts['pages']} pages, {counts['symbols']} symbols")
