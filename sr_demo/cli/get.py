"""``sr-demo get``: well-known models, as their authors published them."""

import argparse

from sr_demo.foreign.official import OFFICIAL, Official, arrived, get, models_folder
from sr_demo.foreign.registry import add_downloaded

HELP = "download a well-known model"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.add_argument(
        "names", nargs="*", type=_name, metavar="MODEL",
        help=f"of {', '.join(OFFICIAL)}; without one, they are listed",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Bring models of other projects, as their authors published them, to be compared as well.

    Each is known by its SHA-256; what breaks off goes on with the same command.
    """
    if not arguments.names:
        for official in OFFICIAL.values():
            print(f"{official.name:<20} {_facts(official)}")
        print(f"kept in {models_folder()}")
        return 0
    for name in dict.fromkeys(arguments.names):
        official = OFFICIAL[name]
        if arrived(official):
            print(f"{official.path()} is there already")
            continue
        print(f"{_facts(official)}\nfrom {official.file.url}")
        print(f"{get(official)}: from now on the method {name}")
    add_downloaded()
    return 0


def _name(text: str) -> str:
    if text not in OFFICIAL:
        raise argparse.ArgumentTypeError(f"no model “{text}”, only {', '.join(OFFICIAL)}")
    return text


def _facts(official: Official) -> str:
    size, about = official.file.size, official.about
    parts = [
        f"{official.label} ×{about.scale}, {official.paper}",
        f"{about.parameters / 1e6:.1f} M parameters",
        f"licence {about.licence}",
    ]
    if size:
        parts.insert(2, f"{size / 1e6:.0f} MB")
    return ": ".join([parts[0], ", ".join(parts[1:])])
