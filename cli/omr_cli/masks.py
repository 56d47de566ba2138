"""`omr dataset masks`: segmentation images."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH, images_option, notice


@click.command(short_help="Paint segmentation images.")
@click.argument("dataset")
@click.option("-o", "--out", type=PATH, required=True,
              help="New folder: masks/, or instances/, and a CSV of the numbers.")  # fmt: skip
@click.option("--instances", is_flag=True,
              help="A number a symbol (16 bits) instead of a number a class.")  # fmt: skip
@click.option("--classes", "table_name", metavar="VOCABULARY",
              help="Gray values of this list, such as deepscores-v2.  "
                   "[default: the dataset's classes by name, from 1]")  # fmt: skip
@click.option("--without", multiple=True, metavar="CLASS",
              help="Leave a class out, such as staffSpace; may be repeated.")  # fmt: skip
@images_option
def masks(
    dataset: str,
    out: Path,
    instances: bool,
    table_name: str | None,
    without: tuple[str, ...],
    images: Path | None,
) -> None:
    """Paint the masks of DATASET's pages: 0 is the background, smaller symbols are on top.

    Of a symbol without a mask the ink in its box is painted, or the whole box where there is no
    picture.
    """
    from deepscores_tools.class_maps import vocabulary
    from deepscores_tools.cutting.masks import class_grays, write_class_masks, write_instance_masks
    from deepscores_tools.dataset_reading import open_pages
    from deepscores_tools.errors import listed
    from deepscores_tools.statistics.summary import summarise
    from deepscores_tools.whole_folder import whole_folder
    from omr.run_folder import pictures_of
    from omr_cli.progress import progress

    if instances and table_name:
        raise click.UsageError("--classes has no use with --instances")
    table = vocabulary(table_name) if table_name else None
    source = open_pages(dataset, masks=True)
    pictures = pictures_of(dataset, images)
    found: set[str] = set()
    if without or not instances:
        found = set(summarise(progress(open_pages(dataset), "classes"), "").classes)
    absent = sorted(set(without) - found)
    if absent:
        notice(f"there is no {listed(absent)} to leave out")
    with whole_folder(out) as folder:
        if instances:
            counts = write_instance_masks(progress(source), folder, pictures, without)
        else:
            grays = class_grays(found - set(without), table)
            counts = write_class_masks(progress(source, "masks"), folder, grays, pictures, without)
    for what, painted in (("inks", "the ink in their boxes is"), ("boxes", "their boxes are")):
        if counts[what]:
            notice(f"{counts[what]} symbols have no mask; {painted} painted")
    hidden = f", {counts['hidden']} pixels of masks under other symbols" * (not instances)
    click.echo(f"{out}: {counts['pages']} pages, {counts['symbols']} symbols{hidden}")
