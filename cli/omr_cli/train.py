"""`omr train`: a recipe in, a model folder out."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("runs/model"),
              show_default=True, help="Folder of the run; an interrupted one goes on.")  # fmt: skip
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto",
              show_default=True, help="Where to train.")  # fmt: skip
@click.option("--steps", type=click.IntRange(min=1), help="Instead of the recipe's steps.")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads to use.")
def train(config: Path, out: Path, device: str, steps: int | None, threads: int | None) -> None:
    """Train a detector as CONFIG, a TOML file, says.

    OUT gets the checkpoint, TensorBoard events in OUT/log, and the best model by validation mAP
    in OUT/model, ready for `omr detect -m OUT/model`.
    """
    from omr.config import read_recipe
    from omr.detector import set_threads
    from omr.training import train as run

    recipe = read_recipe(config)
    if steps:
        training = recipe.training.model_copy(update={"steps": steps})
        recipe = recipe.model_copy(update={"training": training})
    set_threads(threads)
    click.echo(run(recipe, out, device))
