"""A checkpoint rebuilds its network alone, and a wrong one says what is wrong and what to do."""

import json
import pickle
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from sr_demo.checkpoints import Card, load_network, read_card, save_network
from sr_demo.inference.runnable import available, missing
from sr_demo.methods import METHODS, SCALES, network_class
from sr_demo.networks import ESPCN, SRResNet
from sr_demo.storage import CHECKPOINTS, CheckpointError


def card(method: str = "espcn", scale: int = 2, **arguments: Any) -> Card:
    return Card(method, scale, arguments, {"loss": "mse"}, "3 photos", 7, {"Set5": 30.1}, "2026")


@pytest.fixture
def shipped(tmp_path: Path) -> tuple[ESPCN, Path]:
    """A small ESPCN ×2 of unusual width, on disk, and its path."""
    torch.manual_seed(1)
    network = ESPCN(2, features=(5, 3))
    return network, save_network(network, card(features=[5, 3]), tmp_path)


def test_a_file_rebuilds_its_network(shipped: tuple[ESPCN, Path], tmp_path: Path) -> None:
    network, path = shipped
    assert path.name == "espcn_x2.safetensors"
    loaded = load_network("espcn", 2, tmp_path)
    x = torch.rand(1, 3, 6, 7)
    assert torch.equal(loaded(x), network(x))
    assert not loaded.training
    assert read_card(path) == card(features=[5, 3])


def test_weights_that_16_bits_hold_take_half_the_room_and_return_unchanged(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = SRResNet(2, features=16, blocks=2)
    path = save_network(network, card("srresnet", features=16, blocks=2), tmp_path)
    before = path.stat().st_size
    kernels = [p for p in network.parameters() if p.ndim > 1]
    for kernel in kernels[:-1]:  # all but the tail's
        kernel.data.copy_(kernel.data.bfloat16())
    save_network(network, card("srresnet", features=16, blocks=2), tmp_path)
    saved = before - path.stat().st_size
    assert saved == pytest.approx(2 * sum(k.numel() for k in kernels[:-1]), abs=200)
    loaded = load_network("srresnet", 2, tmp_path)
    for name, value in network.state_dict().items():
        assert loaded.state_dict()[name].dtype == torch.float32
        assert torch.equal(loaded.state_dict()[name], value)


def test_srgans_file_rebuilds_the_generator_that_its_card_describes(tmp_path: Path) -> None:
    network = SRResNet(3, features=4, blocks=1)
    save_network(network, card("srgan", 3, features=4, blocks=1), tmp_path)
    loaded = load_network("srgan", 3, tmp_path)
    assert type(loaded) is network_class("srgan")
    assert loaded.state_dict().keys() == network.state_dict().keys()
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)


def test_writing_leaves_one_file(shipped: tuple[ESPCN, Path]) -> None:
    assert [p.name for p in shipped[1].parent.iterdir()] == ["espcn_x2.safetensors"]


def test_a_failed_write_keeps_the_old_file(
    shipped: tuple[ESPCN, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, path = shipped
    before = path.read_bytes()

    def half_way(target: Path, content: bytes) -> None:
        with target.open("wb") as file:
            file.write(content[:100])
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", half_way)
    with pytest.raises(OSError, match="disk full"):
        save_network(network, card(features=[5, 3]), path.parent)
    assert path.read_bytes() == before
    assert len(list(path.parent.iterdir())) == 1


def complaint(folder: Path, name: str = "espcn", scale: int = 2) -> str:
    with pytest.raises(CheckpointError) as raised:
        load_network(name, scale, folder)
    message = str(raised.value)
    assert f"{name}_x{scale}.safetensors" in message
    assert f"python -m train {name} --scale {scale}" in message
    return message


def test_a_missing_file(tmp_path: Path) -> None:
    assert "is missing" in complaint(tmp_path)


def test_a_truncated_file(shipped: tuple[ESPCN, Path], tmp_path: Path) -> None:
    path = shipped[1]
    path.write_bytes(path.read_bytes()[:-100])
    assert "damaged" in complaint(tmp_path)


def test_a_foreign_safetensors_file(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "espcn_x2.safetensors")
    assert "not written by this project" in complaint(tmp_path)


def test_another_networks_file_under_this_name(shipped: tuple[ESPCN, Path], tmp_path: Path) -> None:
    shipped[1].rename(tmp_path / "srcnn_x4.safetensors")
    assert "holds espcn ×2" in complaint(tmp_path, "srcnn", 4)


def rewrite(path: Path, weights: dict[str, torch.Tensor] | None = None, **metadata: Any) -> None:
    values = {**asdict(read_card(path)), **metadata}
    kept = {key: json.dumps(value) for key, value in values.items()}
    save_file(weights or load_file(path), path, kept)


def test_weights_that_do_not_fit(shipped: tuple[ESPCN, Path], tmp_path: Path) -> None:
    rewrite(shipped[1], arguments={"features": [5, 4]})
    assert "do not fit" in complaint(tmp_path)


def test_a_missing_tensor_is_never_filled_in(shipped: tuple[ESPCN, Path], tmp_path: Path) -> None:
    weights = load_file(shipped[1])
    del weights["map.bias"]
    rewrite(shipped[1], weights)
    assert "do not fit" in complaint(tmp_path)


def test_unknown_arguments(shipped: tuple[ESPCN, Path], tmp_path: Path) -> None:
    rewrite(shipped[1], arguments={"depth": 3})
    assert "cannot build" in complaint(tmp_path)


def test_a_newer_format(shipped: tuple[ESPCN, Path], tmp_path: Path) -> None:
    rewrite(shipped[1], format=99)
    assert "format 99" in complaint(tmp_path)


def test_a_pickle_is_refused_unopened(tmp_path: Path) -> None:
    opened = tmp_path / "opened"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return open, (str(opened), "w")

    (tmp_path / "espcn_x2.safetensors").write_bytes(pickle.dumps(Bomb()))
    assert "damaged" in complaint(tmp_path)
    assert not opened.exists()


def test_every_shipped_checkpoint_loads_and_says_where_it_comes_from() -> None:
    paths = sorted(CHECKPOINTS.glob("*_x*.safetensors"))
    assert paths
    for path in paths:
        name, _, scale = path.stem.rpartition("_x")
        load_network(name, int(scale))
        shipped_card = read_card(path)
        assert shipped_card.steps > 0
        assert shipped_card.scores
        assert shipped_card.recipe["method"] == name
        assert shipped_card.data
        assert shipped_card.date


def test_available_and_missing_share_out_the_methods(
    shipped: tuple[ESPCN, Path], checkpoints_in: Callable[[Path], None]
) -> None:
    checkpoints_in(shipped[1].parent)
    assert available(2) == ["bicubic", "espcn"]
    assert available(3) == ["bicubic"]
    for scale in SCALES:
        reasons = missing(scale)
        named = {name for name, method in METHODS.items() if method.shipped}
        assert sorted([*available(scale), *reasons]) == sorted(named)
        for name, reason in reasons.items():
            assert f"python -m train {name} --scale {scale}" in reason
