"""``python -m sr_demo``: the same as the installed ``sr-demo``."""

import sys

from sr_demo.cli.main import main

if __name__ == "__main__":
    sys.exit(main(prog="python -m sr_demo"))
