"""`omr dataset patches`: pictures of single symbols, for classification."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH, Real, images_option, notice, seed_option


@click.command(short_help="Cut symbols into patches of one size.")
@click.argument("dataset")
@click.option("-o", "--out", type=PATH, required=True,
              help="New folder: a folder a class, and class_names.csv.")  # fmt: skip
@click.option("--most", type=click.IntRange(min=1), default=5000, show_default=True,
              help="Patches of a class.")  # fmt: skip
@seed_option("The same seed draws the same symbols.")
@click.option("--interline", type=Real(min=1),
              help="Of the pages, in pixels.  [default: the dataset's, or measured]")  # fmt: skip
@images_option
def patches(
    dataset: str, out: Path, most: int, seed: int, interline: float | None, images: Path | None
) -> None:
    """Cut DATASET's symbols into patches of 45 x 170 pixels at interline 20.

    Each has the symbol's centre in its middle and what is around it on the page.
    """
    from deepscores_tools.cutting.patches import draw_symbols, write_patches
    from deepscores_tools.dataset_reading import open_pages
    from deepscores_tools.whole_folder import whole_folder
    from omr.run_folder import pictures_of
    from omr_cli.progress import progress

    source = open_pages(dataset)
    pictures = pictures_of(dataset, images)
    drawn = draw_symbols(progress(source, "drawing"), most, seed)
    with whole_folder(out) as folder:
        cut = progress(source, "cutting")
        written, left_out = write_patches(cut, folder, drawn, pictures, interline)
    for name in left_out:
        notice(f"{name} is left out: no staves to measure the interline in; "
               "say it with --interline")  # fmt: skip
    click.echo(f"{out}: {written.total()} patches of {len(written)} classes")
