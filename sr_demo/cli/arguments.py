"""What several commands have in common: their parser, their options, a mistake in one line."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from sr_demo.console import one_line
from sr_demo.degradation import Degradation, parse
from sr_demo.foreign import registry
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS, SCALES
from sr_demo.storage import plain


class Parser(argparse.ArgumentParser):
    """Answers a mistake in one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with status 2."""
        self.exit(2, f"{self.prog}: {one_line(message)} (--help explains)\n")


def add_scale(command: argparse.ArgumentParser) -> None:
    """Give a command ``--scale``; with models of other projects their own, :func:`prepare`."""
    command.add_argument("--scale", type=int, choices=SCALES, help="default: 4")


def add_models(command: argparse.ArgumentParser) -> None:
    """Give a command ``--model``, any number of times; :func:`prepare` reads them."""
    command.add_argument(
        "--model", type=Path, action="append", default=[], metavar="FILE", dest="models",
        help="another project's network as one more method: ESRGAN, Real-ESRGAN, SwinIR … from "
        ".safetensors or .pth; may be given several times",
    )  # fmt: skip


def prepare(arguments: argparse.Namespace) -> None:
    """Read ``--model`` files, which become names of methods, and settle the scale.

    Raises:
        CheckpointError: for a file that cannot be used.
        ValueError: if the models do not enlarge by the scale that was asked for, or by one.
    """
    added = [registry.add(path) for path in getattr(arguments, "models", ())]
    arguments.models = [method.name for method in added]
    if not hasattr(arguments, "scale") or getattr(arguments, "size", None):
        return  # nothing to settle, or each model gets as large as is asked for
    own = {method.model.about.scale: method.label for method in added if method.model}
    if len(own) > 1:
        each = " and ".join(f"{label} ×{scale}" for scale, label in own.items())
        raise ValueError(f"these models enlarge by different factors, {each}: take one at a time")
    scale = next(iter(own), arguments.scale or 4)
    if arguments.scale not in (None, scale):
        raise ValueError(f"{own[scale]} enlarges ×{scale} alone: leave --scale out")
    arguments.scale = scale


def add_degrade(command: argparse.ArgumentParser) -> None:
    """Give a command ``--degrade``, a `Degradation`; None without."""
    command.add_argument(
        "--degrade", type=_degradation, metavar="HOW",
        help="make the small pictures here, clean or as cameras and websites do: light (JPEG 75), "
        "medium (blur σ 1.2, noise σ 5, JPEG 50), heavy (blur σ 2, noise σ 10, JPEG 30), or your "
        "own as BLUR,NOISE,JPEG, such as 1.2,5,50, with 0 for none",
    )  # fmt: skip


def _degradation(text: str) -> Degradation:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_methods(command: argparse.ArgumentParser) -> None:
    """Give a command ``--methods``; `chosen_methods` reads it."""
    command.add_argument(
        "--methods", type=_method_names, metavar="A,B",
        help=f"of {', '.join(METHODS)} (default: all that have a checkpoint)",
    )  # fmt: skip


def chosen_methods(arguments: argparse.Namespace) -> list[str]:
    """Names of the methods that were asked for, each once, or of all that are available."""
    names = arguments.methods or available(arguments.scale)
    return list(dict.fromkeys([*names, *arguments.models]))


def complain(prog: str, error: Exception, name: str = "") -> None:
    """Print an error as one line on stderr, with the file's name in front unless it is in it."""
    text = one_line(plain(error) if isinstance(error, OSError) else str(error))
    name = one_line(name)
    subject = f"{name}: " if name not in text else ""
    print(f"{prog}: {subject}{text}", file=sys.stderr)


def _method_names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in METHODS:
            raise argparse.ArgumentTypeError(f"no method “{name}”, only {', '.join(METHODS)}")
    return names
