"""Start the page: ``python app.py``, here or on Hugging Face Spaces."""

import sys

from sr_demo.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["demo", "--no-open", *sys.argv[1:]], prog="app.py"))
