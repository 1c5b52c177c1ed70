"""Real-SRGAN: SRGAN for pictures as they are met (Wang et al. 2021, Real-ESRGAN).

``python -m train.real_srgan --scale 4 --data photos --val test_sets/Set14``

Small pictures are made by random blur, noise and JPEG, twice (`training/degradations.py`). First
the SRResNet checkpoint of the same scale learns to restore those on pixels, then against a
discriminator. The measurements behind it: docs/experiments.md.
"""

import sys
from dataclasses import replace

from sr_demo.training import cli
from sr_demo.training.degradations import Degradations
from sr_demo.training.recipe import Recipe
from train import srgan

RECIPE = replace(
    srgan.RECIPE,
    method="real_srgan",
    degradations=Degradations(),  # the paper's ranges
    # As the paper's: pixels with 1, features with 1, −log D with 0.1, each term about as large
    content=10.0,
    perceptual=0.3,
    adversarial=0.1,
    spectrum=0.35,  # with 0.1, beside a checkerboard of 20 and an adversarial of 0.3, a mesh
    texture=0.3,
    checkerboard=60.0,
    norm="inner_spectral",  # as the paper's: with all layers bounded D falls silent
    learning_rate=1e-4,
    steps=10_000,
    pretraining=Recipe(
        method="real_srgan",
        loss="l1",
        degradations=Degradations(),
        steps=20_000,  # 1,200 are not enough: pale, and up to 2.7 levels off in colour
        batch=8,
        patch=32,
        learning_rate=4e-4,
        warmup=200,
        decay_from=0.5,
        optimizer="muon",
        ema=0.999,
        validate_every=500,
    ),
)

if __name__ == "__main__":
    sys.exit(cli.run_recipe(RECIPE))
