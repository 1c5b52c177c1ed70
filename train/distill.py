"""Distillation: a network learns its own pictures again, and drawings their originals.

``python -m train.distill srgan --scale 4 --data photos``

For a checkpoint whose pictures bfloat16 takes further than 60 dB from those in float32, or that
adds a tint or a mesh where there is nothing to add. What it bought: docs/experiments.md.
"""

import sys
from dataclasses import replace

from sr_demo.training import cli
from sr_demo.training.recipe import Recipe

RECIPE = Recipe(
    method="srgan",
    loss="l1",
    steps=1500,
    batch=4,
    patch=48,
    neutral=0.15,
    drawn=1.0,  # of a drawing the original is learnt
    optimizer="adam",
    learning_rate=1e-4,
    warmup=30,
    decay_from=0.4,
    ema=0.99,
    validate_every=500,
)

RECIPES = {method: replace(RECIPE, method=method) for method in ("srresnet", "srgan")}

if __name__ == "__main__":
    sys.exit(cli.run_imitation("distill", RECIPES))
