"""The lab without a browser: what it answers, what it keeps, and LPIPS behind its click."""

import re
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image
from skimage.data import astronaut

from sr_demo import interpolation, upscale
from sr_demo.degradation import SETTINGS, degrade
from sr_demo.formatting import format_psnr, format_ssim
from sr_demo.images import Loaded
from sr_demo.inference.engine import Engine
from sr_demo.metrics import lpips as perceptual
from sr_demo.metrics import protocol
from sr_demo.metrics.psnr import psnr
from sr_demo.networks import SRResNet
from sr_demo.ui.lab import sweeps
from sr_demo.ui.lab.bench import seen, view
from sr_demo.ui.lab.sweeps import Sweeps, walk
from sr_demo.ui.lab.tab import LabTab
from sr_demo.ui.session import Picture, Session, SessionStore, Shown
from tests.helpers import present
from tests.ui.jobs import event, job, request, work


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def ends(monkeypatch: pytest.MonkeyPatch) -> dict[str, SRResNet]:
    """Small networks of random weights for both ends, at ×4 alone."""
    torch.manual_seed(0)
    ends = {name: SRResNet(4, features=8, blocks=1).eval() for name in interpolation.ENDS}
    monkeypatch.setattr(interpolation, "network", lambda name, scale: ends[name])
    monkeypatch.setattr(interpolation, "scales", lambda: [4])
    monkeypatch.setattr(sweeps, "upscale", lambda lr, name, scale, progress: Engine(
        ends[name]).restore(lr, progress))  # fmt: skip
    return ends


@pytest.fixture
def tab() -> LabTab:
    with gr.Blocks() as app, gr.Tab("Lab") as tab:
        return LabTab(app, tab, SessionStore())


@pytest.fixture(scope="module")
def picture() -> Picture:
    """As small as the plane allows: two blocks of NIQE."""
    return Picture("cat", Loaded(np.ascontiguousarray(astronaut()[60:156, 100:292]), None, ()))


REQUEST = request()


def compared(tab: LabTab, picture: Picture, **changes: Any) -> Session:
    session = tab.sessions["me"]
    work(session, job(picture, **changes))
    return session


def shown_of(picture: Picture) -> Shown:
    """What a page of its own shows of the picture."""
    session = Session()
    work(session, job(picture))
    return present(session.shown)


def upside_down(picture: Picture, name: str = "cat") -> Picture:
    return Picture(name, Loaded(picture.loaded.pixels[::-1].copy(), None, ()))


def swept(tab: LabTab) -> dict[str, Any]:
    *_, last = tab.sweep(REQUEST)
    return last


# --- what there is to see -------------------------------------------------------------------------


def test_what_the_lab_cannot_show_it_says_and_what_to_do(tab: LabTab, picture: Picture) -> None:
    assert "choose a photo under Compare" in tab.look(REQUEST)["say"]
    session = tab.sessions["me"]
    session.ask(job(picture))
    assert tab.look(REQUEST)["state"] == "waiting"
    compared(tab, picture, has_original=False)
    assert "I have the sharp original" in tab.look(REQUEST)["say"]
    compared(tab, picture, scale=2)
    assert re.search("no SRGAN for ×2.* at hand for ×4", tab.look(REQUEST)["say"])
    compared(tab, picture, methods=())
    assert "No method" in tab.look(REQUEST)["say"]
    compared(tab, picture)
    assert seen(session) is session.shown


def test_another_picture_closes_the_cards(tab: LabTab, picture: Picture) -> None:
    compared(tab, picture)
    of, *updates = tab.turn("", REQUEST)
    parts = [part for card in tab.closer for part in card.parts]
    shut = [
        update.open for part, update in zip(parts, updates, strict=True)
        if isinstance(part, gr.Accordion)
    ]  # fmt: skip
    assert shut == [False] * len(tab.closer)
    assert tab.turn(of, REQUEST) == gr.skip()
    compared(tab, picture)
    assert tab.turn(of, REQUEST) != gr.skip()


def test_a_comparison_that_failed_is_not_waited_for(tab: LabTab, picture: Picture) -> None:
    session = compared(tab, picture)
    session.ask(job(picture, scale=2))
    session.begin()  # and ends with an error before it shows anything
    assert tab.look(REQUEST)["state"] == "ready"


def test_a_sweep_leaves_every_step_as_a_file_and_a_point(
    tab: LabTab, picture: Picture, ends: dict[str, SRResNet]
) -> None:
    session = compared(tab, picture)
    assert tab.look(REQUEST)["state"] == "ready"
    value = swept(tab)
    assert value["state"] == "done"
    keys = [f"{alpha:g}" for alpha in interpolation.ALPHAS]
    comparison = present(session.shown).comparison
    start, end = (Engine(ends[name]).restore(comparison.lr) for name in interpolation.ENDS)
    for kind in ("networks", "pictures"):
        assert sorted(value["interpolated"][kind]) == keys
        for alpha, key in zip(interpolation.ALPHAS, keys, strict=True):
            shown = np.asarray(Image.open(value["interpolated"][kind][key]["path"]))
            expected = interpolation.images_between(start, end, alpha)
            if kind == "networks" and 0 < alpha < 1:
                network = interpolation.network_between(alpha, 4)
                expected = Engine(network).restore(comparison.lr)
            np.testing.assert_array_equal(shown, expected)
            expected_psnr = psnr(comparison.sharp, shown, border=4)
            assert format_psnr(expected_psnr) in value["facts"][kind][key]
            assert f'data-alpha="{key}"' in value["svg"]["wide"]


def test_what_is_there_already_is_not_computed_again(
    tab: LabTab, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(tab, picture)
    first = swept(tab)
    asked = []
    monkeypatch.setattr(interpolation, "network_between", lambda *a: asked.append(a))
    compared(tab, picture, methods=("bicubic", "espcn"), color_space="rgb")
    second = swept(tab)
    assert second["interpolated"] == first["interpolated"]
    assert second["state"] == "done"
    assert 'data-name="espcn"' in second["svg"]["wide"]
    assert 'data-name="espcn"' not in first["svg"]["wide"]
    assert asked == []


def test_two_pages_share_the_sweep_of_one_picture(picture: Picture) -> None:
    kept = Sweeps()
    one, two, other = (shown_of(p) for p in (picture, picture, upside_down(picture)))
    assert kept.of(one) is kept.of(two)
    assert kept.of(other) is not kept.of(one)


def test_only_the_latest_sweeps_are_kept_and_none_whose_files_are_gone(picture: Picture) -> None:
    kept = Sweeps(limit=1)
    one, other = shown_of(picture), shown_of(upside_down(picture))
    sweep = kept.of(one)
    next(iter(walk(one, sweep, lambda _: None)))
    assert kept.of(one) is sweep
    Path(sweep.files["networks"][0]).unlink()
    renewed = kept.of(one)
    assert renewed is not sweep
    assert len(renewed.missing) == len(interpolation.ALPHAS)
    kept.of(other)
    assert kept.of(one) is not renewed


def test_new_weights_outdate_a_sweep(picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, one = Sweeps(), shown_of(picture)
    before = kept.of(one)
    monkeypatch.setattr(sweeps, "modified", lambda path: 12345)
    assert kept.of(one) is not before


def test_cancel_stops_between_tiles_and_what_is_there_stays(tab: LabTab, picture: Picture) -> None:
    compared(tab, picture)
    steps = tab.sweep(REQUEST)
    for step in steps:
        if "0.2" in step.get("interpolated", {}).get("networks", {}):
            assert tab.look(REQUEST)["state"] == "busy"
            tab.cancel(REQUEST)
            break
    *_, last = steps
    assert last["state"] == "stopped"
    assert "0.2" in last["interpolated"]["networks"]
    assert "0.9" not in last["interpolated"]["networks"]
    assert 0 < last["progress"] < 1
    assert "steps to make" in last["say"]
    assert tab.look(REQUEST)["state"] == "stopped"
    assert swept(tab)["state"] == "done"


def test_another_picture_ends_the_sweep_of_the_last(tab: LabTab, picture: Picture) -> None:
    compared(tab, picture)
    steps = tab.sweep(REQUEST)
    for step in steps:
        if step.get("progress", 0) > 0.2:
            break
    compared(tab, upside_down(picture, "dog"))
    *_, last = steps
    assert last["name"] == "dog"
    assert last["state"] == "ready"


def test_a_failure_is_told_in_plain_words(
    tab: LabTab, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(tab, picture)

    def fail(*_: object) -> None:
        raise RuntimeError("0x7f")

    monkeypatch.setattr(interpolation, "network_between", fail)
    assert "failed (RuntimeError)" in swept(tab)["say"]


def test_a_picture_too_small_for_the_plane_is_blended_all_the_same(
    tab: LabTab, photo: np.ndarray
) -> None:
    compared(tab, Picture("dot", Loaded(photo[:40, :40], None, ())))
    value = swept(tab)
    assert value["state"] == "done"
    assert value["svg"] is None
    assert len(value["interpolated"]["networks"]) == len(interpolation.ALPHAS)
    assert tab.draw(event(suffix="png"), REQUEST) == gr.skip()


def test_blends_keep_the_alpha(tab: LabTab, picture: Picture) -> None:
    pixels = picture.loaded.pixels
    opacity = np.tile(np.linspace(0, 255, pixels.shape[1]).astype(np.uint8), (pixels.shape[0], 1))
    compared(tab, Picture("leaf", Loaded(pixels, opacity, ())))
    path = swept(tab)["interpolated"]["networks"]["0.4"]["path"]
    np.testing.assert_array_equal(np.asarray(Image.open(path))[..., 3], opacity)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_plane_can_be_taken_home(tab: LabTab, picture: Picture, suffix: str) -> None:
    compared(tab, picture)
    path = Path(tab.draw(event(suffix=suffix), REQUEST)["file"]["path"])
    assert path.name == f"cat_x4_plane.{suffix}"
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG") if suffix == "png" else b"<svg" in content
    assert tab.draw(event(suffix="../x"), REQUEST) == gr.skip()


# --- the cards beneath ----------------------------------------------------------------------------


def test_cards_of_nothing_say_what_to_do(tab: LabTab) -> None:
    maps, rules, distance = tab.closer
    with pytest.raises(gr.Error, match="choose a photo under Compare"):
        maps.draw("error", REQUEST)
    with pytest.raises(gr.Error, match="choose a photo under Compare"):
        rules.measure("y", "scale", "gaussian", "antialiased", REQUEST)
    with pytest.raises(gr.Error, match="choose a photo under Compare"):
        next(distance.measure("Measure", REQUEST))


@pytest.mark.parametrize("kind", ["error", "ssim", "spectrum"])
def test_every_map_is_a_png_with_a_word_about_it(tab: LabTab, picture: Picture, kind: str) -> None:
    compared(tab, picture)
    path, note = tab.closer[0].draw(kind, REQUEST)
    with Image.open(present(path)) as drawn:
        assert drawn.format == "PNG"
    assert len(note) > 20


def test_a_map_of_a_dot_is_declined(tab: LabTab, photo: np.ndarray) -> None:
    compared(tab, Picture("dot", Loaded(photo[:8, :8], None, ())))
    path, note = tab.closer[0].draw("ssim", REQUEST)
    assert path is None
    assert "does not fit into 8 × 8" in note


def test_the_protocol_card_measures_by_the_rules_and_restores_the_other_small_picture(
    tab: LabTab, picture: Picture
) -> None:
    session = compared(tab, picture)
    comparison = present(session.shown).comparison
    original, result = comparison.sharp, comparison.results[0]
    card = tab.closer[1]
    default = ("y", "scale", "gaussian", "antialiased")
    assert "change" not in card.measure(*default, REQUEST)
    assert format_psnr(result.scores.psnr) in card.measure(*default, REQUEST)

    chosen = ("rgb", "none", "uniform", "antialiased")
    decibels, similarity = protocol.measure(original, result.image, 4, protocol.Protocol(*chosen))
    html = card.measure(*chosen, REQUEST)
    assert format_psnr(decibels) in html
    assert format_ssim(similarity) in html

    plain = ("y", "scale", "gaussian", "plain")
    assert "…" in card.measure(*plain, REQUEST)
    *_, html = card.restore(*plain, REQUEST)
    other = upscale(protocol.degrade(original, 4, "plain"), "bicubic", 4)
    expected = format_psnr(protocol.measure(original, other, 4)[0])
    assert expected in html
    assert card.measure(*plain, REQUEST) == html


def test_the_rules_of_a_degraded_comparison_keep_its_degradation(
    tab: LabTab, picture: Picture
) -> None:
    clean = present(compared(tab, picture).shown)
    session = compared(tab, picture, degradation=SETTINGS["medium"])
    shown = present(session.shown)
    card, sweeps = tab.closer[1], tab.sweeps
    assert sweeps.of(shown) is not sweeps.of(clean)
    *_, html = card.restore("y", "scale", "gaussian", "plain", REQUEST)
    assert "small picture with blur σ 1.2, noise σ 5, JPEG 50" in html
    plain = partial(protocol.degrade, reduction="plain")
    small = degrade(shown.comparison.sharp, 4, SETTINGS["medium"], plain)
    other = upscale(small, "bicubic", 4)
    assert format_psnr(protocol.measure(shown.comparison.sharp, other, 4)[0]) in html


# --- LPIPS ----------------------------------------------------------------------------------------


@pytest.fixture
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no way out of this machine."""
    pytest.importorskip("torchmetrics")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror("no route to anywhere")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    perceptual.metric.cache_clear()
    return tmp_path


def test_nothing_is_downloaded_before_the_click(
    tab: LabTab, picture: Picture, no_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perceptual, "download", lambda: pytest.fail("downloaded without consent"))
    compared(tab, picture)
    ((button, html),) = tab.closer[2].measure("Measure", REQUEST)  # before it says what it needs
    assert "Nothing is downloaded yet" in html
    offer = "Download AlexNet (233 MB) and measure"
    assert button.value == tab.closer[2].offer().value == offer
    with pytest.raises(perceptual.PerceptualError, match="download them first"):
        perceptual.lpips(picture.loaded.pixels, picture.loaded.pixels)


def test_without_a_connection_the_click_says_what_to_do(
    tab: LabTab, picture: Picture, no_weights: Path
) -> None:
    compared(tab, picture)
    label = tab.closer[2].offer().value
    *_, (button, html) = tab.closer[2].measure(label, REQUEST)
    assert "no route to anywhere" in html
    assert "alexnet-owt-7be5be79.pth on another machine" in html
    assert str(no_weights) in html
    assert button.interactive
    assert not list(no_weights.rglob("*.pth"))


def test_without_the_packages_the_message_says_what_to_install(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    with pytest.raises(perceptual.PerceptualError, match="pip install torchmetrics torchvision"):
        perceptual.download()


def test_lpips_is_what_the_network_says_of_pictures_between_0_and_1(
    tab: LabTab, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Network:
        def __call__(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            seen.append((a, b))
            return (a - b).abs().mean()

        def reset(self) -> None:
            pass

    monkeypatch.setattr(perceptual, "metric", Network)
    monkeypatch.setattr(perceptual, "download", lambda: None)
    session = compared(tab, picture)
    comparison = present(session.shown).comparison
    original, result = comparison.sharp, comparison.results[0]
    *_, (_, html) = tab.closer[2].measure(tab.closer[2].offer().value, REQUEST)
    expected = np.abs(original.astype(float) - result.image).mean() / 255
    assert format_ssim(expected) in html
    assert "LPIPS (AlexNet) ↓" in html
    assert all(x.shape == (1, 3, *original.shape[:2]) for x in seen[0])
    assert 0 <= seen[0][0].min() < seen[0][0].max() <= 1
    assert perceptual.lpips(original[:40], original[:40]) is None
    with pytest.raises(ValueError, match="one shape"):
        perceptual.lpips(original, original[:40])


def test_the_value_names_files_that_exist(tab: LabTab, picture: Picture) -> None:
    session = compared(tab, picture)
    shown = present(session.shown)
    value = view(shown, session.box, tab.sweeps.of(shown), "stopped")
    assert set(value["files"]) == {"original", "bicubic"}
    assert all(Path(file["path"]).is_file() for file in value["files"].values())
    assert value["name"] == "cat"
