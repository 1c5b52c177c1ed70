"""SRCNN (Dong et al. 2014): three convolutions that sharpen the bicubic enlargement.

``python -m train.srcnn --scale 3 --data photos --val test_sets/Set5``

The measurements behind each choice: docs/experiments.md.
"""

import sys

from sr_demo.training import cli
from sr_demo.training.recipe import Recipe

RECIPE = Recipe(
    method="srcnn",
    loss="psnr",  # the mean of the pictures' own PSNR, as papers report it; MSE in the paper
    steps=20_000,
    batch=16,
    patch=24,
    # On from 5,000 steps of Adam, which had led ×2 to 35.86 dB on Set5: 36.44 with Muon
    optimizer="muon",
    learning_rate=3e-3,
    warmup=500,
    decay_from=0.5,  # flat until then, so that a finished run can be given more steps
    validate_every=1000,
)

if __name__ == "__main__":
    sys.exit(cli.run_recipe(RECIPE))
