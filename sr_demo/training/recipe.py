"""What a run depends on besides the photos: one frozen recipe for each network, in `train/`."""

from dataclasses import dataclass, field, replace

from sr_demo.training.degradations import Degradations


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
    clip: float = 0.0  # the longest gradient of a network at a step, see steps.py; 0: as it is
    ema: float = 0.999  # decay of the moving average of the weights, which is validated and shipped
    downscale_factors: tuple[float, ...] = (1.0,)  # each photo counts once at each of these sizes
    candidates: int = 1  # places drawn for each patch, of which the most textured is taken
    neutral: float = 0.0  # share of patches in shades of grey: photos without colour, drawings
    drawn: float = 0.5  # share of those that are drawings
    drawn_small: float = 0.0  # share of drawings that are small as they are, and not reduced
    degradations: Degradations | None = None  # of every patch; None: reduced by bicubic alone
    validate_every: int = 500  # steps
    seed: int = 0
    # Of the network's class, besides the scale: another size than the paper's
    arguments: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AdversarialRecipe(Recipe):
    """How a network is trained against a discriminator.

    L_G = spectrum · L_spectrum + texture · L_texture + adversarial · L_adversarial
    + perceptual · L_perceptual + low_pass · L_low_pass + content · L_content
    + checkerboard · L_checkerboard, each L a function of `losses.py`; what has weight 0 is not
    computed.
    """

    spectrum: float
    texture: float
    adversarial: float
    perceptual: float
    low_pass: float
    content: float
    checkerboard: float
    spectrum_constant: float  # power, in grey levels squared, far below which nothing counts
    texture_layers: dict[str, float]  # VGG-19's layers in L_texture, and the weight of each
    texture_cell: int  # HR pixels a side, within which features may change places
    texture_directions: int  # of feature space, drawn anew at each step
    checkerboard_windows: tuple[int, ...]  # LR pixels a side
    features: dict[str, float]  # VGG-19's layers in L_perceptual, and the weight of each
    features_loss: str  # on them, a key of losses.DISTANCES
    pool: str  # between VGG's blocks, a key of vgg.POOLINGS
    head: str  # of the discriminator, one of discriminator.HEADS
    norm: str  # in the discriminator, one of discriminator.NORMS
    width: int  # features of its first layer
    stride_kernel: int  # side of its kernels that stride
    # Its learning rate over the generator's (two time scales: Heusel et al. 2017)
    discriminator_rate: float = 1.0
    drift: float = 0.0  # weight of L_drift in the discriminator's loss
    # What is validated and shipped is (1 − alpha)·what it began with + alpha·the trained weights
    alpha: float = 1.0
    # What D answers of a pair: "pairs", which of the two is the photograph, place by place; or
    # "average", how each compares with the mean of the others (ESRGAN)
    relativistic: str = "pairs"
    # What comes before, on pixels, from the SRResNet checkpoint on, or at random if this is
    # another network; None begins as that checkpoint itself
    pretraining: Recipe | None = None


class DivergedError(Exception):
    """The loss is no number any more and does not come back; the message says what to do."""


def shortened(recipe: Recipe) -> Recipe:
    """The same recipe for a dry run: every part of the loop, in seconds."""
    short = replace(recipe, steps=4, batch=2, validate_every=2, warmup=1)
    if isinstance(short, AdversarialRecipe) and short.pretraining is not None:
        return replace(short, pretraining=shortened(short.pretraining))
    return short
