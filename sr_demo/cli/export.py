"""``sr-demo export``: a method as a file that other programs run."""

import argparse
from pathlib import Path

from sr_demo.cli.arguments import add_scale
from sr_demo.inference.export import FORMATS, export
from sr_demo.methods import METHODS

HELP = "write a method as a model file"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    names = [name for name in METHODS if METHODS[name].network]
    command.add_argument("--method", choices=names, default="srresnet", help="default: srresnet")
    command.add_argument("--format", choices=FORMATS, default="onnx", help="default: onnx")
    command.add_argument(
        "--out", "-o", type=Path, required=True, metavar="FILE",
        help="ends in .onnx, or in .xml for OpenVINO, which puts the weights beside it, in .bin",
    )  # fmt: skip
    add_scale(command)


def run(arguments: argparse.Namespace) -> int:
    """Write a method as a model file for other programs, and check what they will get from it."""
    print(export(arguments.method, arguments.scale, arguments.format, arguments.out))
    return 0
