"""Networks go to the Hugging Face Hub and come back; a setting points everything at others."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard

import sr_demo
from sr_demo.checkpoints import (
    SETTING,
    Card,
    checkpoints_folder,
    load_network,
    save_network,
)  # fmt: skip
from sr_demo.cli.main import main
from sr_demo.figures.perception_distortion import read_testset_means
from sr_demo.images import save_png
from sr_demo.inference.runnable import available
from sr_demo.interpolation import between_networks
from sr_demo.networks import ESPCN, SRCNN, SRResNet
from sr_demo.storage import CheckpointError
from tests.local_hub import LocalHub, local_hub

LR = torch.rand(1, 3, 6, 7, generator=torch.Generator().manual_seed(2))
CARD = Card(
    "espcn", 2, {"features": [5, 3]}, {"loss": "mse", "steps": 9}, "800 photos of DIV2K", 7,
    {"Set5 PSNR-Y (dB)": 30.1}, "2026-01-02",
)  # fmt: skip


@pytest.fixture
def espcn() -> ESPCN:
    torch.manual_seed(1)
    return ESPCN(2, features=(5, 3))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalHub]:
    """A hub of our own in the place of the real one, and a cache of our own."""
    from huggingface_hub import constants

    with local_hub() as hub:
        template = "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.address + template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield hub


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    return torch.equal(one(LR), other(LR))


def test_a_folder_gives_the_network_back(espcn: ESPCN, tmp_path: Path) -> None:
    folder = espcn.save_pretrained(tmp_path / "mine", card=CARD)
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "config.json", "model.safetensors",
    ]  # fmt: skip
    loaded = ESPCN.from_pretrained(folder)
    assert same(loaded, espcn)
    assert loaded.card == CARD
    assert not loaded.training
    assert json.loads((folder / "config.json").read_text(encoding="utf-8")) == {
        "architecture": "ESPCN", "method": "espcn", "scale": 2, "features": [5, 3],
    }  # fmt: skip


def test_a_network_without_a_card_tells_what_it_was_built_with(tmp_path: Path) -> None:
    network = SRResNet(3, 8, blocks=1)
    loaded = SRResNet.from_pretrained(network.save_pretrained(tmp_path))
    assert same(loaded, network)
    assert loaded.card == Card("srresnet", 3, {"features": 8, "blocks": 1}, {}, "not recorded", 0)


def test_a_network_between_two_has_no_card_of_either(tmp_path: Path) -> None:
    ends = [SRResNet(2, 8, 1).save_pretrained(tmp_path / name) for name in "ab"]
    start, end = map(SRResNet.from_pretrained, ends)
    assert start.card
    assert between_networks(start, end, 0.5).card is None


def test_the_model_card_is_what_the_hub_asks_for(espcn: ESPCN, tmp_path: Path) -> None:
    text = (espcn.save_pretrained(tmp_path, card=CARD) / "README.md").read_text(encoding="utf-8")
    _, _, body = text.split("---\n", 2)
    asked = vars(ModelCard(text).data)
    assert asked["library_name"] == "sr-demo"
    assert asked["pipeline_tag"] == "image-to-image"
    assert asked["license"] == "apache-2.0"
    assert asked["datasets"] == ["eugenesiow/Div2k"]
    assert asked["metrics"] == ["psnr"]
    assert {"super-resolution", "espcn", "x2"} <= set(asked["tags"])
    assert "800 photos of DIV2K" in body
    assert "| Set5 PSNR-Y (dB) | 30.1 |" in body
    assert "Limits of use" in body
    code = body.split("```python\n")[1].split("```")[0].replace("USER/REPO", str(tmp_path))
    save_png(tmp_path / "photo.jpg", np.zeros((8, 9, 3), np.uint8))
    made: dict[str, np.ndarray] = {}
    exec(code.replace("photo.jpg", str(tmp_path / "photo.jpg")), made)
    assert made["enlarged"].shape == (16, 18, 3)


def test_shipped_weights_take_their_own_card_along(tmp_path: Path) -> None:
    network = load_network("srcnn", 4)
    loaded = SRCNN.from_pretrained(network.save_pretrained(tmp_path))
    assert same(loaded, network)
    assert loaded.card == network.card
    assert loaded.card is not None
    assert loaded.card.steps > 0


def test_another_class_or_a_damaged_file_is_refused(espcn: ESPCN, tmp_path: Path) -> None:
    folder = espcn.save_pretrained(tmp_path, card=CARD)
    with pytest.raises(CheckpointError, match=r"model\.safetensors has weights that do not fit"):
        SRCNN.from_pretrained(folder)
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CheckpointError, match="damaged"):
        ESPCN.from_pretrained(folder)
    path.unlink()
    with pytest.raises(CheckpointError, match="is missing"):
        ESPCN.from_pretrained(folder)


def test_a_repository_gives_the_network_back(hub: LocalHub, espcn: ESPCN) -> None:
    assert espcn.push_to_hub("ann/espcn", card=CARD, token="hf_x").startswith(hub.address)
    assert sorted(hub.repos["ann/espcn"]) == ["README.md", "config.json", "model.safetensors"]
    assert same(ESPCN.from_pretrained("ann/espcn"), espcn)
    hub.asked.clear()
    assert same(ESPCN.from_pretrained("ann/espcn", local_files_only=True), espcn)
    assert hub.asked == []


def test_what_the_hub_has_not_is_said_in_a_sentence(
    hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repos["ann/empty"] = {"config.json": b"{}"}
    for repo, reason in (
        ("ann/none", "no such repository"),
        ("ann/empty", "it has no model.safetensors"),
        ("a b/c", "Repo id must"),
    ):
        with pytest.raises(CheckpointError, match=reason) as raised:
            ESPCN.from_pretrained(repo)
        assert "\n" not in str(raised.value)
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv(SETTING, "hf://ann/other")
    with pytest.raises(CheckpointError, match="out of reach, and nothing of it is kept here"):
        checkpoints_folder()


def test_the_setting_points_everything_at_other_weights(
    espcn: ESPCN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photo: np.ndarray
) -> None:
    before = sr_demo.upscale(photo, "espcn", 2)
    save_network(espcn, CARD, tmp_path)
    monkeypatch.setenv(SETTING, str(tmp_path))
    assert available(2) == ["bicubic", "espcn"]
    enlarged = sr_demo.upscale(photo, "espcn", 2)
    assert (enlarged != before).any()
    assert read_testset_means(4) == ()  # those that are shipped are other weights'
    save_png(tmp_path / "photo.png", photo)
    arguments = [str(tmp_path / "photo.png"), "-o", str(tmp_path / "out.png")]
    assert main(["upscale", *arguments, "--method", "espcn", "--scale", "2"]) == 0
    np.testing.assert_array_equal(sr_demo.load_image(tmp_path / "out.png").pixels, enlarged)


def test_the_setting_may_name_a_repository_of_checkpoints_or_of_one_network(
    hub: LocalHub, espcn: ESPCN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_network(espcn, CARD, tmp_path)
    hub.repos["ann/all"] = {path.name: path.read_bytes(), "notes.bin": b"x" * 100}
    espcn.push_to_hub("ann/one", card=CARD, token="hf_x")
    for repo in ("ann/all", "ann/one"):
        monkeypatch.setenv(SETTING, f"hf://{repo}")
        assert available(2) == ["bicubic", "espcn"]
        assert available(4) == ["bicubic"]
        assert same(load_network("espcn", 2), espcn)
    assert not any("notes.bin" in asked for asked in hub.asked)


@pytest.mark.parametrize("given", ["nowhere", "."])
def test_a_setting_without_checkpoints_is_one_line(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(SETTING, given)
    assert main(["upscale", "x.png", "-o", "y.png"]) == 2
    assert SETTING in capsys.readouterr().err
