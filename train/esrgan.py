"""ESRGAN (Wang et al. 2018): dense blocks, against a discriminator that compares.

``python -m train.esrgan --scale 4 --data photos --val test_sets/Set14``

The paper's experiment: RRDBNet on pixels first, at random; then L1, VGG-19's features before their
activation and the relativistic average discriminator; what ships lies between the two networks. No
choice of it was measured here: on a graphics card this takes days, on a processor months. A size
that a processor trains stands in ``arguments``: features 32, blocks 4, growth 16 is a fortieth.
"""

import sys

from sr_demo.training import cli
from sr_demo.training.recipe import AdversarialRecipe, Recipe

PIXELS = Recipe(
    method="esrgan",
    loss="l1",
    steps=1_000_000,  # the rate halves every 200,000 in the paper, falls along a cosine here
    batch=16,
    patch=48,  # 192 HR pixels: deep networks gain from seeing more
    optimizer="adam",
    learning_rate=2e-4,
    beta2=0.999,
    warmup=100,
    decay_from=0.2,
    validate_every=5_000,
    arguments={"features": 64, "blocks": 23, "growth": 32},
)

RECIPE = AdversarialRecipe(
    method="esrgan",
    # L_G = perceptual · L1(φ(SR), φ(HR)) + adversarial · L_Ra + content · L1(SR, HR)
    perceptual=1.0,
    adversarial=5e-3,
    content=1e-2,
    spectrum=0.0,
    texture=0.0,
    low_pass=0.0,
    checkerboard=0.0,  # upsampling repeats pixels: it leaves none
    relativistic="average",
    # Before the activation, which leaves 11 % of a baboon's
    features={"conv5_4": 1.0},
    features_loss="l1",
    loss="l1",
    pool="max",
    spectrum_constant=300.0,  # of terms that weigh nothing
    texture_layers={},
    texture_cell=32,
    texture_directions=16,
    checkerboard_windows=(6,),
    # SRGAN's discriminator with its two dense layers
    head="dense",
    norm="batch",
    width=64,
    stride_kernel=4,
    optimizer="adam",
    learning_rate=1e-4,
    beta2=0.999,
    batch=16,
    patch=32,  # 128 HR pixels
    steps=400_000,
    warmup=100,
    decay_from=0.125,
    validate_every=5_000,
    alpha=0.8,  # of the way from the network on pixels: network interpolation
    pretraining=PIXELS,
)

if __name__ == "__main__":
    sys.exit(cli.run_recipe(RECIPE))
