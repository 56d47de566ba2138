"""Train a released model further on pages of your own.

    omr dataset split truth -o parts --by page --val 0.2 --test 0
    python examples/train_own_pages.py parts/train --val parts/val -o runs/mine
    omr detect scans/ -m runs/mine/model

Both are datasets in any format: what the viewer's review queue saved, for one. The pages are taken
for scans, which need not be worn; the classes stay those of the model. `omr train --from printed
my.toml` does the same with a recipe file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from omr.training import train
from omr.training.recipe import AugmentConfig, DataConfig, Recipe, TrainConfig


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("truth")
    parser.add_argument("--val", required=True, help="pages to validate on")
    parser.add_argument("--model", default="printed", help="where to start from")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, default=512)
    parser.add_argument("--workers", type=int, default=1, help="processes that make crops")
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/mine"))
    options = parser.parse_args(arguments)
    recipe = Recipe(
        data=DataConfig(train=(options.truth,), val=(options.val,), val_pages=40),
        augment=AugmentConfig(degrade=0),
        training=TrainConfig(
            start_from=options.model,
            steps=options.steps,
            batch=options.batch,
            crop=options.crop,
            workers=options.workers,
            validate_every=100,
            learning_rate=2e-4,  # a fifth of what training from nothing takes
        ),
    )
    print(train(recipe, options.out))


if __name__ == "__main__":
    main()
