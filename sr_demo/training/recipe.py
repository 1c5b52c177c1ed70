"""What a run depends on besides the photos: one frozen recipe for each network, in `train/`."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """How one network is trained on pixels."""

    method: str  # a key of sr_demo.methods.METHODS
    loss: str  # on pixels, a key of losses.DISTANCES
    steps: int  # optimiser steps until the learning rate is zero
    batch: int  # patches per step, over all processes
    patch: int  # LR pixels a side
    learning_rate: float
    warmup: int  # steps of linear rise
    decay_from: float  # fraction of `steps` after which the rate falls to zero along a cosine
    optimizer: str = "muon"  # a key of steps.OPTIMIZERS
    beta2: float = 0.99
    ema: float = 0.999  # decay of the moving average of the weights, which is validated and shipped
    downscale_factors: tuple[float, ...] = (1.0,)  # each photo counts once at each of these sizes
    validate_every: int = 500  # steps
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class AdversarialRecipe(Recipe):
    """How a network is trained against a discriminator.

    L_G = perceptual · L_perceptual + content · L_content + adversarial · L_adversarial
    + checkerboard · L_checkerboard, each L a function of `losses.py`.
    """

    perceptual: float
    content: float
    adversarial: float
    checkerboard: float
    features: dict[str, float]  # VGG-19's layers in L_perceptual, and the weight of each
    features_loss: str  # on them, a key of losses.DISTANCES
    pool: str  # between VGG's blocks, a key of vgg.POOLINGS
    head: str  # of the discriminator, one of discriminator.HEADS
    norm: str  # in the discriminator, one of discriminator.NORMS
    # What is validated and shipped is (1 − alpha)·SRResNet + alpha·the trained weights
    alpha: float = 1.0


def shortened(recipe: Recipe) -> Recipe:
    """The same recipe for a dry run: every part of the loop, in seconds."""
    return replace(recipe, steps=4, batch=2, validate_every=2, warmup=1)
