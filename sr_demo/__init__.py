"""SR Demo: see what bicubic, SRCNN, ESPCN and SRResNet each make of a photo.

>>> import sr_demo
>>> enlarged = sr_demo.upscale(photo, method="srresnet", scale=4)
>>> comparison = sr_demo.compare(sharp_original, scale=4)
"""

from sr_demo.compare import Comparison, Result, compare, stream, upscale

__all__ = ["Comparison", "Result", "compare", "stream", "upscale"]
