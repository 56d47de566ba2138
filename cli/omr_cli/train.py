"""`omr train`: a recipe in, a model folder out."""

from __future__ import annotations

from pathlib import Path

import click

from omr_cli.options import PATH, Real, device_option, resumable, threads_option


@click.command()
@click.argument("config", type=PATH)
@click.option("-o", "--out", type=PATH, default=Path("runs/model"),
              show_default=True, help="Folder of the run; an interrupted one goes on.")  # fmt: skip
@device_option
@click.option("--from", "start_from", metavar="MODEL",
              help="Go on from a released model or a model folder.")  # fmt: skip
@click.option("--freeze", "frozen", multiple=True,
              type=click.Choice(["pyramid", "energy", "classes", "box", "refiner"]),
              help="Part that keeps its weights; may be repeated.")  # fmt: skip
@click.option("--weight-decay", type=Real(0), metavar="L2",
              help="Instead of the recipe's: holds the weights back.")  # fmt: skip
@click.option("--steps", type=click.IntRange(min=1), help="Instead of the recipe's steps.")
@threads_option
def train(
    config: Path,
    out: Path,
    device: str,
    start_from: str | None,
    frozen: tuple[str, ...],
    weight_decay: float | None,
    steps: int | None,
    threads: int | None,
) -> None:
    """Train a detector as CONFIG, a TOML file, says.

    OUT gets the checkpoint, TensorBoard events in OUT/log, and the best model by validation mAP
    in OUT/model, ready for `omr detect -m OUT/model`. With --from, a CONFIG without [model]
    trains that model further and keeps its classes.
    """
    from omr.device import set_threads
    from omr.training import train as run
    from omr.training.recipe import read_recipe

    given = {
        "start_from": start_from, "frozen": frozen or None,
        "weight_decay": weight_decay, "steps": steps,
    }  # fmt: skip
    recipe = read_recipe(config, **{k: v for k, v in given.items() if v is not None})
    set_threads(threads)
    with resumable(out):
        click.echo(run(recipe, out, device))
