"""`omr dataset`: ground truth made, read and converted."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.check import check
from omr_cli.convert import convert
from omr_cli.info import info
from omr_cli.masks import masks
from omr_cli.pages import pages as write_pages
from omr_cli.patches import patches
from omr_cli.preview import preview
from omr_cli.split import split
from omr_cli.stats import stats
from omr_cli.tile import tile


@click.group()
def dataset() -> None:
    """Make, read and convert ground truth."""


for _command in (info, check, convert, split, tile, patches, masks, stats, write_pages, preview):
    dataset.add_command(_command)


@dataset.command()
@click.argument("scores", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True,
              help="Folder to write to: annotations.json (COCO) and images/.")  # fmt: skip
@click.option("--pages", type=click.IntRange(min=1),
              help="How many pages.  [default: every score once]")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True,
              help="The same seed gives the same pages.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True,
              help="Processes to engrave with.")  # fmt: skip
@click.option("--set", "set_name", help="Only scores of this set of the index.")
@click.option("--index", type=click.Path(path_type=Path),
              help="CSV file with the columns corpus, file, set.")  # fmt: skip
@click.option("--font", "fonts", multiple=True,
              help="Music font; may be repeated.  [default: four of verovio's five]")  # fmt: skip
@click.option("--max-per-score", type=click.IntRange(min=1), default=2, show_default=True,
              help="Pages taken of one score at a time.")  # fmt: skip
@click.option("--composed", type=click.FloatRange(0, 1), default=0.15, show_default=True,
              help="Part of made-up music that holds rare symbols.")  # fmt: skip
@click.option("--skew", type=click.FloatRange(0, 1), default=0.0, show_default=True,
              help="Part of the pages to warp as a scanner or camera would.")  # fmt: skip
@click.option("--preset", default="clean", show_default=True,
              help="Kind of scan to make the pages look like; see preview.")  # fmt: skip
def render(
    scores: tuple[Path, ...],
    out: Path,
    pages: int | None,
    seed: int,
    workers: int,
    set_name: str | None,
    index: Path | None,
    fonts: tuple[str, ...],
    max_per_score: int,
    composed: float,
    skew: float,
    preset: str,
) -> None:
    """Engrave SCORES into pages with every symbol's class, box and mask.

    SCORES: MusicXML (.mxl, .musicxml), MEI and Humdrum (.krn) files, and folders of these.
    """
    from tqdm import tqdm

    from deepscores_tools.engraving import (
        FONTS,
        RenderPlan,
        find_scores,
        of_set,
        render_pages_to,
    )
    from deepscores_tools.formats import coco
    from deepscores_tools.vocabularies import PRINTED_CLASSES

    if (set_name is None) != (index is None):
        raise click.UsageError("--set and --index go together")
    sources = find_scores(scores)
    if set_name is not None and index is not None:
        sources = of_set(sources, index, set_name)
    plan = RenderPlan(
        pages=pages,
        seed=seed,
        workers=workers,
        fonts=fonts or FONTS,
        max_pages_per_score=max_per_score,
        composed_fraction=composed,
        skewed_fraction=skew,
        preset=preset,
    )
    rendered = render_pages_to(out / "images", sources, plan)
    coco.write(tqdm(rendered, total=pages, unit="page"), out, PRINTED_CLASSES)
