"""``python -m train METHOD --scale S --data DIR`` trains one of the networks in ``RECIPES``."""

import sys
from collections.abc import Sequence

from sr_demo.training import cli
from sr_demo.training.recipe import Recipe
from train import distill, espcn, esrgan, neutral, real_srgan, srcnn, srgan, srresnet

RECIPES: dict[str, Recipe] = {
    "srcnn": srcnn.RECIPE,
    "espcn": espcn.RECIPE,
    "srresnet": srresnet.RECIPE,
    "srgan": srgan.RECIPE,
    "esrgan": esrgan.RECIPE,
    "real_srgan": real_srgan.RECIPE,
}
IMITATIONS = {"distill": distill.RECIPES, "neutral": neutral.RECIPES}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all went well, 2 when the user has to change something."""
    return cli.main(RECIPES, IMITATIONS, argv)


if __name__ == "__main__":
    sys.exit(main())
