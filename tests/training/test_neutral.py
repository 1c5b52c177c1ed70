"""What has no colour keeps its greys: small drawings, what is asked of them, and a run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from sr_demo import checkpoints
from sr_demo.inference import engine
from sr_demo.networks import ESPCN, SRCNN, SRResNet, SubPixelUpsample, SuperResolver
from sr_demo.resize import imresize, upsample
from sr_demo.training import cli, neutral
from sr_demo.training.data import Batches, load_photos
from sr_demo.training.drawings import draw_small
from sr_demo.training.recipe_file import RecipeError
from tests.training.small_runs import recipe_of, write_photos

SIDE = 40


def batch(pictures: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)


def checks(low: int = 0, high: int = 255) -> np.ndarray:
    plane = np.where(np.indices((SIDE, SIDE)).sum(axis=0) % 2, high, low)
    return plane.astype(np.uint8)[..., None].repeat(3, axis=2)


def small(network: type[SuperResolver] = SRResNet) -> SuperResolver:
    torch.manual_seed(0)
    size = {"features": 8, "blocks": 1} if network is SRResNet else {}
    return network(2, **size).eval()


class Brighter(SuperResolver):
    """Bicubic ×2, and so much added to each channel."""

    channels, radius, body = 3, 2, ()

    def __init__(self, added: list[float]) -> None:
        super().__init__(2)
        self.added = torch.nn.Parameter(torch.tensor(added).view(1, 3, 1, 1))

    def restore(self, lr: torch.Tensor) -> torch.Tensor:
        return upsample(lr, 2) + self.added


def test_small_drawings_are_checks_of_single_pixels_or_noise() -> None:
    rng = np.random.default_rng(0)
    drawings = [draw_small(rng, SIDE) for _ in range(120)]
    assert all((drawing == drawing[..., :1]).all() for drawing in drawings)
    two = [drawing for drawing in drawings if len(np.unique(drawing)) <= 2]
    assert 60 < len(two) < 100  # 80 expected
    for drawing in two:
        assert np.array_equal(drawing[1:, 1:], drawing[:-1, :-1])
        assert np.array_equal(drawing[2:], drawing[:-2])
    assert {0, 255} in [set(np.unique(drawing)) for drawing in two]


def test_no_reduction_leaves_checks_half_of_their_contrast() -> None:
    """So none of the reduced drawings is what a small drawing is."""
    for scale in (2, 3, 4):
        large = checks().repeat(scale, axis=0).repeat(scale, axis=1)
        assert np.ptp(imresize(large, 1 / scale)[8:-8, 8:-8]) < 127


def test_a_share_of_drawings_is_small(folder: Path) -> None:
    recipe = replace(recipe_of("espcn", batch=8), patch=16, neutral=1.0, drawn=1.0, drawn_small=0.5)
    photos, count = load_photos(folder, 2, 16), 0
    for step in range(20):
        lr, hr = Batches(photos, recipe)[step]
        nearest = lr.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        count += int((hr == nearest).flatten(1).all(dim=1).sum())
    assert 55 < count < 105  # of 160 patches, 80 expected


@pytest.mark.parametrize("network", [SRResNet, ESPCN, SRCNN])
def test_black_and_white_are_the_ends_of_a_networks_range(network: type[SuperResolver]) -> None:
    ends = np.zeros((SIDE, SIDE, 3), np.uint8), np.full((SIDE, SIDE, 3), 255, np.uint8)
    of = small(network)
    for level, end in zip(neutral.greys(of), of.prepare(batch(list(ends))), strict=True):
        assert end.mean().item() == pytest.approx(level, abs=1e-6)


def test_what_is_out_of_all_bounds_becomes_bicubic() -> None:
    network, lr = small(), torch.rand(3, 3, SIDE, SIDE)
    sr = torch.rand(3, 3, 2 * SIDE, 2 * SIDE)
    sr[1, 2, 5, 5], sr[2, 0, 7, 7] = 300.0, 1.9  # an overshoot may be large
    tamed = neutral.in_bounds(network, sr, lr)
    assert torch.equal(tamed[[0, 2]], sr[[0, 2]])
    assert torch.equal(tamed[1], upsample(lr, 2)[1])


def test_of_a_photo_all_counts_and_of_a_small_drawing_the_mean_that_is_seen() -> None:
    network = Brighter([0.02, -0.01, 0.0])
    lr = batch([checks(64, 192)] * 2)
    target = upsample(lr.float() / 255, 2)  # what it makes, but for what it adds
    loss = neutral.NeutralObjective(network)
    expected = (0.02**2 + 0.01**2) / 3
    for drawn, weight in ((False, neutral.PHOTOS), (True, neutral.MEANS)):
        found = loss(lr, target, torch.tensor([drawn] * 2)).item()
        assert found == pytest.approx(weight * expected, rel=1e-3)
    # A mean that the teacher has wrong is not learnt.
    wrong = target + torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1)
    found = loss(lr, wrong, torch.tensor([True] * 2)).item()
    assert found == pytest.approx(neutral.MEANS * expected, rel=1e-3)


def test_small_drawings_are_told_from_photos_and_from_reduced_ones(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[torch.Tensor] = []
    monkeypatch.setattr(neutral.NeutralStep, "learn", lambda _, *batch: learnt.extend(batch))
    photo = rng.integers(0, 256, (2 * SIDE, 2 * SIDE, 3), dtype=np.uint8)
    grey, drawing = photo[..., :1].repeat(3, axis=2), checks()
    lr = [imresize(photo, 1 / 2), imresize(grey, 1 / 2), drawing]
    hr = [photo, grey, drawing.repeat(2, axis=0).repeat(2, axis=1)]
    recipe = recipe_of("espcn", optimizer="adam", patch=SIDE)
    step = neutral.NeutralStep(Accelerator(cpu=True), small(), recipe, Brighter([9.0] * 3))
    step(batch(lr), batch(hr))
    _, target, drawn = learnt
    assert drawn.tolist() == [False, False, True]
    of_bicubic = upsample(batch(lr).float() / 255, 2)
    off = (target - of_bicubic).abs().amax(dim=(1, 2, 3))
    assert torch.allclose(off, torch.tensor([9.0, 9.0, 0.0]), atol=1e-5)


def test_a_patch_that_is_all_rim_is_refused_with_a_size_that_is_not() -> None:
    recipe = recipe_of("espcn", optimizer="adam", patch=24)
    with pytest.raises(RecipeError, match="patch = 24 is too small: take more than 24"):
        neutral.NeutralStep(Accelerator(cpu=True), small(), recipe, small())


def test_off_grey_is_1_at_two_levels_or_where_channels_differ_by_one() -> None:
    drawing = checks(100, 110)
    large = drawing.repeat(3, axis=0).repeat(3, axis=1)
    for shift, off in (([2, 2, 2], 1), ([-3, -3, -3], 1.5), ([1, 0, 0], 1), ([1, 0, -2], 3)):
        shifted = (large + np.array(shift)).astype(np.uint8)
        assert neutral.off_grey(drawing, shifted) == pytest.approx(off)
    large[:36] = 0  # the rim does not count
    assert neutral.off_grey(drawing, large) == 0


def test_no_likeness_makes_up_for_a_tint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "restore", lambda network, lr: network(lr))
    lr = np.full((SIDE, SIDE, 3), 90, np.uint8)

    def quality(tint: int, error: int) -> tuple[bool, float]:
        def network(lr: np.ndarray) -> np.ndarray:
            large = lr.repeat(2, axis=0).repeat(2, axis=1).astype(int)
            large[..., 0] += tint
            return (large + error * (len(np.unique(lr)) == 1)).clip(0, 255).astype(np.uint8)

        monkeypatch.setattr("sr_demo.training.validation._upscaled",
                            lambda _, pairs: [network(lr) for lr, _ in pairs])  # fmt: skip
        pairs = [(lr, lr.repeat(2, axis=0).repeat(2, axis=1))]
        return neutral.validate_neutral(network, pairs).quality  # type: ignore[arg-type]

    assert quality(0, 1) > quality(0, 5) > quality(4, 0) > quality(9, 0)


@torch.no_grad()
def reddens_checks(**size: int) -> SRResNet:
    """Bicubic, but for one feature: how much a place is like a checker of single pixels."""
    network = SRResNet(2, **size).eval()
    for name, parameter in network.named_parameters():
        if not name.endswith("act.weight"):
            parameter.zero_()
    network.head.weight[0] = torch.from_numpy((-1) ** np.indices((9, 9)).sum(axis=0)) / (3 * 81)
    first = network.upsample[0]
    assert isinstance(first, SubPixelUpsample)
    first.conv.weight[:4, 0, 1, 1] = 1
    network.tail.weight[0, 0, 4, 4] = 0.3
    return network


def test_a_run_takes_a_tint_from_checks_and_leaves_photos(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "half_precision", lambda *_: None)
    monkeypatch.setattr(neutral, "small_drawings", lambda: [checks(64, 192)])
    photos = write_photos(tmp_path / "photos", rng)
    size = {"features": 4, "blocks": 1}
    card = checkpoints.Card("srresnet", 2, size, {"loss": "l1"}, "generated", 7)
    checkpoints.save_network(reddens_checks(**size), card, tmp_path / "old")
    recipe = recipe_of("srresnet", steps=200, patch=32, validate_every=50, learning_rate=3e-4,
                       optimizer="adam", neutral=0.5, drawn=1.0, drawn_small=1.0)  # fmt: skip
    line = ["srresnet", "--scale=2", "--workers=0", f"--data={photos}"]
    line += [f"--{name}={tmp_path / place}" for name, place in
             (("start", "old"), ("out", "new"), ("runs", "runs"))]  # fmt: skip
    assert cli.run_imitation("neutral", {"srresnet": recipe}, line) == 0

    after = checkpoints.load_network("srresnet", 2, tmp_path / "new")
    before = checkpoints.load_network("srresnet", 2, tmp_path / "old")
    off = [neutral.off_grey(checks(64, 192), engine.restore(n, checks(64, 192)))
           for n in (before, after)]  # fmt: skip
    assert off[0] > 5
    assert off[1] <= 1
    photo = rng.integers(64, 192, (10, 12, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    changed = engine.restore(before, photo).astype(int) - engine.restore(after, photo)
    assert np.abs(changed).mean() < 1
    fact = checkpoints.read_card(tmp_path / "new" / "srresnet_x2.safetensors").recipe
    assert fact["neutral drawings"].endswith("of patches) with the mean that went in")
