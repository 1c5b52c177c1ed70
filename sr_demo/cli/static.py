"""``sr-demo static``: the page as a folder of files that needs no server of its own."""

import argparse
from pathlib import Path

HELP = "write the page as files that any web host serves"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.add_argument(
        "--out", "-o", type=Path, required=True, metavar="DIR", help="folder to write to"
    )
    command.add_argument(
        "--runtime", type=Path, metavar="DIR",
        help="an unpacked onnxruntime-web (default: node_modules here, else npm fetches it)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Write the comparison as plain files: every method runs in the visitor's own browser."""
    from sr_demo.static.site import write_site

    site = write_site(arguments.out, arguments.runtime)
    size, first = site.size / 1e6, site.first_visit / 1e6
    print(
        f"{site.folder}: {size:.1f} MB, {first:.1f} MB at a first visit; to look at it: "
        f"python -m http.server --directory {site.folder}, then http://localhost:8000"
    )
    return 0
