"""What has no colour keeps its greys: a network learns its own pictures again, and small drawings.

``python -m train.neutral srresnet --scale 2 --data photos --val test_sets/Set14``

For a checkpoint that tints, darkens or brightens a checker of single pixels; no reduced photo has
one. What it bought, and what it cost: docs/experiments.md.
"""

import sys
from dataclasses import replace

from sr_demo.training import cli
from sr_demo.training.recipe import Recipe
from train import real_srgan

RECIPE = Recipe(
    method="srresnet",
    loss="mse",  # weighed otherwise for drawings: sr_demo/training/neutral.py
    steps=1_200,  # with 600 to 900 some were there; the cards tell
    batch=6,
    patch=48,
    neutral=0.35,
    drawn=1.0,
    drawn_small=0.7,
    optimizer="adam",
    learning_rate=3e-5,
    warmup=30,
    decay_from=0.4,
    clip=1.0,  # where a checker is 300 times brighter than white, a gradient is 700 long
    ema=0.995,
    validate_every=200,
)

RECIPES = {
    # A minute for a small network. SRCNN is none of these: it lost 0.15 dB
    "espcn": replace(RECIPE, method="espcn", steps=2_000, learning_rate=1e-4, validate_every=500),
    "srresnet": RECIPE,
    "srgan": replace(RECIPE, method="srgan"),
    # On photos as it knows them
    "real_srgan": replace(RECIPE, method="real_srgan", degradations=real_srgan.RECIPE.degradations),
}

if __name__ == "__main__":
    sys.exit(cli.run_imitation("neutral", RECIPES))
