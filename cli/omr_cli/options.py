"""Options that several commands have."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from deepscores_tools.dataset_reading import Pages


class NamedPath(click.Path):
    """A file or folder, but not the empty name, which would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty name; is a variable of the shell unset?", param, ctx)
        return super().convert(value, param, ctx)


class Real(click.FloatRange):
    """A number within limits; click takes `nan` for one that is within any."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no finite number", param, ctx)
        return number


class PresetName(click.types.StringParamType):
    """A kind of scan; which there are is looked up only when one is named."""

    name = "preset"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from deepscores_tools.degradation import PRESETS

        if value not in PRESETS:
            self.fail(f"{value!r} is none of {', '.join(PRESETS)}.", param, ctx)
        return value


PATH = NamedPath(path_type=Path)
PRESET = PresetName()

WRITABLE_FORMATS = (
    "deepscores-v1", "deepscores-v2", "mung", "coco", "voc", "yolo", "csv", "labelstudio",
    "parquet",
)  # fmt: skip
"""Of datasets, those that can be written; listed here so that --help need not load them."""

images_option = click.option(
    "--images",
    type=PATH,
    help="Where the pictures are, if they are not found: what omr detect was given.",
)
"""For datasets without pictures of their own; see omr.run_folder.pictures_of."""

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


def seed_option(help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """--seed; the text says what the same seed gives again."""
    return click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, help=help_text
    )


def format_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """--to: the format of a dataset that is written."""
    return click.option(
        "--to", "format_name", type=click.Choice(WRITABLE_FORMATS), default=default,
        show_default=True, help="Format to write.",
    )  # fmt: skip


def notice(text: str) -> None:
    """Tell of what is no error, beside what the command puts out."""
    click.echo(f"Notice: {text}", err=True)


def require_elsewhere(dataset: str, out: Path) -> None:
    """Refuse an OUT that is the dataset, a folder around it or a file in it. Raises InputError."""
    from deepscores_tools.dataset_reading import same_place
    from deepscores_tools.errors import InputError

    if same_place(dataset, out):
        raise InputError(out, "would replace what is read; choose another place")


def require_pictures(out: Path, format_name: str) -> None:
    """Refuse an OUT that would hold annotations alone. Raises InputError."""
    from deepscores_tools.conversion import takes_pictures
    from deepscores_tools.errors import InputError

    if not takes_pictures(out, format_name):
        raise InputError(out, f"would hold no pictures as {format_name}; name a new folder, and "
                         "with --to another format than csv")  # fmt: skip


def notice_of_masks(source: Pages) -> None:
    """Say so where masks could have been had."""
    if source.leaves_segmentation():
        notice("segmentation images are left out; --masks cuts masks from them")


@contextmanager
def resumable(out: Path) -> Iterator[None]:
    """Around long work: Ctrl-C ends it with one line, exit status 130 and no traceback."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"{out}: interrupted; the same command goes on from here", err=True)
        sys.exit(130)
