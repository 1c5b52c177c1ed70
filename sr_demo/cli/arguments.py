"""What several commands have in common: their parser, their options, a mistake in one line."""

import argparse
import sys
from typing import NoReturn

from sr_demo.console import one_line
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS, SCALES
from sr_demo.storage import plain


class Parser(argparse.ArgumentParser):
    """Answers a mistake in one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with status 2."""
        self.exit(2, f"{self.prog}: {one_line(message)} (--help explains)\n")


def add_scale(command: argparse.ArgumentParser) -> None:
    """Give a command ``--scale``."""
    command.add_argument("--scale", type=int, choices=SCALES, default=4, help="default: 4")


def add_methods(command: argparse.ArgumentParser) -> None:
    """Give a command ``--methods``; `chosen_methods` reads it."""
    command.add_argument(
        "--methods", type=_method_names, metavar="A,B",
        help=f"of {', '.join(METHODS)} (default: all that have a checkpoint)",
    )  # fmt: skip


def chosen_methods(arguments: argparse.Namespace) -> list[str]:
    """Names of the methods that were asked for, each once, or of all that are available."""
    return list(dict.fromkeys(arguments.methods or available(arguments.scale)))


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
