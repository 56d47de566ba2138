"""`omr dataset pages`: the pages of a dataset as PNG files, ready for `omr detect`."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH


@click.command(short_help="Write a dataset's pages as PNG files.")
@click.argument("dataset")
@click.option("-o", "--out", type=PATH, default=Path("pages"),
              show_default=True, help="New folder to write to.")  # fmt: skip
def pages(dataset: str, out: Path) -> None:
    """Write the pages of DATASET as PNG files, those without a picture from their masks.

    DATASET may choose pages by an attribute, as `muscima-pp/v2.0#writer=07,19` does.
    """
    from deepscores_tools.dataset_image import write_page_images
    from deepscores_tools.formats import read_selected

    count = write_page_images(read_selected(dataset), out)
    click.echo(f"{out}: {count} pages")
