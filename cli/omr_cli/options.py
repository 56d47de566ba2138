"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deepscores_tools.dataset_reading import Pages

images_option = click.option(
    "--images",
    type=click.Path(path_type=Path),
    help="Where the pictures are, if DATASET has none: what omr detect was given.",
)
"""For datasets without pictures of their own; see deepscores_tools.picture_source."""

masks_option = click.option(
    "--masks",
    is_flag=True,
    help="Cut masks from the segmentation images of DeepScores; boxes grow to whole pixels.",
)


def notice_of_masks(source: Pages) -> None:
    """Say so where masks could have been had."""
    if source.leaves_segmentation():
        click.echo(
            "Notice: segmentation images are left out; --masks cuts masks from them", err=True
        )
