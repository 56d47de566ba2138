"""`omr evaluate`: how good detections are, against the truth of the same pages."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH, Real


@click.command()
@click.argument("truth")
@click.argument("detections")
@click.option("--json", "json_file", type=PATH,
              help="Also write everything to this file, as JSON.")  # fmt: skip
@click.option("--html", "html_file", type=PATH,
              help="Also write a page with curves and pictures of the worst mistakes.")  # fmt: skip
@click.option("--class-map", "map_file", type=PATH,
              help="CSV, header truth_name,detection_name, for names that differ.")  # fmt: skip
@click.option("-m", "--model",
              help="Take precision and recall at this model's thresholds.  "
                   "[default: of all detections]")  # fmt: skip
@click.option("--min-score", type=Real(0, 1), metavar="S",
              help="Take precision and recall at this score, for all classes.")  # fmt: skip
@click.option("--classes", metavar="NAMES",
              help="Also average over these classes, as stem,rest*.")  # fmt: skip
@click.option("--classes-with", type=click.IntRange(min=1), metavar="N",
              help="Also average over classes with N or more instances in --train.")  # fmt: skip
@click.option("--train", multiple=True, metavar="DATASET",
              help="What the model was trained on; may be repeated.")  # fmt: skip
def evaluate(
    truth: str,
    detections: str,
    json_file: Path | None,
    html_file: Path | None,
    map_file: Path | None,
    model: str | None,
    min_score: float | None,
    classes: str | None,
    classes_with: int | None,
    train: tuple[str, ...],
) -> None:
    """Compare DETECTIONS with TRUTH: average precision, per class, size and page.

    Both are datasets of any readable format. TRUTH may choose pages by an attribute, as
    `muscima-pp/v2.0#writer=07,19` does. Pages are matched by name. Detect with
    --min-score 0 for the full average precision.
    """
    from deepscores_tools.whole_file import write_whole
    from omr.evaluation.class_pairs import ClassPairs
    from omr.evaluation.files import crops_of_worst, evaluate_files, with_frequent, with_named
    from omr.evaluation.table import report_text
    from omr.model_store import model_thresholds

    if (classes_with is None) != (not train):
        raise click.UsageError("--classes-with and --train go together")
    if model and min_score is not None:
        raise click.UsageError("--model or --min-score, not both")
    class_pairs = ClassPairs.from_file(map_file) if map_file else None
    thresholds = model_thresholds(model) if model else min_score
    report = evaluate_files(truth, detections, class_pairs=class_pairs, thresholds=thresholds)
    if classes_with is not None:
        report = with_frequent(report, train, classes_with, class_pairs)
    if classes is not None:
        report = with_named(report, classes)
    click.echo(report_text(report), nl=False)
    if json_file:
        write_whole(json_file, report.to_json())
    if html_file:
        from omr.evaluation.html import report_html  # imports matplotlib

        at = f"of the model {model}" if model else f"{min_score or 0:g} for all classes"
        facts = {"truth": truth, "detections": detections, "thresholds": at}
        crops = crops_of_worst(report, truth, detections, class_pairs)
        write_whole(html_file, report_html(report, facts, crops))
