"""Distillation: a network learns its own pictures again, from features that 16 bits hold.

``python -m train.distill srgan --scale 4 --data photos``

For a checkpoint whose pictures bfloat16 takes further than 60 dB from those in float32. What it
bought SRGAN ×4: docs/experiments.md.
"""

import sys

from sr_demo.training import cli
from sr_demo.training.recipe import Recipe

RECIPE = Recipe(
    method="srgan",  # unless the command line names srresnet
    loss="l1",
    steps=600,
    batch=4,
    patch=48,
    optimizer="adam",
    learning_rate=1e-4,
    warmup=30,
    decay_from=0.4,
    ema=0.99,
    validate_every=200,
)

if __name__ == "__main__":
    sys.exit(cli.run_distillation(RECIPE))
