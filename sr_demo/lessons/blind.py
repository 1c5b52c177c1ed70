"""Five pictures of one place: which is the original?"""

import random
from dataclasses import dataclass

import numpy as np

from sr_demo.boxes import Box
from sr_demo.comparison import compare
from sr_demo.inference.runnable import available
from sr_demo.metrics.scores import Scores, naturalness

SCALES = (4, 2)  # to choose from, the easier one first
PREFERRED = ("bicubic", "espcn", "srresnet", "srgan", "srcnn")
LETTERS = "ABCDE"


@dataclass(frozen=True)
class Candidate:
    """A picture whose name the class does not know yet."""

    name: str  # "original" or a method
    label: str
    image: np.ndarray  # uint8 RGB (H, W, 3)
    scores: Scores


def candidates(original: np.ndarray, scale: int) -> tuple[Candidate, ...]:
    """The original and what up to four methods restore of it, reduced by `scale`.

    `original` is uint8 RGB (H, W, 3), both sides multiples of `scale`.
    """
    shipped = available(scale)
    methods = [name for name in PREFERRED if name in shipped][: len(LETTERS) - 1]
    itself = Candidate(
        "original", "Original", original, Scores(None, None, None, naturalness(original))
    )
    return itself, *(
        Candidate(result.method, result.label, result.image, result.scores)
        for result in compare(original, scale, methods).results
    )


def shuffled(found: tuple[Candidate, ...], name: str, box: Box, scale: int) -> dict[str, Candidate]:
    """Letter → candidate, in an order that belongs to the place: everyone sees the same A."""
    order = list(found)
    random.Random(f"{name} {tuple(box)} {scale}").shuffle(order)
    return dict(zip(LETTERS, order, strict=False))
