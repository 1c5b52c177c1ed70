"""One training step, of two kinds: on pixels, and against a discriminator.

An *objective* is what Accelerate wraps: a module whose ``forward`` goes from a batch to a loss, so
that mixed precision and many processes work alike for both. A *lesson* owns objectives and
optimisers, and makes a step of them. Everything else of a run is the same for both: `run.py`.
"""

from contextlib import nullcontext
from typing import Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.func import functional_call
from torch.optim import Adam, Optimizer

from sr_demo.inference.rewrites import fast
from sr_demo.networks import SuperResolver
from sr_demo.training.activations import quicken
from sr_demo.training.discriminator import Discriminator
from sr_demo.training.losses import (
    DISTANCES,
    adversarial,
    content,
    discrimination,
    lattice,
    perceptual,
)
from sr_demo.training.muon import Muon
from sr_demo.training.recipe import AdversarialRecipe, Recipe
from sr_demo.training.vgg import VGG

OPTIMIZERS: dict[str, tuple[type[Adam] | type[Muon], float]] = {  # and β₁
    "adam": (Adam, 0.9),
    "muon": (Muon, 0.95),
}


class Lesson(Protocol):
    """What a run needs to know of the network that it trains."""

    network: SuperResolver
    optimizers: list[Optimizer]

    def step(self, lr: Tensor, hr: Tensor) -> dict[str, Tensor]:
        """Learn from one (part of a) batch, ``uint8``; what to log of it, detached."""
        ...


# --- on pixels: SRCNN, ESPCN, SRResNet ------------------------------------------------------------


class PixelObjective(nn.Module):
    """(LR, HR) ``uint8`` batches → the loss, in the network's own colour space."""

    def __init__(self, network: SuperResolver, loss: str) -> None:
        super().__init__()
        self.network, self.distance = network, DISTANCES[loss]
        self.restore = fast(network)

    def forward(self, lr: Tensor, hr: Tensor) -> Tensor:
        lr, hr = self.network.prepare(lr), self.network.prepare(hr)
        # A luma network makes the whole picture, and 8 bits of mantissa would leave it at 45 dB.
        luma = self.network.channels == 1
        with torch.autocast(lr.device.type, enabled=False) if luma else nullcontext():
            restored = self.restore(lr).float()
        return content(restored, hr, self.distance)


class PixelLesson:
    def __init__(self, accelerator: Accelerator, network: SuperResolver, recipe: Recipe) -> None:
        self.accelerator, self.network = accelerator, _for_training(network)
        self.objective, self.optimizer = accelerator.prepare(
            PixelObjective(network, recipe.loss), _optimizer(network, recipe)
        )
        self.optimizers = [self.optimizer]

    def step(self, lr: Tensor, hr: Tensor) -> dict[str, Tensor]:
        with self.accelerator.accumulate(self.objective):
            loss = self.objective(lr, hr)
            self.accelerator.backward(loss)
            self.optimizer.step()
            self.optimizer.zero_grad()
        return {"loss": loss.detach()}


# --- against a discriminator: SRGAN ---------------------------------------------------------------


class GeneratorObjective(nn.Module):
    """(LR, HR) ``uint8`` batches → L_G, its terms, and G(LR) for the discriminator."""

    def __init__(
        self,
        network: SuperResolver,
        discriminator: Discriminator,
        vgg: VGG,
        recipe: AdversarialRecipe,
    ) -> None:
        super().__init__()
        self.network, self.recipe = network, recipe
        self.restore = fast(network)
        # In a tuple they are no submodules: not to be trained, synchronised or saved with G.
        self.judges = (discriminator, vgg)

    def forward(self, lr: Tensor, hr: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        recipe, (discriminator, vgg) = self.recipe, self.judges
        truth = self.network.prepare(hr)
        restored = self.restore(self.network.prepare(lr)).float()
        with torch.no_grad():
            features = vgg(truth)
        terms = {
            "perceptual": perceptual(
                vgg(restored), features, recipe.features, DISTANCES[recipe.features_loss]
            ),
            "content": content(restored, truth, DISTANCES[recipe.loss]),
            "adversarial": adversarial(_as_constant(discriminator, restored).float()),
            "lattice": lattice(restored, truth, self.network.scale),
        }
        loss = (
            recipe.perceptual * terms["perceptual"]
            + recipe.content * terms["content"]
            + recipe.adversarial * terms["adversarial"]
            + recipe.lattice * terms["lattice"]
        )
        return loss, {name: term.detach() for name, term in terms.items()}, restored.detach()


class DiscriminatorObjective(nn.Module):
    """(HR, G(LR)) in [0, 1] → L_D, and on which share of each the discriminator was right."""

    def __init__(self, discriminator: Discriminator) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, truth: Tensor, restored: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        # One pass each: batch normalisation over a mixture would give the answer away.
        real, fake = self.discriminator(truth).float(), self.discriminator(restored).float()
        right = {
            "right on real": (real > 0).float().mean(),
            "right on restored": (fake < 0).float().mean(),
        }
        return discrimination(real, fake), right


class AdversarialLesson:
    """Generator and discriminator step at once, each against the other as it was before."""

    def __init__(
        self, accelerator: Accelerator, network: SuperResolver, vgg: VGG, recipe: AdversarialRecipe
    ) -> None:
        self.accelerator, self.network = accelerator, _for_training(network)
        self.discriminator = Discriminator(recipe.patch * network.scale, recipe.head, recipe.norm)
        self.discriminator.to(memory_format=torch.channels_last)
        vgg.to(accelerator.device)
        self.generation, self.discrimination, self.for_generator, self.for_discriminator = (
            accelerator.prepare(
                GeneratorObjective(network, self.discriminator, vgg, recipe),
                DiscriminatorObjective(self.discriminator),
                _optimizer(network, recipe),
                _optimizer(self.discriminator, recipe),
            )
        )
        self.optimizers = [self.for_generator, self.for_discriminator]

    def step(self, lr: Tensor, hr: Tensor) -> dict[str, Tensor]:
        with self.accelerator.accumulate(self.generation, self.discrimination):
            loss, terms, restored = self.generation(lr, hr)
            self.accelerator.backward(loss)
            discriminator_loss, right = self.discrimination(self.network.prepare(hr), restored)
            self.accelerator.backward(discriminator_loss)
            for optimizer in self.optimizers:
                optimizer.step()
                optimizer.zero_grad()
        return {
            "loss": loss.detach(),
            **terms,
            "discriminator": discriminator_loss.detach(),
            **right,
        }


def _as_constant(discriminator: Discriminator, patches: Tensor) -> Tensor:
    """D's logits, with gradients for the patches alone: none is computed for D's weights."""
    weights = {name: value.detach() for name, value in discriminator.named_parameters()}
    return functional_call(discriminator, weights, (patches,))


def _for_training(network: SuperResolver) -> SuperResolver:
    quicken(network)
    return network.to(memory_format=torch.channels_last)


def _optimizer(network: nn.Module, recipe: Recipe) -> Optimizer:
    kind, beta1 = OPTIMIZERS[recipe.optimizer]
    return kind(network.parameters(), recipe.learning_rate, betas=(beta1, recipe.beta2))
