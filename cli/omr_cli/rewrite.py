"""`omr dataset rewrite`: handwritten pages as other hands might have written them."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import (
    PATH,
    format_option,
    notice,
    require_elsewhere,
    require_pictures,
    seed_option,
)


@click.command(short_help="Write handwritten pages in other hands.")
@click.argument("dataset")
@click.option("-o", "--out", type=PATH, required=True, help="New folder, with pictures.")
@click.option("--copies", type=click.IntRange(min=1), default=4, show_default=True,
              help="New pages for each page.")  # fmt: skip
@format_option("mung")
@seed_option("The same seed gives the same pages.")
def rewrite(dataset: str, out: Path, copies: int, format_name: str, seed: int) -> None:
    """Write the pages of DATASET, which have masks, as other hands might have.

    Strokes are slanted and bent, and writers lend each other rests, accidentals, clefs, letters and
    figures; the staves stay as they were ruled. Choose training pages alone: what is to be
    measured on must lend nothing.
    """
    from deepscores_tools.conversion import write_dataset
    from deepscores_tools.dataset_reading import open_pages
    from deepscores_tools.picture_source import PictureSource, with_pictures
    from deepscores_tools.rewriting.lending import shapes_of
    from deepscores_tools.rewriting.rewrite import rewritten_pages
    from omr_cli.progress import progress

    source = open_pages(dataset)
    require_elsewhere(dataset, out)
    require_pictures(out, format_name)
    shapes = shapes_of(progress(source, "collecting"))
    if len({shape.writer for lent in shapes.values() for shape in lent}) < 2:
        notice("there are no two writers to lend each other symbols; strokes alone will differ")
    pages = rewritten_pages(progress(source), shapes, copies, seed)
    pages = with_pictures(pages, PictureSource())
    counts = write_dataset(pages, out, format_name, source.listed_classes())
    click.echo(f"{out}: {counts['pages']} pages, {counts['symbols']} symbols")
