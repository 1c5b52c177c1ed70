"""``python -m train report [--data TESTSETS]`` writes checkpoints/README.md: scores and cards.

Where it measured, it writes checkpoints/testset_means.json too: the same means as dots on a plane.
With ``SR_DEMO_CHECKPOINTS=DIR`` it reports on the checkpoints of that folder, in that folder.
Everything in it is read from the files or measured here. Running times are left out: the same
weights and pictures give the same text.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from tqdm import tqdm

from sr_demo import benchmark
from sr_demo.cards import LIMITS, facts, promise
from sr_demo.checkpoints import Card, checkpoint_path, checkpoints_folder, read_card
from sr_demo.comparison import upscale
from sr_demo.figures import curves
from sr_demo.figures import perception_distortion as plane
from sr_demo.images import ImageError
from sr_demo.inference.runnable import available, parameters
from sr_demo.methods import METHODS, SCALES, network_class
from sr_demo.metrics import niqe
from sr_demo.storage import CheckpointError, read_safetensors, write_atomically
from sr_demo.training import curve
from sr_demo.training.data import DataError
from sr_demo.training.validation import DISTANCE_LAYERS, vgg_distance
from sr_demo.training.vgg import VGG, VGGError, read_weights

TESTSETS = ("Set5", "Set14", "BSD100")
COLUMNS = {  # of benchmark.SCORES: heading, format
    "psnr": ("PSNR (dB) ↑", ".2f"),
    "ssim": ("SSIM ↑", ".4f"),
    "lr_psnr": ("LR-PSNR (dB) ↑", ".2f"),
    "niqe": ("NIQE ↓", ".2f"),
    "mesh": ("Mesh ↓", ".2f"),
    "spectrum_distance": ("Spectrum distance ↓", ".2f"),
    "colour_shift": ("Colour shift (grey levels) ↓", ".2f"),
}
RECORDED = {  # by sr_demo.training.validation, and which way is better
    "PSNR-Y (dB)": "↑", "LR-PSNR (dB)": "↑", "VGG distance": "↓", "NIQE": "↓",
    "spectrum distance": "↓", "mesh (mean)": "↓", "mesh (90 %)": "↓",
    "checkerboard": "↓",  # of cards written before there was a mesh score
}  # fmt: skip
CURVES = "curves.svg"

HEAD = """\
# Checkpoints

Written by `python -m train report` from the files themselves; changes by hand are lost. Each file
is safetensors and describes itself: its metadata holds all that stands in its card below.
"""
MEASURES = """\
Measured on the 8-bit result, mean over the pictures of a set. PSNR and SSIM: on luma (BT.601), as
many pixels off each side as the scale. LR-PSNR: PSNR of the result, reduced again, to the
small picture. NIQE: distance to the statistics of natural photos in `niqe.safetensors`; it ranks
like published NIQE but does not equal it. Mesh: in tiles of 32×32 pixels, power at the beat of the
upsampling over that beside it; the 90th percentile over tiles, 1.5 to 2 in photos. Spectrum
distance: |ln| of the ratio of the radial power spectra of result and original, a mean over 1/8 to
1/2 cycle per pixel. Colour shift: the largest difference of a mean R, G or B from the small
picture's, of 255. VGG distance, where it was measured: squared difference of the directions of
VGG-19's features after relu1_2, relu2_2 and relu3_1, averaged over pixels, summed over layers.
"""
UNMEASURED = """\
As recorded during training, when these weights were chosen. `--data TESTSETS` measures them on
Set5, Set14 and BSD100, with bicubic and the originals beside them.
"""
CURVES_SECTION = f"""\
## Training curves

The validations of the runs that these weights came from, up to the step that was chosen; a card
names the pictures. Runs of before curves were kept have none. The numbers: `curves/`.

![Scores over training steps]({CURVES})
"""
LICENCE = """\
## Licence

All files here: Apache-2.0, as the code. The photos they were trained on are not part of them.
"""


@dataclass(frozen=True)
class Measured:
    """The mean scores of every method, and of the originals, on one test set."""

    testset: str
    scale: int
    pictures: int
    rows: list[benchmark.Row]
    vgg_distances: dict[str, float]  # by method; empty without VGG


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 when the user has to change something."""
    cli = argparse.ArgumentParser(
        prog="python -m train report",
        description="Write checkpoints/README.md: a table for each scale, a card for each file.",
    )
    cli.add_argument(
        "--data", type=Path, metavar="TESTSETS",
        help=f"holds {', '.join(TESTSETS)}, to be measured (default: only what training recorded)",
    )  # fmt: skip
    cli.add_argument(
        "--vgg-weights", type=Path, metavar="FILE",
        help="VGG-19 as safetensors, to measure the VGG distance too (only with --data)",
    )  # fmt: skip
    arguments = cli.parse_args(argv)
    try:
        folder = checkpoints_folder()
        cards = cards_in(folder)
        vgg = load_distance_vgg(arguments.vgg_weights) if arguments.vgg_weights else None
        measured = measure(arguments.data, scales_of(cards), vgg) if arguments.data else []
        path = folder / "README.md"
        drawn = draw_curves(cards, folder)
        write_atomically(path, report(cards, folder, measured, drawn).encode())
        if measured:
            write_testset_means(measured, folder)
    except (DataError, ImageError, CheckpointError, VGGError, OSError) as error:
        print(f"python -m train report: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return 130
    print(f"written: {path}")
    return 0


def cards_in(folder: Path) -> list[Card]:
    """The cards of a folder's checkpoints, in the order of `METHODS`, small scales first.

    Raises:
        CheckpointError: if there is none, or one is damaged.
    """
    places = [checkpoint_path(name, scale, folder) for name in METHODS for scale in SCALES]
    cards = [read_card(path) for path in places if path.is_file()]
    if not cards:
        raise CheckpointError(f"{folder.name} holds no checkpoints to report on; train one first")
    return cards


def draw_curves(cards: Iterable[Card], folder: Path) -> bool:
    """Draw the curves of the runs that the checkpoints came from; False where there are none."""
    paths = {(card.method, card.scale): checkpoint_path(card.method, card.scale, folder)
             for card in cards}  # fmt: skip
    rows = {run: curve.read(curve.shipped_path(path)) for run, path in paths.items()}
    rows = {run: points for run, points in rows.items() if points}
    if rows:
        write_atomically(folder / CURVES, curves.svg(curves.curves_figure(rows)))
    return bool(rows)


def scales_of(cards: Iterable[Card]) -> list[int]:
    """The scales that there are cards of, smallest first."""
    return sorted({card.scale for card in cards})


def load_distance_vgg(file: Path) -> VGG:
    """The part of VGG-19 that the VGG distance is measured with; raises VGGError."""
    return VGG(DISTANCE_LAYERS, read_weights(file))


def measure(folder: Path, scales: Iterable[int], vgg: VGG | None = None) -> list[Measured]:
    """Benchmark every method on the test sets in a folder; sets that lack a scale are named.

    Raises:
        DataError: if no set is there at any scale.
        ImageError: if a picture cannot be used.
    """
    measured = []
    for scale in scales:
        for name in TESTSETS:
            try:
                pairs = benchmark.find_pairs(folder / name, scale)
            except ImageError as error:
                print(f"without {name} ×{scale}: {error}", file=sys.stderr)
                continue
            bar = tqdm(pairs, f"{name} ×{scale}", leave=False, disable=None)
            rows = benchmark.means(list(benchmark.run(bar, scale)))
            seen = {} if vgg is None else vgg_distances(pairs, scale, vgg)
            measured.append(Measured(name, scale, len(pairs), rows, seen))
    if not measured:
        raise DataError(f"{folder} holds none of {', '.join(TESTSETS)}, each with an HR folder")
    return measured


def vgg_distances(
    pairs: Sequence[tuple[Path, Path | None]], scale: int, vgg: VGG
) -> dict[str, float]:
    """The mean VGG distance of each method's pictures from the originals, by method."""
    seen: dict[str, list[float]] = {name: [] for name in available(scale)}
    for path, small in tqdm(pairs, f"VGG distance ×{scale}", leave=False, disable=None):
        original, lr = benchmark.load_pair(path, small, scale)
        for name, values in seen.items():
            values.append(vgg_distance(vgg, upscale(lr, name, scale), original))
    return {name: fmean(values) for name, values in seen.items()}


def write_testset_means(measured: Sequence[Measured], folder: Path) -> None:
    """The pale dots of the page's perception–distortion plane: means of the larger sets."""
    scales: dict[str, dict[str, Any]] = {}
    for m in measured:
        if m.testset != "Set5":  # five pictures are too few
            scores = {row.method: row.values() for row in m.rows if row.method in METHODS}
            scales.setdefault(str(m.scale), {})[m.testset] = plane.testset_means_entry(scores)
    text = json.dumps(scales, indent=2) + "\n"
    write_atomically(folder / plane.TESTSET_MEANS, text.encode())


# --- as Markdown ----------------------------------------------------------------------------------


def report(
    cards: Sequence[Card], folder: Path, measured: Sequence[Measured] = (), drawn: bool = False
) -> str:
    """The whole README of a folder; with the figure of the training curves where it is drawn."""
    parts = [HEAD, "## Scores\n", MEASURES if measured else UNMEASURED]
    for scale in scales_of(cards):
        table = _measured_table([m for m in measured if m.scale == scale])
        if not measured:
            table = _recorded_table([card for card in cards if card.scale == scale])
        parts.append(f"### ×{scale}\n\n{table}")
    if drawn:
        parts.append(CURVES_SECTION)
    parts += ["## Cards\n", *(_card(card, folder) for card in cards), *_niqe_card(folder)]
    parts += [LIMITS, LICENCE]
    return "\n".join(parts)


def _measured_table(measured: Sequence[Measured]) -> str:
    if not measured:
        return "No test set has this scale.\n"
    sets = ", ".join(f"{m.testset}: {m.pictures}" for m in measured)
    head = ["Test set", "Method", *(heading for heading, _ in COLUMNS.values())]
    lines = [
        [m.testset, _label(row.method), *_cells(row.values())] for m in measured for row in m.rows
    ]
    if any(m.vgg_distances for m in measured):
        head.append("VGG distance ↓")
        distances = [m.vgg_distances.get(row.method) for m in measured for row in m.rows]
        for line, distance in zip(lines, distances, strict=True):
            line.append("—" if distance is None else f"{distance:.3f}")
    return f"Pictures: {sets}.\n\n{_table(head, lines, words=2)}"


def _cells(values: dict[str, float | None]) -> list[str]:
    numbers = [(values[key], form) for key, (_, form) in COLUMNS.items()]
    return ["—" if number is None else format(number, form) for number, form in numbers]


def _recorded_table(cards: Sequence[Card]) -> str:
    keys = list(dict.fromkeys(key for card in cards for key in card.scores))
    head = ["Method", *map(_with_direction, keys)]
    lines = [
        [_label(card.method), *(str(card.scores.get(key, "—")) for key in keys)] for card in cards
    ]
    return _table(head, lines, words=1)


def _with_direction(score: str) -> str:
    arrows = [arrow for kind, arrow in RECORDED.items() if score.endswith(kind)]
    return " ".join([score, *arrows])


def _table(head: Sequence[str], lines: Iterable[Sequence[str]], words: int) -> str:
    """A Markdown table; the first columns are words, the others numbers."""
    rule = ["---" if place < words else "--:" for place in range(len(head))]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *lines))


def _label(method: str) -> str:
    return "Original" if method == benchmark.ORIGINAL else METHODS[method].label


def _card(card: Card, folder: Path) -> str:
    method, path = METHODS[card.method], checkpoint_path(card.method, card.scale, folder)
    arguments = {"scale": card.scale, **card.arguments}
    build = ", ".join(f"{name}={value}" for name, value in arguments.items())
    count = parameters(card.method, card.scale)
    scores = ", ".join(f"{_with_direction(key)} {value}" for key, value in card.scores.items())
    lines = [
        f"What: {method.idea} {method.paper}",
        f"Architecture: `{network_class(card.method).__name__}({build})`, {count:,} parameters",
        *facts(card),
        f"Recorded while training: {scores or 'nothing'}",
        f"Licence: Apache-2.0. {promise(card)}, see [limits of use](#limits-of-use)",
    ]
    return _section(f"`{path.name}`: {method.label} ×{card.scale}", lines)


def _niqe_card(folder: Path) -> list[str]:
    path = folder / niqe.PATH.name
    if not path.is_file():
        return []
    niqe.read_statistics(path)  # complains where it is not ours
    metadata, _ = read_safetensors(path, "np")
    card = {key: json.loads(value) for key, value in metadata.items()}
    lines = [
        f"What: {card['what']}. Mittal et al. 2013",
        f"Data: {card['data']}, {card['blocks']:,} blocks; {card['date']}",
        "Licence: Apache-2.0. A score for whole sets of pictures: no judge of a single one",
    ]
    return [_section(f"`{path.name}`: NIQE", lines)]


def _section(title: str, lines: Iterable[str]) -> str:
    return f"### {title}\n\n" + "".join(f"- {line}.\n" for line in lines)
