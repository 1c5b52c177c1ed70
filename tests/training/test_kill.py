"""What ``benchmarks/kill.py`` does for long, for a moment: real processes, killed at random."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_killed_at_random_moments_training_ends_as_if_it_never_was() -> None:
    line = [sys.executable, "-m", "benchmarks.kill", "--kills", "2", "--kinds", "pixels"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pixels: 2 times killed in " in done.stdout
    assert "values the same" in done.stdout
