"""``python -m train record STATES`` keeps a run of SRGAN for the lesson on it, and for the README.

SR at each step, and D's answers to it, on photos that neither was trained on. STATES is the run's
folder, trained with --keep-states.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from sr_demo.checkpoints import load_network
from sr_demo.images import save_png
from sr_demo.networks import SRResNet, SuperResolver
from sr_demo.resize import imresize
from sr_demo.samples import SAMPLES, load_sample
from sr_demo.storage import CHECKPOINTS, CheckpointError, read_safetensors
from sr_demo.training.data import DataError
from sr_demo.training.discriminator import Discriminator
from sr_demo.training.logging import strip

SIDE, SCALE, FRAMES = 96, 4, 13
SCENES = {"chelsea": (128, 68), "motorcycle": (330, 270), "astronaut": (205, 20)}  # left, top
MORE = 24  # other patches, so that batch normalisation sees a batch like those of training
LESSON = CHECKPOINTS.parent / "sr_demo" / "lessons" / "recorded"
PICTURE = CHECKPOINTS.parent / "docs" / "training.png"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 when the user has to change something."""
    cli = argparse.ArgumentParser(
        prog="python -m train record",
        description="Write the recorded run of lesson 4 and the README's strip of it.",
    )
    cli.add_argument("states", type=Path, help="folder of a run of SRGAN ×4, with its states")
    arguments = cli.parse_args(argv)
    try:
        record(arguments.states, CHECKPOINTS, LESSON, PICTURE)
    except (DataError, CheckpointError, OSError) as error:
        print(f"python -m train record: {error}", file=sys.stderr)
        return 2
    print(f"written: {LESSON} and {PICTURE}")
    return 0


class Recording(NamedTuple):
    """What was made of all patches at some steps of a run."""

    steps: list[int]
    pictures: list[Tensor]  # what G makes of all patches at each step, (N, 3, 96, 96)
    # How sure D is, 0 … 1, that those are the photos, and that the photos are
    answers: list[tuple[np.ndarray, np.ndarray] | None]


def record(states: Path, start: Path, lesson: Path, picture: Path) -> None:
    """Write run.json and a strip of pictures for each scene, and the README's picture.

    Args:
        states: folder of states of the run, `state-STEP/model.safetensors` (G), `model_1` (D).
        start: folder with the SRResNet checkpoint that the run began with.

    Raises:
        DataError: if there are no such states.
        CheckpointError: if there is no such SRResNet.
    """
    hr = _patches()
    recording = _play(states, start, hr)
    lesson.mkdir(exist_ok=True, parents=True)
    for index, name in enumerate(SCENES):
        frames = [_bytes(batch[index]) for batch in recording.pictures]
        row = np.concatenate([hr[index], *frames], axis=1)
        Image.fromarray(row).save(lesson / f"{name}.png", optimize=True)
    text = json.dumps(_as_json(recording, len(hr)))
    (lesson / "run.json").write_text(text + "\n", encoding="utf-8")
    _strip(recording, hr[0]).save(picture, optimize=True)


def _play(states: Path, start: Path, hr: np.ndarray) -> Recording:
    found = sorted(path.parent for path in states.glob("state-*/model_1.safetensors"))
    if not found:
        raise DataError(f"{states} holds no states of SRGAN; train it with --keep-states")
    lr = np.stack([imresize(patch, 1 / SCALE) for patch in hr])
    first = load_network("srresnet", SCALE, start)
    recording = Recording([0], [_upscaled(first, lr)], [None])  # D begins with the run
    # Evenly: G's pictures change most at first, but what D says of them does so to the end.
    shown = np.linspace(0, len(found) - 1, min(FRAMES, len(found))).round().astype(int)
    for state in (found[i] for i in shown):
        generator = SRResNet(SCALE)
        generator.load_state_dict(_weights(state / "model.safetensors", "network."))
        weights = _weights(state / "model_1.safetensors", "discriminator.")
        discriminator = Discriminator.of_weights(SIDE, weights)
        sr = _upscaled(generator, lr)
        recording.steps.append(int(state.name.removeprefix("state-")))
        recording.pictures.append(sr)
        recording.answers.append(_answers(discriminator, sr, _floats(hr)))
    return recording


def _as_json(recording: Recording, patches: int) -> dict[str, Any]:
    scenes = []
    for index, (name, corner) in enumerate(SCENES.items()):
        places = [
            both and {"restored": _rounded(both[0][index]), "original": _rounded(both[1][index])}
            for both in recording.answers
        ]
        label = SAMPLES[name][0]
        scenes.append({"name": name, "label": label, "corner": list(corner), "places": places})
    means = [both and [round(float(b.mean()), 3) for b in both] for both in recording.answers]
    return {
        "steps": recording.steps, "side": SIDE, "patches": patches, "means": means,
        "scenes": scenes,
    }  # fmt: skip


def _strip(recording: Recording, original: np.ndarray) -> Image.Image:
    """The first scene at some steps, each pixel as four."""
    crops = {"bicubic": imresize(imresize(original, 1 / SCALE), SCALE), "original": original}
    for step, batch in zip(recording.steps, recording.pictures, strict=True):
        crops[f"{step:08d}"] = _bytes(batch[0])
    with tempfile.TemporaryDirectory() as history:
        for name, crop in crops.items():
            save_png(Path(history) / f"{name}.png", crop.repeat(2, axis=0).repeat(2, axis=1))
        return strip(Path(history))


def _patches() -> np.ndarray:
    rng = np.random.default_rng(0)
    photos = {name: load_sample(name).pixels for name in SAMPLES if name != "page"}
    places = [(name, *place) for name, place in SCENES.items()]
    for name in rng.choice(list(photos), MORE):
        height, width = photos[name].shape[:2]
        places.append((name, int(rng.integers(width - SIDE)), int(rng.integers(height - SIDE))))
    return np.stack([photos[name][y : y + SIDE, x : x + SIDE] for name, x, y in places])


def _weights(file: Path, prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in read_safetensors(file)[1].items()}


def _floats(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255


@torch.inference_mode()
def _upscaled(generator: SuperResolver, lr: np.ndarray) -> Tensor:
    return generator.restore(_floats(lr))


@torch.inference_mode()
def _answers(discriminator: nn.Module, sr: Tensor, hr: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """(N, 6, 6) each: D is shown both, and says at overlapping places which is the photo.

    As in training (`losses.adversarial`): D(a, b) = σ(logit(a) − logit(b)).
    """
    sure = (discriminator(hr) - discriminator(sr)).sigmoid()[:, 0].numpy()
    return 1 - sure, sure


def _bytes(sr: Tensor) -> np.ndarray:
    return (sr.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()


def _rounded(answers: np.ndarray) -> list[list[float]]:
    return [[round(float(value), 2) for value in row] for row in answers]
