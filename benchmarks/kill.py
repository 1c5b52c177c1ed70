"""``kill -9`` at random moments of every kind of training: what is resumed ends as if never killed.

``python -m benchmarks.kill`` from the top of the checkout kills each kind 25 times, in one run or
several, and compares what they leave with an uninterrupted run, bit by bit: weights, their average,
the optimisers, the best checkpoint, the curve.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from sr_demo.checkpoints import read_card
from sr_demo.training import cli, run, states
from tests.training import small_runs
from train.__main__ import IMITATIONS, RECIPES

KINDS = {  # the command, and the folder of its run
    "pixels": (["espcn"], "espcn_x2"),
    "adversarial": (["srgan"], "srgan_x2"),
    "distillation": (["distill", "srresnet"], "distill_srresnet_x2"),
}
SMALL: dict[str, Any] = {
    "batch": 4, "patch": 12, "warmup": 2, "steps": 60, "validate_every": 10,
}  # fmt: skip


class Runs:
    """Small runs of one kind, each in a folder of its own and a process of its own."""

    def __init__(self, kind: str, home: Path) -> None:
        self.kind, self.home = kind, home
        small_runs.write_photos(home / "photos", np.random.default_rng(0))
        small_runs.write_vgg(home / "vgg.safetensors")
        self.start = small_runs.write_srresnet(home / "start")

    def begin(self, name: str) -> multiprocessing.process.BaseProcess:
        """Start a run, or go on with it."""
        command, _ = KINDS[self.kind]
        line = [*command, "--scale=2", f"--data={self.home / 'photos'}", "--workers=1"]
        line += [f"--runs={self.home / name}", f"--out={self.home / name / 'out'}"]
        if self.kind != "pixels":
            line += [f"--start={self.start}", f"--vgg-weights={self.home / 'vgg.safetensors'}"]
        process = multiprocessing.get_context("fork").Process(
            target=_train, args=(line, self.home / f"{name}.txt")
        )
        process.start()
        return process

    def result(self, name: str) -> dict[str, Any]:
        """All that a finished run leaves and that must not depend on kills, by name."""
        _, folder = KINDS[self.kind]
        state = states.newest_whole(self.home / name / folder)
        assert state is not None
        kept: dict[str, Any] = {"curve": (state.parent / "curve.csv").read_text()}
        for path in [*state.glob("model*.safetensors"), *(self.home / name / "out").glob("*.saf*")]:
            kept |= {f"{path.name} {key}": value for key, value in load_file(path).items()}
        for path in [*state.glob("optimizer*.bin"), *state.glob("custom_checkpoint_*.pkl")]:
            kept |= _flat(path.name, torch.load(path, weights_only=True))
        for path in (self.home / name / "out").glob("*.safetensors"):
            card = vars(read_card(path))
            kept |= {key: value for key, value in card.items() if key not in ("date", "hours")}
        return {key: value for key, value in kept.items() if not key.endswith(" hours")}


def _train(line: list[str], log: Path) -> None:
    """In a process of its own: a small run, a state after every few steps."""
    with log.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    small_runs.shrink(pytest.MonkeyPatch())
    run.SAVE_EVERY = 0.2  # type: ignore[assignment]
    os.environ["SR_DEMO_CACHE"] = str(log.parent / "cache")
    recipes = {name: replace(recipe, **SMALL) for name, recipe in RECIPES.items()}
    imitations = {
        command: {name: replace(recipe, **SMALL) for name, recipe in of_methods.items()}
        for command, of_methods in IMITATIONS.items()
    }
    os._exit(cli.main(recipes, imitations, line))


def _flat(name: str, value: Any) -> dict[str, Any]:
    """The tensors and numbers in a nest of dictionaries and lists, each with its path."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = dict(enumerate(value)).items()
    else:
        return {name: value}
    return {k: v for key, part in parts for k, v in _flat(f"{name} {key}", part).items()}


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The names of what is not the same, bit by bit."""
    return sorted(
        name
        for name in one.keys() | other.keys()
        if name not in one or name not in other or not _same(one[name], other[name])
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    return bool(one == other)


def survives(kind: str, kills: int, home: Path, seed: int = 0) -> bool:
    """Kill a kind of training so often; say what happened, and whether nothing was changed."""
    rng, runs = np.random.default_rng(seed), Runs(kind, home)
    begun = time.monotonic()
    whole = runs.begin("whole")
    whole.join()
    seconds = time.monotonic() - begun
    if whole.exitcode != 0:
        print((home / "whole.txt").read_text())
        return False
    expected, killed, finished, wrong = runs.result("whole"), 0, 0, set[str]()
    while killed < kills or finished == 0:
        name = f"run {finished}"
        process = runs.begin(name)
        # Up to a third of a run: some are killed while they start, some several times in a state
        process.join(rng.uniform(0, seconds / 3) if killed < kills else None)
        if process.exitcode is None:
            process.kill()
            process.join()
            killed += 1
        elif process.exitcode == 0:
            wrong |= set(differences(expected, runs.result(name)))
            finished += 1
        else:
            print((home / f"{name}.txt").read_text())
            return False
    print(
        f"{kind}: {killed} times killed in {finished} runs of {seconds:.1f} s: "
        + (f"DIFFERENT in {len(wrong)}: {', '.join(sorted(wrong)[:5])}" if wrong else
           f"all {len(expected)} values the same")
    )  # fmt: skip
    return not wrong


def main(argv: list[str] | None = None) -> int:
    """Kill every kind; 0 if nothing was changed by it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=25, help="of each kind")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args(argv)
    for package in cli.PACKAGES:  # before the forks: the moments then fall into the runs
        import_module(package)
    torch.set_num_threads(1)  # a pool of threads would not survive the fork
    good = True
    for kind in arguments.kinds:
        with tempfile.TemporaryDirectory() as home:
            good &= survives(kind, arguments.kills, Path(home), arguments.seed)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
