"""`omr detect`: pages in, their symbols out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omr_cli.options import PATH, Real, device_option, resumable

if TYPE_CHECKING:
    from omr.batch import PageResult

BAR = "{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} pages, {rate_noinv_fmt}, {remaining} left"


@click.command()
@click.argument("pages", nargs=-1, required=True, type=PATH)
@click.option("-o", "--out", type=PATH, default=Path("detections"),
              show_default=True, help="Folder to write to.")  # fmt: skip
@click.option("-m", "--model", default="printed", show_default=True,
              help="A released model, or the folder of one.")  # fmt: skip
@click.option("-f", "--format", "formats", type=click.Choice(["coco", "mung", "csv"]),
              multiple=True, help="Format to write; may be repeated.  [default: coco]")  # fmt: skip
@click.option("--overlay", is_flag=True, help="Also draw the boxes on each page.")
@click.option("--html", is_flag=True,
              help="Also make OUT/view.html, to look at the pages and correct them.")  # fmt: skip
@click.option("--min-score", type=Real(0, 1),
              help="Least score of a symbol.  [default: the model's, per class]")  # fmt: skip
@device_option
@click.option("-j", "--jobs", type=click.IntRange(1, 64), default=None,
              help="Pages at a time.  [default: one a core, at most 4]")  # fmt: skip
@click.option("--overwrite", is_flag=True,
              help="Start OUT anew, even if it holds a run with other options.")  # fmt: skip
def detect(
    pages: tuple[Path, ...],
    out: Path,
    model: str,
    formats: tuple[str, ...],
    overlay: bool,
    html: bool,
    min_score: float | None,
    device: str,
    jobs: int | None,
    overwrite: bool,
) -> None:
    """Find the symbols on PAGES: PNG, JPEG, JPEG 2000, TIFF and PDF files, and folders of these.

    Writes OUT/detections.json (COCO), OUT/mung/<page>.xml, OUT/csv/<page>.csv and
    OUT/overlay/<page>.png, as asked for. Run again with the same options, it keeps the pages
    that OUT holds already. Exits with status 2 if an input could not be read, or has no staves
    on any page, and lists such in OUT/failures.csv; all others are done nevertheless.
    """
    from deepscores_tools.errors import InputError
    from deepscores_tools.failures import write_failures
    from deepscores_tools.folder_lock import only_writer
    from deepscores_tools.page_sources import find_pages
    from omr.run_folder import VIEW, is_overlay, note_inputs

    detected = False
    sources, failures = find_pages(pages, skip=is_overlay)
    if sources:
        from omr.batch import detect_batch, inputs_without_staves
        from omr.detector import Detector
        from omr.device import set_threads, usable_cores
        from omr.model_store import model_folder, model_hash, model_names
        from omr.outputs import FORMATS, Outputs, RunOptions

        folder = model_folder(model)
        cores = usable_cores()
        jobs = min(jobs or min(cores, 4), len(sources))
        set_threads(max(cores // jobs, 1))
        detector = Detector.load(folder, device)
        options = RunOptions(
            model=model if model in model_names() else str(folder.resolve()),
            model_hash=model_hash(folder),
            formats=tuple(name for name in FORMATS if name in (formats or ("coco",))),
            overlay=overlay,
            min_score=min_score,
        )
        with only_writer(out):
            outputs = Outputs(out, options, overwrite=overwrite)
            note_inputs(out, [s.argument for s in sources])
            with resumable(out), _Reporter(len(sources)) as report:
                results = detect_batch(detector, sources, outputs, report, jobs)
            failures += [result.failure for result in results if result.failure]
            failures += [
                InputError(argument, "no staves found on any of its pages; is it music?")
                for argument in inputs_without_staves(results)
            ]
            write_failures(failures, out)
        detected = any(result.failure is None for result in results)
    elif out.is_dir():  # an earlier run's list must not stay; a folder for it alone is not made
        with only_writer(out):
            write_failures(failures, out)
    for failure in failures:
        click.echo(f"Error: {failure}", err=True)
    if html and detected:
        from omr_cli.view import write

        write(str(out), out / VIEW, model=model)
    if failures:
        sys.exit(2)


class _Reporter:
    """One line a page on standard output; a progress bar where errors go to a terminal."""

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        shown = total > 1 and sys.stderr.isatty()
        self.bar = tqdm(total=total, unit=" pages", leave=False, disable=not shown, bar_format=BAR)

    def __enter__(self) -> _Reporter:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def __call__(self, result: PageResult) -> None:
        if result.failure is None:
            with self.bar.external_write_mode():
                click.echo(_summary(result))
        self.bar.update()


def _summary(result: PageResult) -> str:
    parts = [f"{result.symbols} symbols"]
    if result.staves is not None:
        parts.append(f"{result.staves} staves")
    if result.interline is not None:
        parts.append(f"interline {result.interline:.1f} px")
    parts.append("kept" if result.kept else f"{result.seconds:.1f} s")
    notice = f" ({result.notice})" if result.notice else ""
    return f"{result.source.name}: {', '.join(parts)}{notice}"
