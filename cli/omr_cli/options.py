"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from deepscores_tools.dataset_reading import Pages
    from deepscores_tools.picture_source import PictureSource


class NamedPath(click.Path):
    """A file or folder, but not the empty name, which would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty name; is a variable of the shell unset?", param, ctx)
        return super().convert(value, param, ctx)


PATH = NamedPath(path_type=Path)

images_option = click.option(
    "--images",
    type=PATH,
    help="Where the pictures are, if they are not found: what omr detect was given.",
)
"""For datasets without pictures of their own; see pictures_of."""

masks_option = click.option(
    "--masks",
    is_flag=True,
    help="Cut masks from the segmentation images of DeepScores; boxes grow to whole pixels.",
)

device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to compute.",
)

threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="Processor threads to use."
)


def pictures_of(dataset: str, images: Path | None) -> PictureSource:
    """The pictures in `images`; where that is not said, those that a run was given."""
    from deepscores_tools.page_choice import parse_spec
    from deepscores_tools.picture_source import PictureSource
    from omr.run_folder import run_inputs

    path, _ = parse_spec(dataset)
    return PictureSource(*([images] if images is not None else run_inputs(path)))


def require_elsewhere(dataset: str, out: Path) -> None:
    """Refuse an OUT that is the dataset, a folder around it or a file in it. Raises InputError."""
    from deepscores_tools.dataset_reading import same_place
    from deepscores_tools.errors import InputError

    if same_place(dataset, out):
        raise InputError(out, "would replace what is read; choose another place")


def notice_of_masks(source: Pages) -> None:
    """Say so where masks could have been had."""
    if source.leaves_segmentation():
        click.echo(
            "Notice: segmentation images are left out; --masks cuts masks from them", err=True
        )
