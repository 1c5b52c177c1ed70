"""What can be compared: one literal table, which other people's models may join.

Adding a method = a class in ``networks.py``, a row here, a recipe in ``train/``, a checkpoint.
Whether a method can run here, and its loaded network: :mod:`sr_demo.inference.runnable`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sr_demo.foreign.network import ForeignModel
from sr_demo.networks import ESPCN, SRCNN, RRDBNet, SRResNet, SuperResolver

SCALES = (2, 3, 4)


@dataclass(frozen=True)
class Method:
    """One row: what a method is called, where it comes from, and how it is drawn."""

    name: str  # in code, file names and on the command line
    label: str  # as printed
    paper: str
    idea: str  # one sentence for a first-year student
    cost: int  # rank by running time: results appear in this order
    network: type[SuperResolver] | None  # that checkpoints are of; None needs none
    # Colours are Okabe and Ito's, which colour-blind eyes tell apart; lines differ in dashes, too.
    colour: str
    dash: tuple[float, ...]  # lengths of strokes and gaps, in line widths; () is solid
    shipped: bool = True  # weights come with the project; others are not missed where they are not
    model: ForeignModel | None = None  # another project's, which sr_demo.foreign.registry adds

    @property
    def learns(self) -> bool:
        """Whether it has weights."""
        return self.network is not None or self.model is not None


class _Table(dict[str, Method]):
    """A row may join in one thread while another goes through them all."""

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self.keys()))


METHODS: dict[str, Method] = _Table(
    (method.name, method)
    for method in (
        Method(
            name="bicubic",
            label="Bicubic",
            paper="Keys 1981",
            idea="Fits a smooth cubic through the neighbouring pixels; learns nothing, invents "
            "nothing.",
            cost=0,
            network=None,
            colour="#e69f00",
            dash=(1.2, 1.2),
        ),
        Method(
            name="srcnn",
            label="SRCNN",
            paper="Dong et al. 2014",
            idea="Three convolutions sharpen the bicubic enlargement: the first deep "
            "super-resolution.",
            cost=2,
            network=SRCNN,
            colour="#56b4e9",
            dash=(5, 1.5),
        ),
        Method(
            name="espcn",
            label="ESPCN",
            paper="Shi et al. 2016",
            idea="Works at low resolution and shuffles r² channels into place at the end: fast.",
            cost=1,
            network=ESPCN,
            colour="#009e73",
            dash=(3, 1.2, 1, 1.2),
        ),
        Method(
            name="srresnet",
            label="SRResNet",
            paper="Ledig et al. 2017",
            idea="Sixteen residual blocks trained on pixels: the best PSNR, and a little too "
            "smooth.",
            cost=3,
            network=SRResNet,
            colour="#0072b2",
            dash=(8, 2),
        ),
        Method(
            name="srgan",
            label="SRGAN",
            paper="Ledig et al. 2017",
            idea="SRResNet trained on against a discriminator: it paints likely texture, not safe "
            "blur.",
            cost=4,
            network=SRResNet,  # the generator is SRResNet, trained on
            colour="#d55e00",
            dash=(),
        ),
        Method(
            name="esrgan",
            label="ESRGAN",
            paper="Wang et al. 2018",
            idea="Dense blocks without batch normalisation, against a discriminator that compares: "
            "sharper than SRGAN.",
            cost=5,
            network=RRDBNet,
            colour="#7a4fd0",
            dash=(6, 1.5, 1, 1.5),
            shipped=False,  # `sr-demo get esrgan` brings the authors' own
        ),
        Method(
            name="real_srgan",
            label="Real-SRGAN",
            paper="Wang et al. 2021",
            idea="SRGAN trained on blurred, noisy, compressed pictures: it repairs what the others "
            "enlarge.",
            cost=4,
            network=SRResNet,
            colour="#8f8f2d",
            dash=(8, 1.5, 1.5, 1.5),
        ),
    )
)


def check(name: str, scale: int) -> None:
    """Raise a ``ValueError`` in plain words unless the method and the scale exist."""
    if name not in METHODS:
        raise ValueError(f"There is no method “{name}”; choose from {', '.join(METHODS)}.")
    if scale not in SCALES:
        raise ValueError(f"There is no scale ×{scale}; choose from {', '.join(map(str, SCALES))}.")


def network_class(name: str) -> type[SuperResolver]:
    """The class of a method that learns.

    Raises:
        KeyError: for what is no such method.
    """
    network = METHODS[name].network
    if network is None:
        raise KeyError(name)
    return network
