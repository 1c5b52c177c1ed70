"""How long a training step takes: as textbooks write it, and as `sr_demo.training` does it.

``python -m benchmarks.training_step`` from the top of the checkout. Each round makes one step of
every variant, so that whatever else the machine does hits all alike; the medians are printed.

textbook  float32, NCHW, layers as the papers print them, SRGAN with the dense discriminator
ours      16-bit where this CPU has it, channels_last, folded tail, fast PReLU, patch logits
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Adam

from benchmarks.timing import timed
from sr_demo.inference import engine
from sr_demo.networks import SRResNet
from sr_demo.training.data import Batches, Photos
from sr_demo.training.discriminator import Discriminator
from sr_demo.training.losses import adversarial, discrimination
from sr_demo.training.recipe import AdversarialRecipe, Recipe
from sr_demo.training.run import make_accelerator
from sr_demo.training.steps import AdversarialStep, PixelStep
from sr_demo.training.vgg import CONVOLUTIONS, VGG
from train import real_srgan, srgan, srresnet

SCALE = 4
Step = Callable[[Tensor, Tensor], object]


def textbook_pixels(recipe: Recipe) -> Step:
    """A step of SRResNet on L1, as textbooks write it."""
    network = SRResNet(SCALE)
    optimizer = Adam(network.parameters(), recipe.learning_rate)

    def step(lr: Tensor, hr: Tensor) -> None:
        loss = F.l1_loss(network.restore(_plain(lr)), _plain(hr))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def textbook_adversarial(recipe: AdversarialRecipe, weights: dict[str, Tensor]) -> Step:
    """A step of SRGAN, as textbooks write it."""
    network, discriminator = SRResNet(SCALE), Discriminator(recipe.patch * SCALE, head="dense")
    vgg = VGG(recipe.features, weights).to(memory_format=torch.contiguous_format)
    for_network = Adam(network.parameters(), recipe.learning_rate)
    for_discriminator = Adam(discriminator.parameters(), recipe.learning_rate)

    def step(lr: Tensor, hr: Tensor) -> None:
        hr = _plain(hr)
        sr = network.restore(_plain(lr))
        sr_features, hr_features = vgg(sr), vgg(hr)
        loss = F.l1_loss(sr, hr) + 0.1 * adversarial(discriminator(hr).detach(), discriminator(sr))
        for name, features in sr_features.items():
            loss = loss + F.l1_loss(features, hr_features[name])
        for_network.zero_grad()
        loss.backward()
        for_network.step()
        loss = discrimination(discriminator(hr), discriminator(sr.detach()))
        for_discriminator.zero_grad()
        loss.backward()
        for_discriminator.step()

    return step


def generated_photos(count: int = 50) -> Photos:
    """Noise of the size of BSDS500's photos: what is in a photo does not matter here."""
    rng, height, width = np.random.default_rng(0), 320 // SCALE, 480 // SCALE
    lr = rng.integers(0, 256, count * height * width * 3, dtype=np.uint8)
    hr = rng.integers(0, 256, count * height * width * SCALE**2 * 3, dtype=np.uint8)
    shapes = np.array([(height, width)] * count)
    return Photos(hr, lr, shapes, SCALE, [str(i) for i in range(count)], [])


def random_vgg() -> dict[str, Tensor]:
    """VGG-19 to conv3_1 without its knowledge: as slow as the real one."""
    incoming, weights = 3, {}
    for place, name in zip((0, 2, 5, 7, 10), CONVOLUTIONS, strict=False):
        width = 32 * 2 ** int(name[0])
        weights[f"features.{place}.weight"] = torch.randn(width, incoming, 3, 3) / incoming
        weights[f"features.{place}.bias"] = torch.zeros(width)
        incoming = width
    return weights


def compare(recipe: Recipe, photos: Photos, variants: dict[str, Step], rounds: int) -> None:
    """Print the medians over rounds, after one round to warm up; the first variant counts as 1."""
    batches = Batches(photos, recipe)
    feed = batches.loader(0, rounds + 1, workers=1)
    times: dict[str, list[float]] = {name: [] for name in ("wait", "prepare", *variants)}
    for k in range(rounds + 1):
        (lr, hr), seconds = timed(next, feed)
        times["wait"].append(seconds)
        times["prepare"].append(timed(batches.__getitem__, k)[1])
        for name, step in variants.items():
            times[name].append(timed(step, lr, hr)[1])
    medians = {name: median(values[1:]) for name, values in times.items()}
    wait, prepare, first, *_ = medians.values()
    side = recipe.patch * SCALE
    print(
        f"\n{recipe.method} ×{SCALE}: {recipe.batch} patches of {side}², median of {rounds} steps"
    )
    for name in variants:
        print(f"  {name:<9} {medians[name]:7.3f} s  {first / medians[name]:5.1f} × as fast")
    print(f"  a batch takes {prepare * 1e3:.1f} ms to prepare, in another process; ", end="")
    print(f"the step waits {wait * 1e3:.1f} ms for it")


def main(argv: list[str] | None = None) -> int:
    """Time both networks and print the medians."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks.training_step")
    cli.add_argument("--rounds", type=int, default=10)
    cli.add_argument("--batch", type=int, help="patches (default: 16 for SRResNet, 8 for SRGAN)")
    cli.add_argument("--patch", type=int, default=24, help="LR pixels a side (default: 24)")
    arguments = cli.parse_args(argv)
    patch = arguments.patch
    pixels = replace(srresnet.RECIPE, batch=arguments.batch or 16, patch=patch)
    against = replace(srgan.RECIPE, batch=arguments.batch or 8, patch=patch)
    photos, weights = generated_photos(), random_vgg()
    torch.manual_seed(0)
    print(engine.describe())
    with tempfile.TemporaryDirectory() as scratch:
        accelerator = make_accelerator(Path(scratch))
        variants: dict[str, Step] = {
            "textbook": textbook_pixels(pixels),
            "ours": PixelStep(accelerator, SRResNet(SCALE), pixels),
        }
        compare(pixels, photos, variants, arguments.rounds)
        vgg = VGG({**against.features, **against.texture_layers}, weights, against.pool)
        variants = {
            "textbook": textbook_adversarial(against, weights),
            "ours": AdversarialStep(accelerator, SRResNet(SCALE), vgg, against),
        }
        compare(against, photos, variants, arguments.rounds)
        degraded = replace(real_srgan.RECIPE, batch=against.batch, patch=patch)
        compare(degraded, photos, {"ours": variants["ours"]}, arguments.rounds)
    return 0


def _plain(pixels: Tensor) -> Tensor:
    return pixels.contiguous().float() / 255


if __name__ == "__main__":
    sys.exit(main())
