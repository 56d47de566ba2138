"""`omr dataset render`: scores engraved into pages with their truth."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH, PRESET, Real, notice, resumable, seed_option

RENDERED_FORMATS = ("coco", "deepscores-v2", "deepscores-v1", "mung")


@click.command(short_help="Engrave scores into pages with truth.")
@click.argument("scores", nargs=-1, required=True, type=PATH)
@click.option("-o", "--out", type=PATH, required=True,
              help="New folder to write to.")  # fmt: skip
@click.option("--to", "format_name", type=click.Choice(RENDERED_FORMATS), default="coco",
              show_default=True, help="Format to write.")  # fmt: skip
@click.option("--pages", type=click.IntRange(min=1),
              help="How many pages.  [default: every score once]")  # fmt: skip
@seed_option("The same seed gives the same pages.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True,
              help="Processes to engrave with.")  # fmt: skip
@click.option("--set", "set_name", help="Only scores of this set of the index.")
@click.option("--index", type=PATH,
              help="CSV file with the columns corpus, file, set.")  # fmt: skip
@click.option("--font", "fonts", multiple=True,
              help="Music font; may be repeated.  [default: those to train on]")  # fmt: skip
@click.option("--max-per-score", type=click.IntRange(min=1), default=2, show_default=True,
              help="Pages taken of one score at a time.")  # fmt: skip
@click.option("--composed", type=Real(0, 1), default=0.15, show_default=True,
              help="Part of made-up music that holds rare symbols.")  # fmt: skip
@click.option("--replaced", type=Real(0, 1), default=0.1, show_default=True,
              help="Part of the scores with rare symbols in place of common ones.")  # fmt: skip
@click.option("--at-least", type=click.IntRange(min=0), metavar="N",
              help="Symbols of every class that composed music aims at; says which classes "
              "have fewer.  [default: 20]")  # fmt: skip
@click.option("--skew", type=Real(0, 1), default=0.0, show_default=True,
              help="Part of the pages to warp as a scanner or camera would.")  # fmt: skip
@click.option("--preset", type=PRESET, default="clean", show_default=True,
              help="Kind of scan to make the pages look like; see preview.")  # fmt: skip
def render(
    scores: tuple[Path, ...],
    out: Path,
    format_name: str,
    pages: int | None,
    seed: int,
    workers: int,
    set_name: str | None,
    index: Path | None,
    fonts: tuple[str, ...],
    max_per_score: int,
    composed: float,
    replaced: float,
    at_least: int | None,
    skew: float,
    preset: str,
) -> None:
    """Engrave SCORES into pages with every symbol's class, box and mask.

    SCORES: MusicXML (.mxl, .musicxml, .xml), MEI, Humdrum (.krn) and ABC files, and folders of
    these. One that cannot be rendered is skipped, and listed in OUT/failures.csv. OUT appears
    when all of it is written; the same command goes on with a run that was interrupted.
    """
    from deepscores_tools.engraving import (
        FONTS,
        RenderPlan,
        find_scores,
        of_set,
        render_dataset,
    )
    from omr_cli.progress import progress

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
        replaced_fraction=replaced,
        at_least=RenderPlan().at_least if at_least is None else at_least,
        skewed_fraction=skew,
        preset=preset,
    )
    with resumable(out):
        report = render_dataset(sources, out, format_name, plan, lambda p: progress(p, total=pages))
    if report.failures:
        failed = len(report.failures)
        what = "1 score was" if failed == 1 else f"{failed} scores were"
        notice(f"{what} skipped, see {out / 'failures.csv'}")
    if at_least and report.shortfall:
        few = ", ".join(f"{name} ({count})" for name, count in report.shortfall.items())
        notice(f"fewer than {at_least} of {few}")
    click.echo(f"{out}: {report.pages} pages, {report.symbols} symbols")
