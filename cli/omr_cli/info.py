"""`omr dataset info`: what a dataset is and holds."""

from __future__ import annotations

import click


@click.command(short_help="Say what a dataset is.")
@click.argument("dataset")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def info(dataset: str, as_json: bool) -> None:
    """Say what DATASET is: its format, pages, symbols and classes."""
    import json

    from deepscores_tools.dataset_reading import open_pages
    from deepscores_tools.statistics.summary import summarise
    from omr_cli.progress import progress

    pages = open_pages(dataset)
    summary = summarise(progress(pages), pages.format_name).to_json()
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
        return
    classes, attributes = summary.pop("classes"), summary.pop("page_attributes")
    for what, value in summary.items():
        click.echo(f"{what.replace('_', ' '):15} {value:>8}")
    for name, count in attributes.items():
        click.echo(f"{'with ' + name:15} {count:>8}")
    click.echo(f"{'classes':15} {len(classes):>8}")
    for name, count in classes.items():
        click.echo(f"  {count:>8}  {name}")
