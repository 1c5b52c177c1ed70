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
    adversarial=0.3,
    # What the small picture no longer shows, distributions decide: less than in SRGAN, since here
    # they would also have the noise of the small picture for texture
    spectrum=0.1,
    texture=0.3,
    norm="inner_spectral",  # as the paper's: with all layers bounded D falls silent
    steps=700,
    warmup=50,
    ema=0.995,
    validate_every=100,
    pretraining=Recipe(
        method="real_srgan",
        loss="l1",
        degradations=Degradations(),
        steps=1200,
        batch=8,
        patch=32,
        learning_rate=4e-4,
        warmup=100,
        decay_from=0.5,
        optimizer="muon",
        ema=0.998,
        validate_every=250,
    ),
)

if __name__ == "__main__":
    sys.exit(cli.run_recipe(RECIPE))
