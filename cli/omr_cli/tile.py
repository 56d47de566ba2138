"""`omr dataset tile`: pages cut into squares, as networks are trained on."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH, images_option, masks_option, notice, notice_of_masks, seed_option


@click.command(short_help="Cut pages into square tiles.")
@click.argument("dataset")
@click.option("-o", "--out", type=PATH, required=True,
              help="New folder: annotations.json (COCO) and images/.")  # fmt: skip
@click.option("--size", type=click.IntRange(16, 10_000), default=960, show_default=True,
              help="Side of a tile in pixels.")  # fmt: skip
@click.option("--overlap", type=click.IntRange(min=0), default=160, show_default=True,
              help="Pixels that neighbours on the grid share.")  # fmt: skip
@click.option("--random", "count", type=click.IntRange(min=1), metavar="N",
              help="Cut N tiles a page at random instead of the grid.")  # fmt: skip
@click.option("--around", multiple=True, metavar="CLASS",
              help="Cut tiles around the symbols of CLASS instead; may be repeated.")  # fmt: skip
@click.option("--rare", type=click.IntRange(min=1), metavar="N",
              help="The same for all classes with fewer than N symbols.")  # fmt: skip
@seed_option("The same seed gives the same tiles.")
@images_option
@masks_option
def tile(
    dataset: str,
    out: Path,
    size: int,
    overlap: int,
    count: int | None,
    around: tuple[str, ...],
    rare: int | None,
    seed: int,
    images: Path | None,
    masks: bool,
) -> None:
    """Cut the pages of DATASET into square tiles.

    A symbol is kept where half of its area or its centre is inside; clipped ones have the
    attribute `truncated`. Tiles that reach beyond the page are white there.
    """
    from collections import Counter

    from deepscores_tools.conversion import counted, noting_classes
    from deepscores_tools.cutting.around import rare_classes
    from deepscores_tools.cutting.tiles import write_tiles
    from deepscores_tools.dataset_reading import open_pages
    from deepscores_tools.errors import InputError, listed
    from deepscores_tools.formats import coco
    from deepscores_tools.formats.coco_read import IMAGES
    from deepscores_tools.whole_folder import whole_folder
    from omr.run_folder import pictures_of
    from omr_cli.progress import progress

    on_symbols = bool(around) or rare is not None
    if count is not None and on_symbols:
        raise click.UsageError("--random goes with neither --around nor --rare")
    if overlap >= size and not on_symbols:
        raise click.UsageError("--overlap must be smaller than --size")
    source = open_pages(dataset, masks=masks)
    notice_of_masks(source)
    chosen = set(around)
    if rare is not None:
        chosen |= rare_classes(progress(source, "counting"), rare)
    if on_symbols and not chosen:
        raise InputError(dataset, f"has no class with fewer than {rare} symbols")
    pictures = pictures_of(dataset, images)
    counts: Counter[str] = Counter()
    met: dict[str, None] = {}
    with whole_folder(out) as folder:
        tiles = write_tiles(
            progress(source), folder / IMAGES, pictures, size, overlap, count or 0, seed, chosen
        )
        tiles = noting_classes(counted(tiles, counts), met)
        coco.write(tiles, folder, source.listed_classes())
        if chosen and not counts["pages"]:
            raise InputError(dataset, f"has no symbol of {', '.join(sorted(chosen))}")
    absent = sorted(chosen - met.keys())
    if absent:
        notice(f"there is no {listed(absent)}")
    click.echo(f"{out}: {counts['pages']} tiles, {counts['symbols']} symbols")
