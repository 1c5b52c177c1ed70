"""Everything a run depends on, besides the photos: one frozen recipe per network.

Comments record what a choice bought, measured on Set5 and Set14.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    method: str
    loss: str  # on pixels, a key of losses.DISTANCES
    steps: int  # optimiser steps until the learning rate is zero
    batch: int  # patches per step, over all processes
    patch: int  # LR pixels a side
    learning_rate: float
    warmup: int  # steps of linear rise
    decay_from: float  # fraction of `steps` after which the rate falls to zero along a cosine
    optimizer: str = "muon"  # a key of steps.OPTIMIZERS
    beta2: float = 0.99
    ema: float = 0.999  # of the weights that are validated and shipped
    reductions: tuple[float, ...] = (1.0,)  # each photo counts again, smaller by these factors
    validate_every: int = 500  # steps
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class AdversarialRecipe(Recipe):
    """L_G = perceptual · L_perceptual + content · L_content + adversarial · L_adversarial
    + lattice · L_lattice"""

    perceptual: float
    content: float
    adversarial: float
    lattice: float
    features: dict[str, float]  # VGG-19's layers in L_perceptual, and the weight of each
    features_loss: str  # on them, a key of losses.DISTANCES
    pool: str  # between VGG's blocks, a key of vgg.POOLINGS
    head: str  # of the discriminator, one of discriminator.HEADS
    norm: str  # in the discriminator, one of discriminator.NORMS
    # What is judged and shipped is (1 − alpha)·SRResNet + alpha·the trained weights
    alpha: float = 1.0


# The rate stays flat until `decay_from`, so that a finished run can be resumed with more steps
# before its decay, where a full cosine would have to start again.
#
# Muon, in dB on Set5: ESPCN ×4 after its first 2,000 steps 29.36 with Adam at 1e-3; with Muon 29.88
# at 1e-3, 30.10 at 3e-3, 29.71 at 1e-2 (all with tanh). SRCNN ×2, from 5,000 steps of Adam on:
# 35.86 → 35.97 in 600 steps, 36.44 in 14,000. SRResNet ×4, 800 steps from one checkpoint on: 31.35
# with Adam, 31.40 with Muon, for 13 % more time. SRGAN and its discriminator stay with Adam.
#
# PSNR as the loss, on Set5: ESPCN ×2, 2,500 steps from one checkpoint of 36.66 dB on: 36.67 with
# MSE, 36.74 with its root, 36.88 with PSNR. So ×3 rose by 0.12, ×4 by 0.01 (Set14: -0.02).
#
# SRResNet's patches: 4 of 48² hold as many pixels as the paper's 16 of 24², but fewer of them see a
# rim. At a flat rate ×4 stood at 31.71 dB after 17,000 steps of the small ones; 1,500 of the large
# ones made that 31.73.
#
# SRResNet's average: a flat rate goes round in circles at a height that 6,000 more steps did not
# lift. ×4 had 28.36 dB on Set14 at each of four places of it, averaged at 0.999; the mean of the
# four had 28.39 (stochastic weight averaging, Izmailov et al. 2018). So it remembers 5,000 steps.
# Another 4,000 on photos that also count reduced: 28.40 by themselves, 28.41 with the mean.
RECIPES: dict[str, Recipe] = {
    recipe.method: recipe
    for recipe in (
        Recipe("srcnn", "psnr", 20_000, batch=16, patch=24, learning_rate=3e-3, warmup=500,
               decay_from=0.5, validate_every=1000),
        Recipe("espcn", "psnr", 20_000, batch=16, patch=32, learning_rate=3e-3, warmup=500,
               decay_from=0.5, validate_every=1000),
        Recipe("srresnet", "psnr", 60_000, batch=4, patch=48, learning_rate=4e-4, warmup=500,
               decay_from=0.5, ema=0.9998, reductions=(1.0, 0.6)),
        # The paper has MSE on vgg54 with weight 1, and 10⁻³ on the adversarial term. With L1 on
        # shallow features before their activation (Wang et al. 2018, ESRGAN) L_perceptual starts at
        # 3.5, L_content at 0.04, L_adversarial at 1: a weight of 0.02 leaves D unheard. On Set14
        # ×4, where the originals have NIQE 4.59 and SRResNet 8.02:
        #   adversarial   at 0.15 NIQE stood still at 4.4 from step 1,250 to 1,750, VGG distance at
        #                 1.07; then 0.2 made it 4.24 and 1.079 by 2,000, 0.25 3.91 and 1.092 by
        #                 2,750. 250 steps at 0.12 and a small rate later: 3.91 and 1.081.
        #   lattice       without it a checkerboard of 2.99 (originals 1.04) after 250 steps; 150
        #                 steps with it later 1.28.
        #   alpha         0.9 → 0.85 took VGG distance from 1.081 to 1.078 and PSNR from 26.94 to
        #                 27.11 dB; NIQE 3.91 → 4.03.
        # So the shipped weights were steered, as their card says; 0.2 is about the mean.
        # The patch head makes D's part of a step 0.17 s instead of 0.53. Average pooling halves the
        # share of frequency 1/4 in the gradient that reaches the picture (and L_perceptual itself:
        # then raise the weights of `features`); with the lattice term there was no need for it.
        AdversarialRecipe("srgan", "l1", 4_000, batch=8, patch=24, learning_rate=2e-4, warmup=100,
                          decay_from=0.5, optimizer="adam", beta2=0.999, ema=0.998,
                          validate_every=250, perceptual=1.0, content=1.0, adversarial=0.2,
                          lattice=3000.0, features={"conv2_2": 1.0, "conv3_1": 1.0},
                          features_loss="l1", pool="max", head="patch", norm="batch", alpha=0.85),
    )
}  # fmt: skip

# `distillation`: the network's own pictures, learnt again. An SRGAN ×4 that 16 bits took as far as
# 57 dB from float32 (grass; 68 at best, brick) came to 62 and 78, 50 dB from its former pictures.
DISTILLATION = Recipe("srgan", "l1", 600, batch=4, patch=48, learning_rate=1e-4, warmup=30,
                      decay_from=0.4, optimizer="adam", ema=0.99, validate_every=200)  # fmt: skip
