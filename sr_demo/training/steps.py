"""One training step, of two kinds: on pixels, and against a discriminator.

An *objective* is what Accelerate wraps: a module whose ``forward`` goes from a batch to a loss, so
that mixed precision and many processes work alike for both. A *train step* owns objectives and
optimisers, and makes a step of them. Everything else of a run is the same for both: `run.py`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils import clip_grad_norm_, get_total_norm
from torch.optim import Adam, Optimizer

from sr_demo.inference.rewrites import fast
from sr_demo.networks import SuperResolver
from sr_demo.training.activations import use_fast_prelu
from sr_demo.training.discriminator import Discriminator
from sr_demo.training.losses import (
    DISTANCES,
    adversarial,
    average_adversarial,
    average_discrimination,
    checkerboard,
    content,
    discrimination,
    drift,
    local_spectrum,
    low_pass,
    perceptual,
    texture,
)
from sr_demo.training.muon import Muon
from sr_demo.training.recipe import AdversarialRecipe, Recipe
from sr_demo.training.vgg import VGG

OPTIMIZERS: dict[str, tuple[type[Adam] | type[Muon], float]] = {  # and β₁
    "adam": (Adam, 0.9),
    "muon": (Muon, 0.95),
}


class TrainStep(Protocol):
    """What a run needs to know of the network that it trains."""

    network: SuperResolver
    optimizers: list[Optimizer]
    rates: list[float]  # of each optimizer, in learning rates of the recipe

    def __call__(self, lr: Tensor, hr: Tensor) -> dict[str, Tensor] | None:
        """Learn from one micro-batch.

        Args:
            lr: ``uint8`` RGB ``(N, 3, H, W)``.
            hr: ``uint8`` RGB ``(N, 3, H·scale, W·scale)``.

        Returns:
            what to log of it: scalars by name, detached; None if nothing was learnt from the
            batch, since its loss or a gradient was not finite.
        """
        ...


def step_if_finite(
    accelerator: Accelerator, optimizers: list[Optimizer], loss: Tensor, clip: float = 0.0
) -> bool:
    """Let all optimisers step, unless the loss or a gradient is infinite or not a number.

    One such step would leave no weight that is a number. The gradients are forgotten either way;
    while a batch is not yet complete they are kept, and nothing is decided.

    Args:
        accelerator: of the run.
        optimizers: one for each network that learns.
        loss: what the gradients are of.
        clip: to which the gradient of a network is shortened where it is longer (Pascanu et al.
            2013, "On the difficulty of training recurrent neural networks"); 0 for never.

    Returns:
        whether the step was made or is still to be decided, the same in all processes.
    """
    finite = True
    if accelerator.sync_gradients:
        groups = [group["params"] for optimizer in optimizers for group in optimizer.param_groups]
        gradients = [p.grad for group in groups for p in group if p.grad is not None]
        total = get_total_norm([loss.detach(), *gradients])
        finite = bool(torch.isfinite(accelerator.reduce(total, "mean")))
    for optimizer in optimizers:
        if finite:
            if clip and accelerator.sync_gradients:
                weights = [p for group in optimizer.param_groups for p in group["params"]]
                clip_grad_norm_(weights, clip)
            optimizer.step()
        optimizer.zero_grad()
    return finite


# --- on pixels: SRCNN, ESPCN, SRResNet ------------------------------------------------------------


class PixelObjective(nn.Module):
    """(LR, HR) ``uint8`` batches → the loss, in the network's own colour space."""

    def __init__(self, network: SuperResolver, loss: str) -> None:
        super().__init__()
        self.network, self.distance = network, DISTANCES[loss]
        self.upscale = fast(network)

    def forward(self, lr: Tensor, hr: Tensor) -> Tensor:
        """``(N, 3, H, W)`` and ``(N, 3, H·scale, W·scale)`` → a scalar."""
        lr, hr = self.network.prepare(lr), self.network.prepare(hr)
        with precise_luma(self.network, lr.device):
            sr = self.upscale(lr).float()
        return content(sr, hr, self.distance)


def precise_luma(network: SuperResolver, device: torch.device) -> AbstractContextManager[None]:
    """Within it luma networks compute in 32 bits, others as they would without it.

    A luma network makes the whole picture, and 8 bits of mantissa would leave it at 45 dB.
    """
    luma = network.channels == 1
    return torch.autocast(device.type, enabled=False) if luma else nullcontext()


class PixelStep:
    """One step of the network on a pixel loss.

    Args:
        objective: from a batch to the loss, around ``network``; None for the recipe's.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        network: SuperResolver,
        recipe: Recipe,
        objective: nn.Module | None = None,
    ) -> None:
        self.accelerator, self.network = accelerator, _for_training(network)
        self.clip = recipe.clip
        self.objective, self.optimizer = accelerator.prepare(
            objective or PixelObjective(network, recipe.loss), _optimizer(network, recipe)
        )
        self.optimizers, self.rates = [self.optimizer], [1.0]

    def __call__(self, lr: Tensor, hr: Tensor) -> dict[str, Tensor] | None:
        """As :meth:`TrainStep.__call__`."""
        return self.learn(lr, hr)

    def learn(self, *batch: Tensor) -> dict[str, Tensor] | None:
        """From what the objective takes to what there is to log of it, or None."""
        with self.accelerator.accumulate(self.objective):
            loss = self.objective(*batch)
            self.accelerator.backward(loss)
            learnt = step_if_finite(self.accelerator, self.optimizers, loss, self.clip)
        return {"loss": loss.detach()} if learnt else None


# --- against a discriminator: SRGAN ---------------------------------------------------------------


class GeneratorObjective(nn.Module):
    """(LR, HR) ``uint8`` batches → L_G, its terms, and SR = G(LR) for the discriminator."""

    def __init__(
        self,
        network: SuperResolver,
        discriminator: Discriminator,
        vgg: VGG,
        recipe: AdversarialRecipe,
    ) -> None:
        super().__init__()
        self.network, self.recipe = network, recipe
        self.upscale = fast(network)
        # In a tuple they are no submodules: not to be trained, synchronised or saved with G.
        self.fixed = (discriminator, vgg)
        # A layer of VGG's block k has pixels 2^(k-1) times as large as the picture's.
        self.cells = {
            layer: max(1, recipe.texture_cell >> vgg.halvings(layer))
            for layer in recipe.texture_layers
        }

    def forward(self, lr: Tensor, hr: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """``uint8`` LR and HR → L_G, its terms by name, SR in about [0, 1], both detached."""
        recipe, scale = self.recipe, self.network.scale
        hr = self.network.prepare(hr)
        sr = self.upscale(self.network.prepare(lr)).float()
        features = cache(lambda: self._features(sr, hr))  # both of two terms, or none
        equation: dict[str, Callable[[], Tensor]] = {
            "spectrum": lambda: local_spectrum(sr, hr, recipe.spectrum_constant),
            "texture": lambda: texture(
                *features(), recipe.texture_layers, self.cells, recipe.texture_directions
            ),
            "adversarial": lambda: self._against(*self._logits(sr, hr)),
            "perceptual": lambda: perceptual(
                *features(), recipe.features, DISTANCES[recipe.features_loss]
            ),
            "low_pass": lambda: low_pass(sr, hr, scale),
            "content": lambda: content(sr, hr, DISTANCES[recipe.loss]),
            "checkerboard": lambda: checkerboard(sr, hr, scale, recipe.checkerboard_windows),
        }
        weights = {name: getattr(recipe, name) for name in equation}
        terms = {name: term() for name, term in equation.items() if weights[name]}
        loss = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        return loss, {name: term.detach() for name, term in terms.items()}, sr.detach()

    def _against(self, real: Tensor, fake: Tensor) -> Tensor:
        average = self.recipe.relativistic == "average"
        return average_adversarial(real, fake) if average else adversarial(real, fake)

    def _features(self, sr: Tensor, hr: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        _, vgg = self.fixed
        with torch.no_grad():
            hr_features = vgg(hr)
        return vgg(sr), hr_features

    def _logits(self, sr: Tensor, hr: Tensor) -> tuple[Tensor, Tensor]:
        """Of HR and of SR, with gradients for SR alone."""
        discriminator, _ = self.fixed
        with torch.no_grad():
            real = _as_constant(discriminator, hr).float()
        return real, _as_constant(discriminator, sr).float()


class DiscriminatorObjective(nn.Module):
    """(HR, SR) in [0, 1] → L_D, and what to log: its terms, on which share of pairs D was right."""

    def __init__(
        self, discriminator: Discriminator, relativistic: str = "pairs", drift: float = 0.0
    ) -> None:
        super().__init__()
        self.discriminator, self.average = discriminator, relativistic == "average"
        self.drift = drift

    def forward(self, hr: Tensor, sr: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Patches ``(N, 3, H, W)`` → L_D, and what to log of it."""
        # One pass each: batch normalisation over a mixture would give the answer away.
        real, fake = self.discriminator(hr).float(), self.discriminator(sr).float()
        loss = (average_discrimination if self.average else discrimination)(real, fake)
        terms = {"discriminator": loss, "right on pairs": (real > fake).float().mean()}
        if self.drift:
            terms["drift"] = drift(real, fake)
            loss = loss + self.drift * terms["drift"]
        return loss, {name: term.detach() for name, term in terms.items()}


class AdversarialStep:
    """Generator and discriminator step at once, each against the other as it was before."""

    def __init__(
        self, accelerator: Accelerator, network: SuperResolver, vgg: VGG, recipe: AdversarialRecipe
    ) -> None:
        self.accelerator, self.network = accelerator, _for_training(network)
        self.clip = recipe.clip
        self.discriminator = Discriminator(
            recipe.patch * network.scale,
            recipe.head,
            recipe.norm,
            recipe.width,
            recipe.stride_kernel,
        )
        self.discriminator.to(memory_format=torch.channels_last)
        vgg.to(accelerator.device)
        self.generation, self.discrimination, self.for_generator, self.for_discriminator = (
            accelerator.prepare(
                GeneratorObjective(network, self.discriminator, vgg, recipe),
                DiscriminatorObjective(self.discriminator, recipe.relativistic, recipe.drift),
                _optimizer(network, recipe),
                _optimizer(self.discriminator, recipe),
            )
        )
        self.optimizers = [self.for_generator, self.for_discriminator]
        self.rates = [1.0, recipe.discriminator_rate]

    def __call__(self, lr: Tensor, hr: Tensor) -> dict[str, Tensor] | None:
        """As :meth:`TrainStep.__call__`."""
        with self.accelerator.accumulate(self.generation, self.discrimination):
            loss, terms, sr = self.generation(lr, hr)
            self.accelerator.backward(loss)
            discriminator_loss, said = self.discrimination(self.network.prepare(hr), sr)
            self.accelerator.backward(discriminator_loss)
            both = loss + discriminator_loss
            learnt = step_if_finite(self.accelerator, self.optimizers, both, self.clip)
        if not learnt:
            return None
        return {
            "loss": loss.detach(),
            **terms,
            **said,
        }


def _as_constant(discriminator: Discriminator, patches: Tensor) -> Tensor:
    """D's logits, with gradients for the patches alone: none is computed for D's weights."""
    weights = {name: value.detach() for name, value in discriminator.named_parameters()}
    return functional_call(discriminator, weights, (patches,))


def _for_training(network: SuperResolver) -> SuperResolver:
    use_fast_prelu(network)
    return network.to(memory_format=torch.channels_last)


def _optimizer(network: nn.Module, recipe: Recipe) -> Optimizer:
    kind, beta1 = OPTIMIZERS[recipe.optimizer]
    return kind(network.parameters(), recipe.learning_rate, betas=(beta1, recipe.beta2))
