"""`omr dataset stats`: how many symbols there are, on a page and of a class, and how large."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH, images_option, notice


@click.command(short_help="Count symbols by page, class and size.")
@click.argument("dataset")
@click.option("-o", "--out", type=PATH,
              help="New folder: statistics.json, classes.csv, table.txt and pictures (PNG).  "
                   "[default: print the table alone]")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
@images_option
def stats(dataset: str, out: Path | None, as_json: bool, images: Path | None) -> None:
    """Count DATASET's symbols: a page, a class, their sizes, and an example of each class.

    The pictures are class_frequencies, objects_per_page, sizes, examples.
    """
    import json

    from deepscores_tools.dataset_reading import open_pages
    from deepscores_tools.statistics.counts import Statistics, collect, table_text, write_numbers
    from omr.run_folder import pictures_of
    from omr_cli.progress import progress

    source = open_pages(dataset)
    statistics: Statistics
    if out is None:
        statistics = collect(progress(source))
    else:
        from deepscores_tools.statistics.examples import ClassExamples
        from deepscores_tools.statistics.figures import write_figures
        from deepscores_tools.whole_folder import whole_folder

        examples = ClassExamples(pictures_of(dataset, images))
        with whole_folder(out) as folder:
            statistics = collect(examples.watch(progress(source)))
            write_numbers(statistics, folder)
            write_figures(statistics, examples.examples, folder)
        missing = statistics.classes.keys() - examples.examples.keys()
        if missing:
            why = next(iter(examples.skipped.values()))
            notice(f"no example of {len(missing)} classes: {why}")
    if as_json:
        click.echo(json.dumps(statistics.to_json(), ensure_ascii=False, indent=2))
        return
    click.echo(table_text(statistics), nl=False)
    click.echo(f"{statistics.pages} pages, {statistics.symbols} symbols, "
               f"{len(statistics.classes)} classes; the ten commonest are "
               f"{100 * statistics.part_of_commonest(10):.0f} % of all")  # fmt: skip
