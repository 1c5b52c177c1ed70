"""The command line, ``sr-demo`` or ``python -m sr_demo``: a file a command."""
