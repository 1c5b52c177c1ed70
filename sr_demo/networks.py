"""The networks, top to bottom as in their papers.

One contract for all: ``forward`` takes LR RGB ``(N, 3, H, W)`` in [0, 1] and returns HR RGB
``(N, 3, H·scale, W·scale)`` in [0, 1]. Training uses ``restore`` instead: the bare mapping in the
network's own colour space (``channels`` says which: 1 = Y, 3 = RGB), not clamped, so that gradients
are not cut at black and white.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sr_demo.hub import OnHub
from sr_demo.images import YCBCR, YCBCR_OFFSET
from sr_demo.resize import upsample

_YCBCR = torch.tensor(YCBCR, dtype=torch.float32) / 255
_OFFSET = torch.tensor(YCBCR_OFFSET, dtype=torch.float32).view(3, 1, 1) / 255


def rgb_to_ycbcr(rgb: Tensor) -> Tensor:
    """``(N, 3, H, W)`` RGB in [0, 1] → YCbCr / 255, BT.601 studio range."""
    return F.conv2d(rgb, _YCBCR.to(rgb)[:, :, None, None]) + _OFFSET.to(rgb)


def ycbcr_to_rgb(ycbcr: Tensor) -> Tensor:
    """Inverse of :func:`rgb_to_ycbcr`."""
    return F.conv2d(ycbcr - _OFFSET.to(ycbcr), _YCBCR.inverse().to(ycbcr)[:, :, None, None])


class SuperResolver(OnHub, ABC):
    """Colour and range handling around a network's bare mapping, ``restore``."""

    channels: int  # of the colour space that `restore` works in: 1 = Y, 3 = RGB
    radius: int  # how many LR pixels away an input pixel can still change an output pixel
    body: tuple[str, ...]  # the layers that do the same at every scale

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def prepare(self, pixels: Tensor) -> Tensor:
        """``uint8`` RGB ``(N, 3, H, W)`` → what ``restore`` maps from and to, about [0, 1]."""
        rgb = pixels.float() / 255
        return rgb if self.channels == 3 else rgb_to_ycbcr(rgb)[:, :1]

    @abstractmethod
    def restore(self, lr: Tensor) -> Tensor:
        """``(N, channels, H, W)`` → ``(N, channels, H·scale, W·scale)``, not clamped."""

    def forward(self, lr: Tensor) -> Tensor:
        """LR RGB ``(N, 3, H, W)`` in [0, 1] → HR RGB ``(N, 3, H·scale, W·scale)`` in [0, 1]."""
        return self.in_colour(self.restore, lr)

    def in_colour(self, restore: Callable[[Tensor], Tensor], lr: Tensor) -> Tensor:
        """``forward`` with another way to compute ``restore``."""
        if self.channels == 3:
            return restore(lr).float().clamp(0, 1)
        # Eyes resolve brightness better than colour, so the luma networks restore Y alone.
        with torch.autocast(lr.device.type, enabled=False):
            ycbcr = rgb_to_ycbcr(lr.float())
        y = restore(ycbcr[:, :1]).float()
        chroma = upsample(ycbcr[:, 1:], self.scale)
        with torch.autocast(lr.device.type, enabled=False):
            return ycbcr_to_rgb(torch.cat([y, chroma], dim=1)).clamp(0, 1)


class SRCNN(SuperResolver):
    """Dong et al., "Image Super-Resolution Using Deep Convolutional Networks", 2014 (9-1-5)."""

    channels = 1
    body = ("extract", "map")

    def __init__(self, scale: int, features: tuple[int, int] = (64, 32)) -> None:
        super().__init__(scale)
        n1, n2 = features
        self.extract = nn.Conv2d(1, n1, 9)
        self.map = nn.Conv2d(n1, n2, 1)
        self.reconstruct = nn.Conv2d(n2, 1, 5)
        self.radius = 2 + math.ceil(6 / scale)
        self._start_as_identity()

    def restore(self, lr: Tensor) -> Tensor:
        x = F.pad(upsample(lr, self.scale), (6, 6, 6, 6), mode="replicate")  # 4 + 0 + 2
        x = F.relu(self.extract(x))
        x = F.relu(self.map(x))
        return self.reconstruct(x)

    @torch.no_grad()
    def _start_as_identity(self) -> None:
        """Begin at bicubic: feature 0 carries the image through, the others start small.

        Brightness is never negative, so ReLU lets it pass; only what is missing is left to learn.
        """
        for conv in (self.extract, self.map, self.reconstruct):
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            conv.bias = nn.Parameter(torch.zeros(conv.out_channels))
            conv.weight[0] = 0
            centre = conv.kernel_size[0] // 2
            conv.weight[0, 0, centre, centre] = 1
        self.map.weight[1:, 0] = 0
        nn.init.normal_(self.reconstruct.weight[:, 1:], std=1e-3)


class ESPCN(SuperResolver):
    """Sub-pixel convolution (5-3-3): Shi et al. 2016.

    "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network".

    Of the paper's two activations, tanh and ReLU, the second: as good after 2,500 steps as the
    first after 30,000.
    """

    channels = 1
    body = ("extract", "map")
    radius = 4

    def __init__(self, scale: int, features: tuple[int, int] = (64, 32)) -> None:
        super().__init__(scale)
        n1, n2 = features
        self.extract = nn.Conv2d(1, n1, 5, padding=2)
        self.map = nn.Conv2d(n1, n2, 3, padding=1)
        self.sub_pixels = nn.Conv2d(n2, scale**2, 3, padding=1)

    def restore(self, lr: Tensor) -> Tensor:
        x = F.relu(self.extract(lr))
        x = F.relu(self.map(x))
        x = self.sub_pixels(x)  # (N, scale², H, W): one channel for each sub-pixel position
        return F.pixel_shuffle(x, self.scale)


def convolution(inputs: int, outputs: int, size: int, gain: float = 1.0) -> nn.Conv2d:
    """A size-keeping convolution, its weights drawn for ReLU (He et al. 2015) times ``gain``."""
    conv = nn.Conv2d(inputs, outputs, size, padding=size // 2)
    with torch.no_grad():
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu").mul_(gain)
        conv.bias = nn.Parameter(torch.zeros(outputs))
    return conv


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions beside a skip. Small at first: many in a row stay near the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = convolution(channels, channels, 3, gain=0.1)
        self.act = nn.PReLU()
        self.conv2 = convolution(channels, channels, 3, gain=0.1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(self.act(self.conv1(x)))


class SubPixelUpsample(nn.Module):
    """Convolve to r² channels per channel, shuffle them into place (Shi et al. 2016)."""

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.conv = convolution(channels, channels * factor**2, 3)
        self.act = nn.PReLU()
        with torch.no_grad():
            # ICNR (Aitken et al. 2017): all sub-pixels start equal, so no checkerboard to unlearn.
            equal = self.conv.weight[:: factor**2].repeat_interleave(factor**2, dim=0)
            self.conv.weight.copy_(equal)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(F.pixel_shuffle(self.conv(x), self.factor))


class SRResNet(SuperResolver):
    """The generator of Ledig et al. 2017: on pixels SRResNet, against a discriminator SRGAN.

    "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network".

    Two changes that later papers made and that reach the same quality in a fraction of the steps:
    no batch normalisation (Lim et al. 2017, EDSR), and a bicubic skip from input to output (Kim et
    al. 2016, VDSR), so that the network starts as bicubic and learns only the missing detail.
    """

    # `restore` is written down twice more, for speed: `sr_demo.inference.rewrites.fast` reorders it
    # for PyTorch, `sr_demo.inference.graphs` for OpenVINO and ONNX. A change here is to be made in
    # both; tests/test_rewrites.py holds all three to each other.
    channels = 3
    body = ("head", "act", "blocks", "fuse")

    def __init__(self, scale: int, features: int = 64, blocks: int = 16) -> None:
        super().__init__(scale)
        factors = {2: (2,), 3: (3,), 4: (2, 2)}[scale]
        self.head = convolution(3, features, 9)
        with torch.no_grad():
            # Blind to brightness, which the skip carries: features that are large where the picture
            # is bright, to be cancelled block by block, cost 16-bit arithmetic 3 to 9 dB.
            self.head.weight.sub_(self.head.weight.mean(dim=(1, 2, 3), keepdim=True))
        self.act = nn.PReLU()
        self.blocks = nn.Sequential(*(ResidualBlock(features) for _ in range(blocks)))
        self.fuse = convolution(features, features, 3)
        self.upsample = nn.Sequential(*(SubPixelUpsample(features, f) for f in factors))
        self.tail = convolution(features, 3, 9, gain=0.01)  # begin at the skip: bicubic
        reach = 4.0 + 2 * blocks + 1  # 9×9 head, the blocks, 3×3 fuse
        finer = 1
        for factor in factors:
            reach += 1 / finer
            finer *= factor
        self.radius = math.ceil(reach + 4 / scale)  # 9×9 tail

    def restore(self, lr: Tensor) -> Tensor:
        x = shallow = self.act(self.head(lr))
        x = shallow + self.fuse(self.blocks(x))
        x = self.upsample(x)
        return self.tail(x) + upsample(lr, self.scale)


class DenseBlock(nn.Module):
    """Five 3×3 convolutions, each of which sees the input and what all before it made.

    Without batch normalisation, and beside a skip that the whole block adds little to at first.
    """

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.grow = nn.ModuleList(
            convolution(channels + i * growth, growth, 3, gain=0.1) for i in range(4)
        )
        self.fuse = convolution(channels + 4 * growth, channels, 3, gain=0.1)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for conv in self.grow:
            seen = torch.cat([seen, F.leaky_relu(conv(seen), 0.2)], dim=1)
        return x + 0.2 * self.fuse(seen)


class RRDB(nn.Module):
    """The residual-in-residual dense block: three dense blocks in a row, beside a skip again."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.dense = nn.Sequential(*(DenseBlock(channels, growth) for _ in range(3)))

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.2 * self.dense(x)


class RRDBNet(SuperResolver):
    """ESRGAN's generator (Wang et al. 2018), which Real-ESRGAN (Wang et al. 2021) kept.

    "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks".

    The frame is SRResNet's: a head, blocks, a skip around them, upsampling, a tail. The blocks are
    dense, without batch normalisation, and upsampling repeats pixels before it convolves: there is
    no pixel shuffle that could leave a checkerboard.
    """

    channels = 3
    body = ("head", "blocks", "fuse")

    def __init__(self, scale: int, features: int = 64, blocks: int = 23, growth: int = 32) -> None:
        super().__init__(scale)
        self.factors = {2: (2,), 3: (3,), 4: (2, 2)}[scale]
        self.head = convolution(3, features, 3)
        self.blocks = nn.Sequential(*(RRDB(features, growth) for _ in range(blocks)))
        self.fuse = convolution(features, features, 3)
        self.upsample = nn.ModuleList(convolution(features, features, 3) for _ in self.factors)
        self.refine = convolution(features, features, 3)
        self.tail = convolution(features, 3, 3, gain=0.1)
        reach = 1.0 + 15 * blocks + 1  # head, five convolutions in each dense block, fuse
        finer = 1
        for factor in self.factors:
            finer *= factor
            reach += 1 / finer
        self.radius = math.ceil(reach + 2 / scale)  # refine and tail

    def restore(self, lr: Tensor) -> Tensor:
        x = shallow = self.head(lr)
        x = shallow + self.fuse(self.blocks(x))
        for factor, conv in zip(self.factors, self.upsample, strict=True):
            x = F.leaky_relu(conv(F.interpolate(x, scale_factor=factor, mode="nearest")), 0.2)
        return self.tail(F.leaky_relu(self.refine(x), 0.2))
