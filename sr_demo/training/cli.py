"""``python -m train srcnn|espcn|srresnet|srgan --scale S --data DIR`` trains one network."""

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from sr_demo.images import ImageError
from sr_demo.methods import SCALES
from sr_demo.storage import CHECKPOINTS, CheckpointError
from sr_demo.training import download, report
from sr_demo.training import niqe_statistics as niqe
from sr_demo.training import recording as record
from sr_demo.training.data import (
    DataError,
    Photos,
    describe,
    hold_out,
    load_photos,
    validation_pairs,
)
from sr_demo.training.distillation import distill
from sr_demo.training.recipe import DISTILLATION, RECIPES, AdversarialRecipe, Recipe
from sr_demo.training.run import Places, machines, shortened, train_adversarial, train_pixels
from sr_demo.training.vgg import VGGError

RUNS = CHECKPOINTS.parent / "runs"
# Commands that have nothing in common with the networks' options
OTHERS = {"niqe": niqe.main, "download": download.main, "report": report.main,
          "record": record.main}  # fmt: skip


def parser() -> argparse.ArgumentParser:
    cli = argparse.ArgumentParser(
        prog="python -m train",
        description="Train a network and keep its best weights in checkpoints/. "
        "The same command again resumes a run that was stopped or killed.",
        epilog="Several GPUs or machines: accelerate launch -m train METHOD …; "
        "several processes on CPUs: torchrun --nproc_per_node N -m train METHOD …. "
        "Other commands, each with its own --help: download (data sets), niqe (what NIQE knows of "
        "natural photos), report (checkpoints/README.md), record (a run of SRGAN, for the lesson "
        "on it).",
    )
    methods = cli.add_subparsers(dest="method", required=True, metavar="METHOD")
    for name, recipe in RECIPES.items():
        adversarial = isinstance(recipe, AdversarialRecipe)
        how = "against a discriminator, from SRResNet on" if adversarial else "on pixels"
        method = methods.add_parser(name, help=f"train {name} {how}")
        _add_common(method)
        if adversarial:
            _add_vgg(method)
        else:
            method.add_argument(
                "--start-scale",
                type=int,
                choices=SCALES,
                help="begin from the checkpoint of another scale (in --start or --out): its last "
                "layers are drawn anew",
            )
    again = methods.add_parser(
        "distill",
        help="teach srresnet or srgan its own pictures again, from features that 16 bits hold",
        description="For a checkpoint whose pictures bfloat16 takes further than 60 dB from those "
        "in float32. Its card stays, with new scores.",
    )
    again.add_argument("network", choices=("srresnet", "srgan"))
    _add_common(again)
    _add_vgg(again)
    return cli


def _add_common(cli: argparse.ArgumentParser) -> None:
    cli.add_argument("--scale", type=int, choices=SCALES, required=True)
    cli.add_argument("--data", type=Path, required=True, help="folder tree of sharp photos")
    cli.add_argument(
        "--val",
        type=Path,
        help="folder with HR/ and optionally LR/ that picks the best weights "
        "(default: photos held out from --data)",
    )
    cli.add_argument("--steps", type=int, help="instead of the recipe's")
    cli.add_argument("--seed", type=int, help="instead of the recipe's")
    cli.add_argument("--workers", type=int, default=1, help="processes that prepare batches")
    cli.add_argument(
        "--accumulate",
        type=int,
        default=1,
        metavar="N",
        help="process each batch in N parts, where memory is short; batch normalisation in SRGAN's "
        "discriminator then sees one part at a time",
    )
    cli.add_argument("--runs", type=Path, default=RUNS, help="resumable state (default: runs/)")
    cli.add_argument("--out", type=Path, default=CHECKPOINTS, help="default: checkpoints/")
    cli.add_argument(
        "--start",
        type=Path,
        metavar="CHECKPOINTS",
        help="begin from the checkpoint in this folder: the network's own (default: at random), "
        "or for srgan its SRResNet, for distill what it teaches (both: the one in --out)",
    )
    cli.add_argument(
        "--keep-states", action="store_true", help="all of them, not only the newest, to look back"
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


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] in OTHERS:
        return OTHERS[argv[0]](argv[1:])
    arguments = parser().parse_args(argv)
    if arguments.method in ("srgan", "distill") or arguments.start_scale:
        arguments.start = arguments.start or arguments.out  # not where a dry run writes
    try:
        if arguments.dry_run:
            with tempfile.TemporaryDirectory() as scratch:
                arguments.runs = arguments.out = Path(scratch)
                print(f"dry run passed: {run(arguments).name}, kept nowhere")
        else:
            print(f"best weights: {run(arguments)}")
    except (DataError, ImageError, CheckpointError, VGGError) as error:
        print(f"python -m train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command resumes", file=sys.stderr)
        return 130
    return 0


def run(arguments: argparse.Namespace) -> Path:
    again = arguments.method == "distill"
    recipe = replace(DISTILLATION, method=arguments.network) if again else RECIPES[arguments.method]
    chosen = {name: getattr(arguments, name) for name in ("steps", "seed")}
    recipe = replace(recipe, **{name: value for name, value in chosen.items() if value is not None})
    if arguments.dry_run:
        recipe = shortened(recipe)
    home = arguments.runs / f"{'distill_' if again else ''}{recipe.method}_x{arguments.scale}"
    accelerator = machines(home, arguments.accumulate)
    photos = photos_of(arguments, recipe, accelerator)
    if arguments.val:
        validation, source = validation_pairs(arguments.val, arguments.scale)
    else:
        photos, validation = hold_out(photos)
        source = "held-out photos"
    if arguments.fresh and accelerator.is_main_process:
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    accelerator.wait_for_everyone()
    places = Places(
        run=home,
        checkpoints=arguments.out,
        validation=validation[:2] if arguments.dry_run else validation,
        data=describe(photos, arguments.data),
        validated_on=source,
    )
    setting: dict[str, Any] = {
        "start": arguments.start,
        "workers": arguments.workers,
        "keep_states": arguments.keep_states,
    }
    if again:
        vgg = arguments.vgg_weights
        return distill(recipe, photos, places, accelerator, vgg_file=vgg, **setting)
    if isinstance(recipe, AdversarialRecipe):
        vgg = arguments.vgg_weights
        return train_adversarial(recipe, photos, places, accelerator, vgg_file=vgg, **setting)
    scale = arguments.start_scale
    return train_pixels(recipe, photos, places, accelerator, start_scale=scale, **setting)


def photos_of(arguments: argparse.Namespace, recipe: Recipe, accelerator: Accelerator) -> Photos:
    """Decoded by one process of each machine, while the others wait."""
    with accelerator.local_main_process_first():
        photos = load_photos(arguments.data, arguments.scale, recipe.patch, recipe.reductions)
    if accelerator.is_main_process:
        for problem in photos.skipped:
            print(f"skipped {problem}", file=sys.stderr)
    return photos


if __name__ == "__main__":
    sys.exit(main())
