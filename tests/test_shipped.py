"""The weights in checkpoints/: they score what they say, and they are worth their megabytes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from sr_demo.checkpoints import read_card
from sr_demo.comparison import Comparison, compare, upscale
from sr_demo.degradation import SETTINGS
from sr_demo.metrics.artifacts import colour_shift, mesh, spectrum_distance
from sr_demo.metrics.psnr import psnr
from sr_demo.resize import imresize
from sr_demo.storage import CHECKPOINTS
from sr_demo.training.data import degraded, validation_pairs
from sr_demo.training.drawings import greyed
from sr_demo.training.neutral import off_grey, small_drawings
from tests.helpers import present

CARDS = {path.stem: read_card(path) for path in sorted(CHECKPOINTS.glob("*_x*.safetensors"))}
PICTURES = {"astronaut": (20, 140), "chelsea": (30, 80), "coffee": (90, 180), "rocket": (120, 250)}


def sharp(name: str) -> np.ndarray:
    """The middle of a sample, 240×240."""
    top, left = PICTURES[name]
    return np.ascontiguousarray(getattr(data, name)()[top : top + 240, left : left + 240])


@pytest.fixture(scope="module")
def comparisons() -> Callable[[int], list[Comparison]]:
    """Every method on every picture, once."""
    kept = {}

    def made(scale: int) -> list[Comparison]:
        if scale not in kept:
            kept[scale] = [compare(sharp(name), scale) for name in PICTURES]
        return kept[scale]

    return made


@pytest.mark.parametrize("stem", CARDS)
def test_it_scores_what_its_card_says(stem: str, data_dir: Path) -> None:
    card = CARDS[stem]
    ((key, recorded),) = [(k, v) for k, v in card.scores.items() if k.endswith("PSNR-Y (dB)")]
    pairs, name = validation_pairs(data_dir / "test" / key.split()[0], card.scale)
    if card.method == "real_srgan":
        pairs, name = degraded(pairs, name)
    assert key.startswith(f"{name} ")
    scores = [psnr(hr, upscale(lr, card.method, card.scale), border=card.scale) for lr, hr in pairs]
    # Processors round 16-bit products differently, by hundredths of a decibel.
    assert np.mean(scores) == pytest.approx(recorded, abs=0.05)


@pytest.mark.parametrize("stem", [s for s, card in CARDS.items() if card.method != "srcnn"])
def test_what_has_no_colour_keeps_its_greys(stem: str) -> None:
    """A checker of single pixels means 127.5 in all channels; networks have made 0 or 250 of it.

    SRCNN, at most 8 levels off and never tinted, lost too much of its photos by it.
    """
    card = CARDS[stem]
    photos = [imresize(greyed(sharp(name)), 1 / card.scale) for name in PICTURES]
    for lr in (*small_drawings(), *photos):
        # Processors round 16-bit products differently, by tenths of a level.
        assert off_grey(lr, upscale(lr, card.method, card.scale)) <= 1.25


@pytest.mark.parametrize("stem", [s for s, card in CARDS.items() if "srgan" not in card.method])
def test_networks_trained_on_pixels_come_closer_than_bicubic(
    stem: str, comparisons: Callable[[int], list[Comparison]]
) -> None:
    card = CARDS[stem]
    for comparison in comparisons(card.scale):
        ours, bicubic = (comparison.result(name).scores for name in (card.method, "bicubic"))
        assert present(ours.psnr) > present(bicubic.psnr) + 0.3
        assert present(ours.ssim) > present(bicubic.ssim)
        assert present(ours.lr_psnr) > present(bicubic.lr_psnr)


@pytest.mark.parametrize("stem", [stem for stem, card in CARDS.items() if card.method == "srgan"])
def test_srgan_looks_more_natural_and_tells_the_same_story(
    stem: str, comparisons: Callable[[int], list[Comparison]]
) -> None:
    shown = comparisons(CARDS[stem].scale)
    niqe = {
        name: np.mean([comparison.result(name).scores.niqe for comparison in shown])
        for name in ("bicubic", "srresnet", "srgan")
    }
    assert niqe["srgan"] < niqe["srresnet"] < niqe["bicubic"]
    for comparison in shown:
        ours = comparison.result("srgan")
        assert present(ours.scores.lr_psnr) > 40
        assert colour_shift(ours.image, comparison.lr) < 1
    # Medians: against a clear sky, the least pattern stands out of next to nothing.
    medians = {
        method: np.median(
            [present(spectrum_distance(c.result(method).image, c.sharp)) for c in shown]
        )
        for method in ("srresnet", "srgan")
    }
    assert medians["srgan"] < 0.65 * medians["srresnet"]  # at ×2 there is least to paint
    # Photographs have less than 2.
    assert np.median([present(mesh(c.result("srgan").image)).percentile for c in shown]) < 2.2


REAL = [card.scale for card in CARDS.values() if card.method == "real_srgan"]


@pytest.mark.parametrize("scale", REAL)
def test_real_srgan_takes_noise_and_blocks_from_a_plain_surface(scale: int) -> None:
    ramp = np.linspace(60, 200, 192)[None, :, None] + np.array([20, 0, -20])
    plain = np.broadcast_to(ramp, (192, 192, 3)).round().astype(np.uint8)
    names = ["bicubic", "srgan", "real_srgan"]
    made = compare(plain, scale, names, degradation=SETTINGS["heavy"])
    bicubic, lab, real = (present(made.result(name).scores.psnr) for name in names)
    assert lab < bicubic  # it sharpens them
    assert real > bicubic + 2


@pytest.mark.parametrize("scale", REAL)
def test_real_srgan_keeps_the_picture_where_srgan_breaks(scale: int) -> None:
    names = ["bicubic", "srgan", "real_srgan"]
    shown = [compare(sharp(n), scale, names, degradation=SETTINGS["heavy"]) for n in PICTURES]
    ssim = {name: np.mean([present(c.result(name).scores.ssim) for c in shown]) for name in names}
    assert ssim["real_srgan"] > ssim["bicubic"] > ssim["srgan"]
    for made in shown:
        assert colour_shift(made.result("real_srgan").image, made.lr) < 3
