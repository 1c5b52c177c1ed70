"""The command line of training: the recipes of `train/`, and the commands beside them.

``python -m train METHOD --scale S --data DIR`` trains one network. Modules that take long to import
are imported by the command that needs them, so that ``--help`` answers soon.
"""

import argparse
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch

from sr_demo.console import one_line, use_plain_characters
from sr_demo.images import ImageError
from sr_demo.methods import SCALES, network_class
from sr_demo.networks import SRResNet
from sr_demo.storage import CHECKPOINTS, CheckpointError, InUseError, locked, plain
from sr_demo.training.data import (
    DataError,
    Pair,
    Photos,
    degraded,
    describe,
    hold_out,
    load_photos,
    validation_pairs,
)
from sr_demo.training.recipe import AdversarialRecipe, DivergedError, Recipe, shortened
from sr_demo.training.recipe_file import RecipeError, from_toml, to_toml
from sr_demo.training.states import StateError
from sr_demo.training.vgg import VGGError

if TYPE_CHECKING:
    from accelerate import Accelerator

    from sr_demo.training.run import RunConfig

RUNS = Path("runs")  # where the command is given
LOCK = "lock"  # in a run's folder
PACKAGES = (
    "accelerate",
    "torch.utils.tensorboard",
)  # of the extra `train`; torchvision: see vgg.py


class PackageError(Exception):
    """A package that training needs is missing or broken; the message says what to install."""


# What the user can do something about; the message says what
MISTAKES = (
    DataError, ImageError, CheckpointError, VGGError, RecipeError, DivergedError, StateError,
    InUseError, PackageError,
)  # fmt: skip


# Commands that have nothing in common with the networks' options: each module's `main`
_OTHERS = {
    "download": "download",
    "niqe": "niqe_statistics",
    "report": "report",
    "record": "recording",
    "average": "averaging",
    "features": "feature_maps",
    "degradations": "degradation_sheet",
}


def main(
    recipes: Mapping[str, Recipe],
    imitations: Mapping[str, Mapping[str, Recipe]],
    argv: Sequence[str] | None = None,
) -> int:
    """``python -m train``: one of the recipes by its name, or a command beside them.

    Args:
        imitations: of ``distill`` and ``neutral``, the recipe for each method.

    Returns:
        0 when all went well, 2 when the user has to change something, 130 when stopped.
    """
    use_plain_characters()
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] in _OTHERS:
        module = import_module(f"sr_demo.training.{_OTHERS[argv[0]]}")
        return cast(int, module.main(argv[1:]))
    return _run(_parser(recipes, imitations).parse_args(argv))


def run_recipe(recipe: Recipe, argv: Sequence[str] | None = None) -> int:
    """``python -m train.METHOD``: a recipe's own file, run by itself; returns as :func:`main`."""
    cli = argparse.ArgumentParser(prog=f"python -m train.{recipe.method}", description=_how(recipe))
    _add_recipe(cli, recipe)
    return _run(cli.parse_args(argv))


def run_imitation(
    name: str, recipes: Mapping[str, Recipe], argv: Sequence[str] | None = None
) -> int:
    """``python -m train.distill`` or ``train.neutral``; returns as :func:`main`."""
    cli = argparse.ArgumentParser(prog=f"python -m train.{name}", description=_IMITATIONS[name])
    _add_imitation(cli, name, recipes)
    return _run(cli.parse_args(argv))


# --- options --------------------------------------------------------------------------------------

_IMITATIONS = {
    "distill": "Teach a network its own pictures again, and drawings their originals: for a "
    "checkpoint whose pictures bfloat16 takes further than 60 dB from those in float32, or that "
    "adds a mesh where there is nothing to add. Its card stays, with new scores.",
    "neutral": "Teach a network its own pictures again, and drawings the greys that went in: for a "
    "checkpoint that tints a checker of single pixels. Its card stays, with new scores.",
}


def _parser(
    recipes: Mapping[str, Recipe], imitations: Mapping[str, Mapping[str, Recipe]]
) -> argparse.ArgumentParser:
    cli = argparse.ArgumentParser(
        prog="python -m train",
        description="Train a network and keep its best weights in checkpoints/. "
        "The same command again resumes a run that was stopped or killed.",
        epilog="Several GPUs or machines: accelerate launch -m train METHOD …; "
        "several processes on CPUs: torchrun --nproc_per_node N -m train METHOD …. "
        "Other commands, each with its own --help: download (data sets), average (several "
        "runs of SRGAN or Real-SRGAN), niqe (what NIQE knows of natural photos), report "
        "(checkpoints/README.md), record (a run of SRGAN, for the lesson on it), degradations (a "
        "sheet of what real small pictures suffer).",
    )
    methods = cli.add_subparsers(dest="method", required=True, metavar="METHOD")
    for name, recipe in recipes.items():
        _add_recipe(methods.add_parser(name, help=_how(recipe)), recipe)
    for name, of_methods in imitations.items():
        about = _IMITATIONS[name]
        command = methods.add_parser(name, help=about.split(": ")[0], description=about)
        _add_imitation(command, name, of_methods)
    return cli


def _how(recipe: Recipe) -> str:
    adversarial = isinstance(recipe, AdversarialRecipe)
    how = "against a discriminator" if adversarial else "on pixels"
    if adversarial and network_class(recipe.method) is SRResNet:
        how += ", from SRResNet on"
    degraded = ", on degraded photos" if recipe.degradations is not None else ""
    return f"train {recipe.method} {how}{degraded}"


def _add_recipe(cli: argparse.ArgumentParser, recipe: Recipe) -> None:
    _add_common(cli)
    adversarial = isinstance(recipe, AdversarialRecipe)
    cli.set_defaults(
        recipe=recipe, imitation=None, start_scale=None, vgg_weights=None, needs_start=adversarial
    )
    if adversarial:
        _add_vgg(cli)
    else:
        cli.add_argument(
            "--start-scale",
            type=int,
            choices=SCALES,
            help="begin from the checkpoint of another scale (in --start or --out): its last "
            "layers are drawn anew",
        )


def _add_imitation(cli: argparse.ArgumentParser, name: str, recipes: Mapping[str, Recipe]) -> None:
    cli.add_argument("network", choices=recipes)
    cli.set_defaults(recipe=recipes, imitation=name, start_scale=None, needs_start=True)
    _add_common(cli)
    _add_vgg(cli)


def _add_common(cli: argparse.ArgumentParser) -> None:
    cli.add_argument("--scale", type=int, choices=SCALES, required=True)
    cli.add_argument("--data", type=Path, required=True, help="folder tree of sharp photos")
    cli.add_argument(
        "--val",
        type=Path,
        help="folder with HR/ and optionally LR/ that picks the best weights "
        "(default: photos held out from --data)",
    )
    cli.add_argument(
        "--recipe", type=Path, metavar="FILE", dest="recipe_file", help="TOML, instead of the own"
    )
    cli.add_argument(
        "--print-recipe", action="store_true", help="write the recipe as TOML and do nothing else"
    )
    cli.add_argument("--steps", type=int, help="instead of the recipe's")
    cli.add_argument("--seed", type=int, help="instead of the recipe's")
    cli.add_argument("--workers", type=int, default=1, help="processes that prepare batches")
    cli.add_argument(
        "--accumulate",
        type=int,
        default=1,
        metavar="N",
        help="process each batch as N micro-batches, where memory is short; batch normalisation in "
        "SRGAN's discriminator then sees one of them at a time",
    )
    cli.add_argument("--runs", type=Path, default=RUNS, help="resumable state (default: runs/)")
    cli.add_argument("--out", type=Path, default=CHECKPOINTS, help="default: checkpoints/")
    cli.add_argument(
        "--start",
        type=Path,
        metavar="FOLDER",
        help="begin from the checkpoint in this folder: the network's own (default: at random), "
        "or for srgan its SRResNet, for distill and neutral what they teach (all: in --out)",
    )
    cli.add_argument(
        "--keep-states",
        action="store_true",
        help="all of them, not only the newest two, to look back",
    )
    cli.add_argument("--fresh", action="store_true", help="start over, forgetting the state")
    cli.add_argument(
        "--dry-run", action="store_true", help="a few steps of everything; keeps nothing"
    )


def _add_vgg(cli: argparse.ArgumentParser) -> None:
    cli.add_argument(
        "--vgg-weights",
        type=Path,
        metavar="FILE",
        help="VGG-19 as safetensors, for srgan (default: download torchvision's)",
    )


# --- a run ----------------------------------------------------------------------------------------


def _run(arguments: argparse.Namespace) -> int:
    """Train as asked; complaints in one line."""
    if arguments.needs_start or arguments.start_scale:
        arguments.start = arguments.start or arguments.out  # not where a dry run writes
    try:
        if arguments.print_recipe:
            print(to_toml(_recipe(arguments)), end="")
        elif arguments.dry_run:
            with tempfile.TemporaryDirectory() as scratch:
                arguments.runs = arguments.out = Path(scratch)
                print(f"dry run passed: {_train(arguments).name}, kept nowhere")
        else:
            print(f"best weights: {_train(arguments)}")
    except MISTAKES as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"{plain(error)}; the same command goes on from the last state")
    except (torch.AcceleratorError, torch.OutOfMemoryError) as error:
        reason = str(error).splitlines()[0]
        return _complain(f"the GPU failed ({reason}); the same command goes on from the last state")
    except KeyboardInterrupt:
        print("stopped; the same command resumes", file=sys.stderr)
        return 130
    return 0


def _complain(text: str) -> int:
    print(f"python -m train: {one_line(text)}", file=sys.stderr)
    return 2


def _train(arguments: argparse.Namespace) -> Path:
    """The run that the arguments describe; the path of its best checkpoint."""
    _check_packages()
    from sr_demo.training.run import RunConfig, make_accelerator

    recipe = _recipe(arguments)
    name = f"{recipe.method}_x{arguments.scale}"
    folder = arguments.runs / (f"{arguments.imitation}_{name}" if arguments.imitation else name)
    accelerator = make_accelerator(folder, arguments.accumulate)
    with _alone_in(folder, accelerator), _quiet_threads():
        _check_writable(arguments.out)
        photos, pairs, validated_on = _data(arguments, recipe, accelerator)
        if arguments.fresh and accelerator.is_main_process:
            _forget(folder)
        accelerator.wait_for_everyone()
        config = RunConfig(
            folder=folder,
            checkpoints=arguments.out,
            validation=pairs[:2] if arguments.dry_run else pairs,
            data=describe(photos, arguments.data),
            validated_on=validated_on,
            workers=arguments.workers,
            keep_states=arguments.keep_states,
        )
        path = _begin(arguments, recipe, photos, config, accelerator)
        accelerator.end_training()
        return path


def _begin(
    arguments: argparse.Namespace,
    recipe: Recipe,
    photos: Photos,
    config: "RunConfig",
    accelerator: "Accelerator",
) -> Path:
    from sr_demo.training.distillation import DISTILLATION
    from sr_demo.training.imitation import imitate
    from sr_demo.training.launch import pretrain, train_adversarial, train_pixels
    from sr_demo.training.neutral import NEUTRAL

    start, vgg_file = arguments.start, arguments.vgg_weights
    if arguments.imitation:
        manner = {"distill": DISTILLATION, "neutral": NEUTRAL}[arguments.imitation]
        return imitate(manner, recipe, photos, config, accelerator, start=start, vgg_file=vgg_file)
    if isinstance(recipe, AdversarialRecipe):
        if recipe.pretraining is not None:
            pretrain(recipe.pretraining, photos, config, arguments.accumulate, start=start)
        return train_adversarial(
            recipe, photos, config, accelerator, start=start, vgg_file=vgg_file
        )
    start_scale = arguments.start_scale
    return train_pixels(recipe, photos, config, accelerator, start=start, start_scale=start_scale)


def _check_packages() -> None:
    """Raise PackageError now rather than after the photos are decoded."""
    for name in PACKAGES:
        try:
            import_module(name)
        except Exception as error:  # what is broken has many ways to fail
            package = "tensorboard" if name.startswith("torch") else name
            raise PackageError(
                f"training needs the package {package}, which cannot be imported ({error}): "
                "python -m pip install 'sr-demo[train]'"
            ) from error


def _check_writable(folder: Path) -> None:
    """Raise OSError now rather than at the first validation, hours on."""
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()


@contextmanager
def _alone_in(folder: Path, accelerator: "Accelerator") -> Iterator[None]:
    """Make a run's folder, and raise InUseError where another run works in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / LOCK) if accelerator.is_main_process else nullcontext():
        yield


@contextmanager
def _quiet_threads() -> Iterator[None]:
    """Print no traceback of a full disk for TensorBoard's thread: its next call raises it here."""
    before = threading.excepthook

    def hook(arguments: threading.ExceptHookArgs) -> None:
        if not issubclass(arguments.exc_type, OSError):
            before(arguments)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before


def _forget(folder: Path) -> None:
    """Empty a run's folder, but for the lock that is held."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink()


def _recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe, or that of a file, with what the command line says instead.

    Raises:
        RecipeError: if the file cannot be used.
    """
    recipe = arguments.recipe[arguments.network] if arguments.imitation else arguments.recipe
    if arguments.recipe_file is not None:
        recipe = from_toml(arguments.recipe_file, recipe)
    if arguments.steps is not None:
        recipe = replace(recipe, steps=arguments.steps)
    if arguments.seed is not None:
        recipe = replace(recipe, seed=arguments.seed)
    return shortened(recipe) if arguments.dry_run else recipe


def _data(
    arguments: argparse.Namespace, recipe: Recipe, accelerator: "Accelerator"
) -> tuple[Photos, list[Pair], str]:
    """Photos to train on, pairs to validate on, and the name of those.

    Photos are decoded by one process of each machine, while the others wait.
    """
    with accelerator.local_main_process_first():
        photos = load_photos(
            arguments.data, arguments.scale, recipe.patch, recipe.downscale_factors
        )
    if accelerator.is_main_process:
        for problem in photos.skipped:
            print(f"skipped {problem}", file=sys.stderr)
    if arguments.val:
        pairs, name = validation_pairs(arguments.val, arguments.scale)
    else:
        (photos, pairs), name = hold_out(photos), "held-out photos"
    if recipe.degradations is not None:
        pairs, name = degraded(pairs, name)
    return photos, pairs, name
