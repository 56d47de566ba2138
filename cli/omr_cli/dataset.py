"""`omr dataset`: ground truth made, read and converted."""

from __future__ import annotations

import click

from omr_cli.align import align
from omr_cli.check import check
from omr_cli.convert import convert
from omr_cli.degrade import degrade
from omr_cli.info import info
from omr_cli.masks import masks
from omr_cli.pages import pages as write_pages
from omr_cli.patches import patches
from omr_cli.preview import preview
from omr_cli.render import render
from omr_cli.rewrite import rewrite
from omr_cli.split import split
from omr_cli.stats import stats
from omr_cli.tile import tile


@click.group()
def dataset() -> None:
    """Make, read and convert ground truth."""


for _command in (
    info, check, convert, split, tile, patches, masks, stats, render, rewrite, write_pages,
    degrade, preview, align,
):  # fmt: skip
    dataset.add_command(_command)
