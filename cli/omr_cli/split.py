"""`omr dataset split`: train, val and test, by whole pages, writers or works."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import (
    PATH,
    Real,
    format_option,
    images_option,
    masks_option,
    notice_of_masks,
    require_elsewhere,
    seed_option,
)


@click.command(short_help="Divide a dataset into train, val and test.")
@click.argument("dataset")
@click.option("-o", "--out", type=PATH, required=True,
              help="New folder: split.csv, and a dataset in train/, val/ and test/.")  # fmt: skip
@click.option("--by", type=click.Choice(["page", "writer", "work"]), required=True,
              help="What is never divided.")  # fmt: skip
@click.option("--test", "test", type=Real(0, 1, max_open=True), default=0.2,
              show_default=True, help="Part of the pages to test on.")  # fmt: skip
@click.option("--val", "val", type=Real(0, 1, max_open=True), default=0.0,
              show_default=True, help="Part of the pages to validate on.")  # fmt: skip
@seed_option("The same seed gives the same sets.")
@format_option("coco")
@click.option("--list", "only_list", is_flag=True, help="Write split.csv alone.")
@images_option
@masks_option
def split(
    dataset: str,
    out: Path,
    by: str,
    test: float,
    val: float,
    seed: int,
    format_name: str,
    only_list: bool,
    images: Path | None,
    masks: bool,
) -> None:
    """Divide DATASET into train, val and test; a unit of --by is in one of them alone.

    Prints how many of the other units, such as the works when writers are kept apart, are in
    two sets at once.
    """
    import csv
    from typing import cast

    from deepscores_tools.conversion import noting_classes, takes_pictures, write_dataset
    from deepscores_tools.cutting.split import SETS, overlaps, split_pages
    from deepscores_tools.cutting.units import Unit
    from deepscores_tools.dataset_reading import open_pages
    from deepscores_tools.picture_source import with_pictures
    from deepscores_tools.whole_file import whole_stream
    from deepscores_tools.whole_folder import whole_folder
    from omr.run_folder import pictures_of
    from omr_cli.progress import progress

    if test + val >= 1:
        raise click.UsageError("--test and --val leave nothing to train on")
    require_elsewhere(dataset, out)
    unit = cast(Unit, by)
    source = open_pages(dataset, masks=masks)
    pictures = pictures_of(dataset, images)
    if not only_list:
        notice_of_masks(source)
    fractions = {"test": test, "val": val}
    met: dict[str, None] = {}
    placed = split_pages(noting_classes(progress(source, "dividing"), met), unit, fractions, seed)
    set_of = {page.key: page.set for page in placed}
    with whole_folder(out) as folder:
        with whole_stream(folder / "split.csv") as stream:
            rows = csv.writer(stream, lineterminator="\n")
            rows.writerow(("page", "set", "writer", "work"))
            rows.writerows((p.key, p.set, p.units["writer"], p.units["work"]) for p in placed)
        classes = source.listed_classes().with_names(met)  # one list: some formats tell numbers
        for name in SETS:
            if name in set_of.values() and not only_list:
                chosen = (page for page in source if set_of[page.key] == name)
                pages = progress(chosen, name)
                if takes_pictures(folder / name, format_name):
                    pages = with_pictures(pages, pictures, all_of_them=images is not None)
                write_dataset(pages, folder / name, format_name, classes)
    for name in SETS:
        own = [page for page in placed if page.set == name]
        if own:
            units = len({page.units[unit] for page in own})
            click.echo(
                f"{name:6} {len(own):6} pages" + (f", {units} {by}s" if by != "page" else "")
            )
    for other, counts in overlaps(placed, unit).items():
        pairs = [f"{n} in both {pair}" for pair, n in counts.items() if n and pair != "all"]
        click.echo(f"{counts['all']} {other}s: " + (", ".join(pairs) or "none in two sets"))
