"""`omr models`: what is released, and models for other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from omr_cli.options import PATH, device_option, threads_option


@click.group()
def models() -> None:
    """List, show, export and calibrate models."""


@models.command("list")
def list_models() -> None:
    """List the released models: name, licence, classes, size, hash."""
    from omr.model_store import model_names

    for name in model_names():
        facts = _facts(name)
        click.echo(
            f"{name:<12} {facts['licence']:<16} {facts['classes']:>4} classes  "
            f"{facts['bytes'] / 1e6:5.1f} MB  {facts['sha256'][:12]}"
        )


@models.command()
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="For programs; thresholds as well.")
def show(model: str, as_json: bool) -> None:
    """Show what a MODEL is: a released one by name, or a model folder."""
    import json

    facts = _facts(model)
    if as_json:
        click.echo(json.dumps(facts, indent=1))
        return
    for key in ("name", "licence", "classes", "interline", "refiner", "bytes", "sha256", "card"):
        click.echo(f"{key:<10} {facts[key]}")
    for family, names in facts["families"].items():
        click.echo(f"\n{family}:")
        click.echo(click.wrap_text(", ".join(names), initial_indent="  ", subsequent_indent="  "))


@models.command()
@click.argument("model")
@click.option("--onnx", "out", type=PATH, required=True, metavar="OUT",
              help="New folder for net.onnx, heads.onnx and, if the model has one, refiner.onnx.",
              )  # fmt: skip
def export(model: str, out: Path) -> None:
    """Write a MODEL for other runtimes, checked against PyTorch.

    OUT also gets its config.json, card and licence. examples/onnx_detect.py shows how to detect
    with it. Needs the extra `onnx`.
    """
    from omr.onnx_export import export_onnx

    difference = export_onnx(model, out)
    click.echo(f"{out}: largest difference to PyTorch {difference:.1e}")


@models.command()
@click.argument("model")
@click.argument("datasets", nargs=-1, required=True, metavar="DATASET...")
@click.option("-o", "--out", type=PATH, required=True,
              help="The model with them, a new folder.")  # fmt: skip
@click.option("--worn", is_flag=True,
              help="Wear every other page as a scanner or a camera might.")  # fmt: skip
@device_option
@threads_option
def calibrate(
    model: str,
    datasets: tuple[str, ...],
    out: Path,
    worn: bool,
    device: str,
    threads: int | None,
) -> None:
    """Fit a MODEL's thresholds, scores and the ranges of its maps to pages of yours.

    DATASET: pages with all their symbols, of any readable format, which may be chosen as in
    `muscima-pp/v2.0#writer=05,12`. None that you mean to measure the model on. A threshold is
    fitted for classes with five or more instances; the others get the median of these. Scores
    become chances of being right; with the ranges known, maps are computed in bytes, which is
    faster.
    """
    from deepscores_tools.formats import read_selected
    from deepscores_tools.learnable import learnable
    from omr.device import set_threads
    from omr.evaluation.validation import calibrate as fit

    set_threads(threads)
    pages = [learnable(page) for dataset in datasets for page in read_selected(dataset)]
    report = fit(model, pages, out, device, worn=worn)
    click.echo(f"{out}: {len(pages)} pages, mAP {report.map:.3f}, AP50 {report.ap50:.3f}")


def _facts(model: str) -> dict[str, Any]:
    from omr.model_store import model_folder, model_hash, read_config

    folder = model_folder(model)
    config = read_config(folder)
    card = folder / "README.md"
    return {
        "name": config.name,
        "licence": config.licence,
        "classes": len(config.all_classes),
        "interline": config.interline,
        "refiner": config.refiner is not None,
        "bytes": sum(f.stat().st_size for f in folder.glob("*.safetensors")),
        "sha256": model_hash(folder),
        "card": str(card) if card.is_file() else "none",
        "families": {**config.families, "from the staff lines": config.staff_classes},
        "thresholds": config.thresholds,
    }
