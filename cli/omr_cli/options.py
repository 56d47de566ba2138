"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

images_option = click.option(
    "--images",
    type=click.Path(path_type=Path),
    help="Where the pictures are, if DATASET has none: what omr detect was given.",
)
"""For datasets without pictures of their own; see deepscores_tools.picture_source."""
