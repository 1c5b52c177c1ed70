"""SR Demo: see what bicubic, SRCNN, ESPCN, SRResNet and SRGAN each make of a photo.

>>> import sr_demo
>>> enlarged = sr_demo.upscale(photo, method="srresnet", scale=4)
>>> between = sr_demo.upscale(photo, method="interpolation", alpha=0.4)  # of SRResNet and SRGAN
>>> comparison = sr_demo.compare(sharp_original, scale=4)
>>> comparison.result("srgan").scores.psnr

What is named here stays; everything else may move between versions:

- `upscale` enlarges one image; `compare` and `stream` reduce one, restore it by every method and
  score the results: a `Comparison`, which holds a `Result` a method with its `Scores`.
- `METHODS` maps each method's name to its `Method`, a row of the table of what can be compared;
  `SCALES` are the factors that there are weights for.
- `load_network` gives a method's ``torch.nn.Module``; it raises `CheckpointError`.
- `load_image` reads any picture file: its ``pixels``, its ``opacity`` or None, and a line for each
  of the ``changes`` that were needed; it raises `ImageError`. `save_png` writes pixels and opacity.

An image is a ``uint8`` array ``(H, W, 3)`` RGB; an image with opacity has a fourth channel.
"""

from sr_demo.checkpoints import load_network
from sr_demo.comparison import Comparison, Result, compare, stream, upscale
from sr_demo.images import ImageError, load_image, save_png
from sr_demo.methods import METHODS, SCALES, Method
from sr_demo.metrics.scores import Scores
from sr_demo.storage import CheckpointError

__version__ = "0.2.0"

__all__ = [
    "METHODS",
    "SCALES",
    "CheckpointError",
    "Comparison",
    "ImageError",
    "Method",
    "Result",
    "Scores",
    "__version__",
    "compare",
    "load_image",
    "load_network",
    "save_png",
    "stream",
    "upscale",
]
