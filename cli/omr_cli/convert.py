"""`omr dataset convert`: a dataset in another format."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import (
    PATH,
    WRITABLE_FORMATS,
    images_option,
    masks_option,
    notice_of_masks,
    require_elsewhere,
)


@click.command(short_help="Write a dataset in another format.")
@click.argument("dataset", metavar="IN")
@click.argument("out", type=PATH)
@click.option("--to", "format_name", type=click.Choice(WRITABLE_FORMATS), required=True,
              help="Format to write.")  # fmt: skip
@click.option("--classes", "map_text", metavar="MAP",
              help="CSV of source,target, or two vocabularies as muscima-2.0:printed.")  # fmt: skip
@click.option("--unmapped", type=click.Choice(["drop", "keep", "refuse"]), default="drop",
              show_default=True, help="What becomes of classes without a target.")  # fmt: skip
@images_option
@masks_option
@click.option("--annotation-set", type=click.Choice(["deepscores", "muscima++"]),
              help="Which of DeepScoresV2's two.  [default: deepscores]")  # fmt: skip
@click.option("--image-url", metavar="PREFIX",
              help="For labelstudio: what pictures' URLs begin with.  "
                   "[default: local files, OUT being their root]")  # fmt: skip
def convert(
    dataset: str,
    out: Path,
    format_name: str,
    map_text: str | None,
    unmapped: str,
    images: Path | None,
    masks: bool,
    annotation_set: str | None,
    image_url: str | None,
) -> None:
    """Write the dataset IN as OUT, a new folder, in another format.

    OUT may be a .json (coco, deepscores-v2, labelstudio), .xml (mung), .csv or .parquet file:
    annotations without pictures. What OUT cannot hold, and classes without a target, are named
    with counts.
    """
    from typing import Literal, cast

    from deepscores_tools.class_choice import chosen_map, target_classes
    from deepscores_tools.class_maps import apply_map
    from deepscores_tools.conversion import takes_pictures, write_dataset
    from deepscores_tools.dataset_reading import open_pages
    from deepscores_tools.picture_source import with_pictures
    from omr.run_folder import pictures_of
    from omr_cli.progress import progress

    source = open_pages(dataset, masks=masks, annotation_set=annotation_set)
    require_elsewhere(dataset, out)
    notice_of_masks(source)
    pages = progress(source)
    if images is not None or takes_pictures(out, format_name):
        pictures = pictures_of(dataset, images)
        pages = with_pictures(pages, pictures, all_of_them=images is not None)
    if map_text is None:
        counts = write_dataset(pages, out, format_name, source.listed_classes(), image_url)
    else:
        mapping = chosen_map(map_text)
        how = cast(Literal["drop", "keep", "refuse"], unmapped)
        mapped = apply_map(pages, mapping, unmapped=how)
        counts = write_dataset(mapped, out, format_name, target_classes(mapping), image_url)
    click.echo(f"{out}: {counts['pages']} pages, {counts['symbols']} symbols")
