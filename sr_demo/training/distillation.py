"""``python -m train distill srgan --scale 4 --data DIR``: the same pictures from smaller features.

A generator may learn features that are large wherever the picture is bright, and cancel them block
by block. float32 does not mind; bfloat16, with 8 bits for the whole sum, rounds the detail away.
"""

import copy
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from sr_demo.checkpoints import Card
from sr_demo.networks import ResidualBlock, SRResNet, SubPixelUpsample, SuperResolver
from sr_demo.training.imitation import Manner, TaughtStep, likeness
from sr_demo.training.recipe import Recipe
from sr_demo.training.validation import validate_by_psnr

GREY = 0.45  # about the mean of photos


class ImitationStep(TaughtStep):
    """Learn what the teacher makes of LR, and of a drawing the original.

    A photo's original is not looked at: its texture is the teacher's to invent. In a drawing there
    is nothing to invent, and whatever the teacher adds to it, a shift of its greys or a mesh on its
    plain ground, is an error.
    """

    def __call__(self, lr: Tensor, hr: Tensor) -> dict[str, Tensor] | None:
        """As :class:`PixelStep`, with the teacher's pictures in the place of photos' ``hr``."""
        # What is without colour is drawn, or plain, or of a rare photo in black and white.
        drawn = (hr == hr[:, :1]).flatten(1).all(1)
        pictures = (self.teachers(lr).clamp(0, 1) * 255).round().byte()
        return super().__call__(lr, torch.where(drawn.view(-1, 1, 1, 1), hr, pictures))


@torch.no_grad()
def centred(network: SRResNet, grey: float = GREY) -> SRResNet:
    """A copy whose features are zero where the picture is plain grey.

    What they were there is a constant, which the biases can carry. The first PReLU becomes linear,
    with the slope that each channel has at grey, so that brightness shifts nothing else. Apart from
    that, and from the rim, where zeros stand beside the picture, SR is the same.

    Args:
        grey: in [0, 1].
    """
    raw = _flat(network.head, torch.full((3,), grey))
    shallow = network.act(raw)
    stream = [shallow]  # before the first block, and after each
    for block in _blocks(network):
        stream.append(stream[-1] + _flat(block.conv2, block.act(_flat(block.conv1, stream[-1]))))
    fused = shallow + _flat(network.fuse, stream[-1])

    network = copy.deepcopy(network)
    slope = torch.where(raw > 0, 1.0, network.act.weight)
    _shift(network.head, -raw)
    for parameter in network.head.parameters():
        parameter.mul_(slope.view(-1, *[1] * (parameter.dim() - 1)))
    network.act.weight.fill_(1)
    for block, (here, after) in zip(_blocks(network), pairwise(stream), strict=True):
        _shift(block.conv1, _answer(block.conv1, here))
        _shift(block.conv2, here - after)
    _shift(network.fuse, _answer(network.fuse, stream[-1]) + shallow - fused)
    first = cast(SubPixelUpsample, network.upsample[0]).conv
    _shift(first, _answer(first, fused))
    return network


def _blocks(network: SRResNet) -> list[ResidualBlock]:
    return cast(list[ResidualBlock], list(network.blocks))


def _answer(conv: nn.Conv2d, values: Tensor) -> Tensor:
    """What the kernels make of a plane that holds one value in each channel: one value again."""
    return conv.weight.sum(dim=(2, 3)) @ values


def _flat(conv: nn.Conv2d, values: Tensor) -> Tensor:
    return _answer(conv, values) + cast(Tensor, conv.bias)


def _shift(conv: nn.Conv2d, by: Tensor) -> None:
    cast(Tensor, conv.bias).add_(by)


def _begin(teacher: SuperResolver) -> SRResNet:
    network = centred(cast(SRResNet, teacher)).train().requires_grad_()
    network.act.requires_grad_(False)  # linear it is, and stays
    return network


def _end(best: SuperResolver) -> SRResNet:
    return centred(cast(SRResNet, best))  # again, for learning has moved it


def _note(recipe: Recipe, learnt: Card) -> str:
    note = (
        f"plain grey moved out of its features, then {learnt.steps} steps at "
        f"{recipe.learning_rate:g} back to its own former pictures ({likeness(learnt):.1f} dB)"
    )
    if recipe.neutral:
        note += f", of drawings to the originals ({recipe.neutral:.0%} of patches)"
    return note


DISTILLATION = Manner("distilled", _begin, ImitationStep, validate_by_psnr, _end, _note)
