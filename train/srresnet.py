"""SRResNet (Ledig et al. 2017): sixteen residual blocks, trained on pixels.

``python -m train.srresnet --scale 4 --data photos --val test_sets/Set5``

The measurements behind each choice: docs/experiments.md.
"""

import sys

from sr_demo.training import cli
from sr_demo.training.recipe import Recipe

RECIPE = Recipe(
    method="srresnet",
    loss="psnr",  # the mean of the pictures' own PSNR; MSE in the paper
    steps=60_000,
    # As many pixels as the paper's 16 of 24², fewer of them beside a rim: 1,500 steps of these took
    # ×4 from 31.71 dB, where 17,000 of the small ones had led, to 31.73
    batch=4,
    patch=48,
    optimizer="muon",  # 31.40 dB after 800 more steps where Adam had 31.35, in 13 % more time
    learning_rate=4e-4,
    warmup=500,
    decay_from=0.5,  # flat until then, so that a finished run can be given more steps
    ema=0.9998,  # remembers 5,000 steps: the mean of weights far apart is 0.03 dB better
    downscale_factors=(1.0, 0.6),  # every photo once more, smaller: more detail to a pixel
)

if __name__ == "__main__":
    sys.exit(cli.run_recipe(RECIPE))
