"""``python -m train srcnn|espcn|srresnet|srgan --scale S --data DIR`` trains one network."""

import sys

from sr_demo.training.cli import main

if __name__ == "__main__":
    sys.exit(main())
