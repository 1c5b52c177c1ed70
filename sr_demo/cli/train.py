"""``sr-demo train …``: the same as ``python -m train …``."""

import runpy
import sys
from collections.abc import Sequence

HELP = "train a network (its own --help lists the rest)"
_OURS = ("sr_demo", "train")


def run(argv: Sequence[str], prog: str) -> int:
    """Hand the arguments over to the `train` package, as ``python -m train`` would.

    It is found by name when the command runs: nothing in `sr_demo` imports it.
    """
    sys.argv[1:] = argv
    try:
        runpy.run_module("train", run_name="__main__", alter_sys=True)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if not package or package in _OURS:
            raise
        remedy = "python -m pip install 'sr-demo[train]'"
        print(f"{prog} train needs the package {package}: {remedy}", file=sys.stderr)
        return 2
    return 0
