"""SR Demo: see what bicubic, SRCNN, ESPCN, SRResNet and SRGAN each make of a photo.

>>> import sr_demo
>>> enlarged = sr_demo.upscale(photo, method="srresnet", scale=4)
>>> between = sr_demo.upscale(photo, method="interpolation", alpha=0.4)  # of SRResNet and SRGAN
>>> comparison = sr_demo.compare(sharp_original, scale=4)
"""

from sr_demo.comparison import Comparison, Result, compare, stream, upscale

__all__ = ["Comparison", "Result", "compare", "stream", "upscale"]
