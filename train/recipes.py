"""Everything a run depends on, besides the photos: one frozen recipe per network.

Comments record what a choice bought, measured on Set5.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    method: str
    loss: str  # a key of train.losses.PIXEL_LOSSES
    steps: int  # optimiser steps until the learning rate is zero
    batch: int  # patches per step, over all processes
    patch: int  # LR pixels a side
    learning_rate: float
    warmup: int  # steps of linear rise
    decay_from: float  # fraction of `steps` after which the rate falls to zero along a cosine
    beta2: float = 0.99
    ema: float = 0.999  # of the weights that are validated and shipped
    validate_every: int = 500  # steps
    seed: int = 0


# The rate stays flat until `decay_from`, so that a finished run can be resumed with more steps
# before its decay, where a full cosine would have to start again.
RECIPES: dict[str, Recipe] = {
    recipe.method: recipe
    for recipe in (
        Recipe("srcnn", "mse", 40_000, batch=16, patch=24, learning_rate=5e-4, warmup=500,
               decay_from=0.5, validate_every=1000),
        Recipe("espcn", "mse", 100_000, batch=16, patch=32, learning_rate=1e-3, warmup=500,
               decay_from=0.5, validate_every=1000),
        Recipe("srresnet", "l1", 60_000, batch=16, patch=24, learning_rate=4e-4, warmup=500,
               decay_from=0.5),
    )
}  # fmt: skip
