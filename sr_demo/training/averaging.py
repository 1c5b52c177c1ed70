"""``python -m train average srgan RUN RUN --scale 4``: the mean of what several runs have learnt.

Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy
without increasing inference time", 2022. Runs that begin at one network of pixels learn textures in
common, and each a mesh of its own: the mean keeps the former, of the latter less than either has.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from sr_demo import checkpoints
from sr_demo.checkpoints import Card
from sr_demo.images import ImageError
from sr_demo.interpolation import between_networks
from sr_demo.methods import SCALES
from sr_demo.networks import SuperResolver
from sr_demo.storage import CHECKPOINTS, CheckpointError
from sr_demo.training.data import degraded, validation_pairs
from sr_demo.training.launch import PRETRAINING
from sr_demo.training.validation import DISTANCE_LAYERS, PerceptualValidation
from sr_demo.training.vgg import VGG, VGGError, read_weights

_BEGUN_AS = {"srgan": "srresnet", "real_srgan": "real_srgan"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 when the user has to change something."""
    cli = argparse.ArgumentParser(
        prog="python -m train average",
        description="The mean of what several runs made of one network trained on pixels, in which "
        "what only one of them has is weaker: a mesh, above all.",
    )
    cli.add_argument("method", choices=_BEGUN_AS)
    cli.add_argument("runs", type=Path, nargs="+", metavar="FOLDER", help="each with its network")
    cli.add_argument("--scale", type=int, choices=SCALES, required=True)
    cli.add_argument(
        "--alpha",
        type=float,
        default=1.0,
        help="how far from what they began as (0) to the mean (1), or past it: it is nearer than "
        "any run is",
    )
    cli.add_argument("--val", type=Path, required=True, help="folder with HR/ and optionally LR/")
    cli.add_argument("--vgg-weights", type=Path, required=True, metavar="FILE")
    cli.add_argument(
        "--start",
        type=Path,
        metavar="FOLDER",
        help="with what they began as: SRResNet (default: the one in --out), or for real_srgan the "
        f"{PRETRAINING}/ that one run has made and the others were given",
    )
    cli.add_argument("--out", type=Path, default=CHECKPOINTS, help="default: checkpoints/")
    arguments = cli.parse_args(argv)
    method, scale = arguments.method, arguments.scale
    if method == "real_srgan" and arguments.start is None:  # what lies in --out is no beginning
        cli.error(f"real_srgan needs --start, the folder {PRETRAINING}/ of a run")
    try:
        start = checkpoints.load_network(_BEGUN_AS[method], scale, arguments.start or arguments.out)
        ends = [checkpoints.load_network(method, scale, run) for run in arguments.runs]
        mean = averaged(start, ends, arguments.alpha)
        pairs, name = validation_pairs(arguments.val, scale)
        if method == "real_srgan":
            pairs, name = degraded(pairs, name)
        vgg = VGG(DISTANCE_LAYERS, read_weights(arguments.vgg_weights))
        scores = PerceptualValidation(vgg)(mean, pairs).scores
    except (CheckpointError, ImageError, VGGError) as error:
        print(f"python -m train average: {error}", file=sys.stderr)
        return 2
    cards = [end.card for end in ends if end.card is not None]
    card = replace(
        _of_all(cards, arguments.alpha),
        scores={f"{name} {meter}": round(value, 3) for meter, value in scores.items()},
    )
    print(f"written: {checkpoints.save_network(mean, card, arguments.out)}")
    return 0


def averaged(
    start: SuperResolver, ends: Sequence[SuperResolver], alpha: float = 1.0
) -> SuperResolver:
    """A network whose every weight is (1 − alpha)·start + alpha·the mean of ``ends``.

    Args:
        alpha: above 1, further from ``start`` than the mean. Where runs have learnt different
            things, their mean is nearer to ``start`` than each of them.

    Raises:
        CheckpointError: if they are not of one architecture.
    """
    mean = ends[0]
    for count, end in enumerate(ends[1:], start=2):
        mean = between_networks(mean, end, 1 / count)
    return between_networks(start, mean, alpha)


def _of_all(cards: Sequence[Card], alpha: float) -> Card:
    """The first run's card, and what the others had otherwise."""
    runs = " and ".join(_difference(card, cards[0]) for card in cards)
    note = f"the mean of {len(cards)} runs ({runs}), alpha {alpha:g}"
    return replace(
        cards[0],
        recipe={**cards[0].recipe, "averaged": note},
        hours=round(sum(card.hours for card in cards), 2),
        date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )


def _difference(card: Card, first: Card) -> str:
    """“2000 steps with seed 1 and checkerboard 40”."""
    own = {key: value for key, value in card.recipe.items() if value != first.recipe.get(key)}
    names = [
        "seed",
        *(key for key in own if key not in ("seed", "averaged", "distilled", "neutral drawings")),
    ]
    parts = [f"{name} {card.recipe.get(name)}" for name in names]
    return f"{card.steps} steps with {', '.join(parts)}"
