"""``python -m train srcnn|espcn|srresnet --scale S --data DIR`` trains one network."""

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from sr_demo.checkpoints import FOLDER
from sr_demo.images import ImageError
from sr_demo.methods import SCALES
from train.data import DataError, hold_out, load_photos, validation_pairs
from train.loop import Places, shortened, train_pixels
from train.recipes import RECIPES

RUNS = FOLDER.parent / "runs"


def parser() -> argparse.ArgumentParser:
    cli = argparse.ArgumentParser(
        prog="python -m train",
        description="Train a network and keep its best weights in checkpoints/. "
        "The same command again resumes a run that was stopped or killed.",
    )
    cli.add_argument("method", choices=sorted(RECIPES))
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
    cli.add_argument("--runs", type=Path, default=RUNS, help="resumable state (default: runs/)")
    cli.add_argument("--out", type=Path, default=FOLDER, help="default: checkpoints/")
    cli.add_argument("--fresh", action="store_true", help="start over, forgetting the state")
    cli.add_argument(
        "--dry-run", action="store_true", help="a few steps of everything; keeps nothing"
    )
    return cli


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        if arguments.dry_run:
            with tempfile.TemporaryDirectory() as scratch:
                arguments.runs = arguments.out = Path(scratch)
                print(f"dry run passed: {run(arguments).name}, kept nowhere")
        else:
            print(f"best weights: {run(arguments)}")
    except (DataError, ImageError) as error:
        print(f"python -m train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command resumes", file=sys.stderr)
        return 130
    return 0


def run(arguments: argparse.Namespace) -> Path:
    recipe = RECIPES[arguments.method]
    if arguments.steps is not None:
        recipe = replace(recipe, steps=arguments.steps)
    if arguments.seed is not None:
        recipe = replace(recipe, seed=arguments.seed)
    if arguments.dry_run:
        recipe = shortened(recipe)
    photos = load_photos(arguments.data, arguments.scale, recipe.patch)
    for problem in photos.skipped:
        print(f"skipped {problem}", file=sys.stderr)
    if arguments.val:
        validation, source = validation_pairs(arguments.val, arguments.scale)
    else:
        photos, validation = hold_out(photos)
        source = "held-out photos"
    home = arguments.runs / f"{recipe.method}_x{arguments.scale}"
    if arguments.fresh:
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    places = Places(
        run=home,
        checkpoints=arguments.out,
        validation=validation[:2] if arguments.dry_run else validation,
        data=f"{len(photos)} photos of {arguments.data.resolve().name}",
        validated_on=source,
    )
    return train_pixels(recipe, photos, places, arguments.workers)


if __name__ == "__main__":
    sys.exit(main())
