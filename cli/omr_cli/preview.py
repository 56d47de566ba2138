"""`omr dataset preview`: what a kind of scan makes of one's pages, on one contact sheet."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH, PRESET, seed_option


@click.command(short_help="Lay degraded pages side by side.")
@click.argument("pages", nargs=-1, required=True, type=PATH)
@click.option("-p", "--preset", "presets", multiple=True, type=PRESET,
              help="Kind of scan, may be repeated; all kinds by default.")  # fmt: skip
@click.option("-o", "--out", type=PATH, default=Path("preview.png"),
              show_default=True, help="The contact sheet, a PNG.")  # fmt: skip
@seed_option("The same seed gives the same sheet.")
@click.option("--whole", is_flag=True, help="Show whole pages, not crops at full size.")
def preview(
    pages: tuple[Path, ...], presets: tuple[str, ...], out: Path, seed: int, whole: bool
) -> None:
    """Degrade PAGES like scans and lay them side by side: a row a page, a column a preset.

    PAGES are images, PDFs or folders of them, clean ones for a fair look. The first column is
    the page as it came in.
    """
    from deepscores_tools.degradation import PRESETS
    from deepscores_tools.degradation.preview import contact_sheet
    from deepscores_tools.page_images import page_images
    from deepscores_tools.whole_file import write_png

    shown = [PRESETS[name] for name in presets or PRESETS]
    sheet = contact_sheet(page_images(pages), shown, seed, whole)
    write_png(out, sheet)
    click.echo(f"{out}: {len(shown)} kinds of scan, {sheet.shape[1]} x {sheet.shape[0]} pixels")
