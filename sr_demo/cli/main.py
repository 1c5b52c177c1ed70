"""The commands, side by side, and what they do alike: status 0, or one line and status 2."""

import argparse
import sys
from collections.abc import Sequence

from sr_demo import __version__
from sr_demo.checkpoints import checkpoints_folder
from sr_demo.cli import benchmark, compare, demo, export, get, static, train, upscale
from sr_demo.cli.arguments import Parser, complain, prepare
from sr_demo.console import use_plain_characters
from sr_demo.foreign.registry import add_downloaded
from sr_demo.storage import CheckpointError

PROG = "sr-demo"
COMMANDS = {
    "demo": demo,
    "upscale": upscale,
    "compare": compare,
    "benchmark": benchmark,
    "export": export,
    "get": get,
    "static": static,
}
EXAMPLES = """\
examples:
  %(prog)s demo
  %(prog)s upscale photo.jpg -o photo_x4.png
  %(prog)s upscale *.jpg -o enlarged --method espcn --scale 2
  %(prog)s upscale photo.jpg -o between.png --method interpolation --alpha 0.4
  %(prog)s compare sharp.png --scale 4 -o results
  %(prog)s compare sharp.png --model RealESRGAN_x4plus.pth -o results
  %(prog)s benchmark Set5 --scale 4 --json set5.json
  %(prog)s export --method srresnet --scale 4 --out srresnet_x4.onnx
  %(prog)s static --out site
  %(prog)s train espcn --scale 3 --data photos
"""


def parser(prog: str = PROG) -> argparse.ArgumentParser:
    """The whole command line; ``run`` of its result is the chosen command's function."""
    cli = Parser(
        prog=prog,
        description="Enlarge pictures by super-resolution, and measure how well it went.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cli.add_argument("--version", action="version", version=f"sr-demo {__version__}")
    commands = cli.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for name, module in COMMANDS.items():
        command = commands.add_parser(name, help=module.HELP, description=module.run.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run, prog=prog)
    commands.add_parser("train", help=train.HELP, add_help=False)  # listed here, parsed by train
    return cli


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Run one command.

    Args:
        argv: the arguments, by default those of the process.
        prog: how the user called it, for help and errors.

    Returns:
        0 when all went well, 2 when the user has to change something, 130 when interrupted.
    """
    use_plain_characters()
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] == "train":
        return train.run(argv[1:], prog)
    add_downloaded()
    arguments = parser(prog).parse_args(argv)
    try:
        checkpoints_folder()  # a mistake in its setting is told once, and first
        prepare(arguments)
        return arguments.run(arguments)
    except (ValueError, CheckpointError, OSError) as error:
        complain(prog, error)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
