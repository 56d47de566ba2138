"""`omr dataset align`: the truth of a labelled page carried over to a photo of its print."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH, format_option, require_elsewhere


@click.command(short_help="Carry a page's symbols over to its photo.")
@click.argument("photo", type=PATH)
@click.argument("render", metavar="RENDER")
@click.option("-o", "--out", type=PATH, required=True,
              help="The dataset to write, a new folder.")  # fmt: skip
@format_option("coco")
@click.option("--page", help="Name of the page that PHOTO shows.  [default: sought among all]")
def align(photo: Path, render: str, out: Path, format_name: str, page: str | None) -> None:
    """Find the page that PHOTO shows in RENDER, and carry its symbols over to the photo.

    PHOTO: a scan or photo of a print of a labelled page, or a folder of such; RENDER: the
    dataset that has the page, which may choose some, as `rendered#score=op18` does. OUT's
    pages are the photos, with the symbols where they are seen there.

    What is found of each page is printed: the share of its symbols (from a notehead to a brace
    in size) whose ink is in its place, and how far off the median one is. A photo in which too
    few are found shows another page: nothing is written, exit status 2.
    """
    from deepscores_tools.alignment import aligned_pages
    from deepscores_tools.conversion import write_dataset
    from deepscores_tools.dataset_reading import open_pages
    from omr_cli.progress import progress

    source = open_pages(render, masks=True)
    require_elsewhere(render, out)
    found = progress(aligned_pages(photo, source, page, report=click.echo))
    counts = write_dataset(found, out, format_name, source.listed_classes())
    click.echo(f"{out}: {counts['pages']} pages, {counts['symbols']} symbols")
