"""Files of weights: known ones are recognised, and strange, damaged and hostile ones refused."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from sr_demo.foreign.network import load
from sr_demo.foreign.weights import read_weights
from sr_demo.storage import CheckpointError
from sr_demo.tensors import to_floats
from tests.foreign.files import LAYOUTS, compact, rrdbnet, swinir, under, write

ENDINGS = (".safetensors", ".pth")


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as refused:
        load(path)
    text = str(refused.value)
    assert text.startswith(path.name)
    assert "\n" not in text
    assert len(text) < 400
    return text


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_rrdbnet_by_each_of_its_names_is_our_own_network(
    layout: str, ending: str, tmp_path: Path, photo: np.ndarray
) -> None:
    """Two implementations, spandrel's and ours, of the same weights."""
    ours = rrdbnet()
    wrapper = "params_ema" if layout == "real-esrgan" else ""
    path = write(tmp_path / f"net{ending}", under(layout, ours), wrapper)
    theirs = load(path)
    assert theirs.about.architecture.startswith("ESRGAN")
    assert theirs.about.parameters == sum(p.numel() for p in ours.parameters())
    x = to_floats(np.ascontiguousarray(photo[:20, :24]))
    torch.testing.assert_close(theirs(x), ours(x), rtol=0, atol=1e-5)


def test_compact_and_swinir_are_recognised(tmp_path: Path) -> None:
    for name, weights, architecture, scale in (
        ("a.pth", compact(3), "RealESRGAN Compact", 3),
        ("b.safetensors", swinir(2), "SwinIR", 2),
    ):
        network = load(write(tmp_path / name, weights))
        assert network.about.architecture.startswith(architecture)
        assert network.scale == scale
        assert network(torch.rand(1, 3, 16, 24)).shape == (1, 3, 16 * scale, 24 * scale)


def test_half_precision_files_run_in_float32(tmp_path: Path) -> None:
    weights = {name: value.half() for name, value in compact().items()}
    network = load(write(tmp_path / "half.safetensors", weights))
    assert {p.dtype for p in network.parameters()} == {torch.float32}


def test_the_licence_is_what_the_file_says_or_that_it_says_nothing(tmp_path: Path) -> None:
    save_file(compact(), tmp_path / "a.safetensors", {"modelspec.license": "CC0\n<b>"})
    assert load(tmp_path / "a.safetensors").about.licence == "CC0 <b>"
    assert "not stated" in load(write(tmp_path / "b.safetensors", compact())).about.licence


# --- what is refused ------------------------------------------------------------------------------


class Deed:
    """What a pickle may do when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def pickled(path: Path, content: Any) -> None:
    """As PyTorch's oldest format, which is nothing but a pickle."""
    path.write_bytes(pickle.dumps(content))


def archived(path: Path, content: Any) -> None:
    """As PyTorch writes it today: an archive with a pickle in it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content))
        archive.writestr("archive/version", "3")


@pytest.mark.parametrize("save", [pickled, archived, lambda path, x: torch.save(x, path)])
def test_nothing_in_a_pickle_runs(save: Callable[[Path, Any], None], tmp_path: Path) -> None:
    deed = tmp_path / "deed"
    save(tmp_path / "net.pth", {"body.0.weight": Deed(deed)})
    assert "more than weights" in refusal(tmp_path / "net.pth")
    assert not deed.exists()


def test_a_packed_archive_is_refused(tmp_path: Path) -> None:
    """The pictures' own bombs, in a file of weights."""
    whole = io.BytesIO()
    torch.save({"body.0.weight": torch.zeros(2**20)}, whole)
    with (
        zipfile.ZipFile(whole) as archive,
        zipfile.ZipFile(tmp_path / "net.pth", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for entry in archive.infolist():
            packed.writestr(entry.filename, archive.read(entry))
    assert "no file that PyTorch wrote" in refusal(tmp_path / "net.pth")


def test_a_tensor_that_repeats_without_end_is_refused(tmp_path: Path) -> None:
    torch.save({"body.0.weight": torch.zeros(1).expand(2**40)}, tmp_path / "net.pth")
    assert "too large" in refusal(tmp_path / "net.pth")


@pytest.mark.parametrize("blocks", [1, 99])
def test_a_network_far_larger_than_its_weights_is_not_built(blocks: int, tmp_path: Path) -> None:
    """By one tensor's shape, or by how far its names count."""
    weights = under("esrgan-old", rrdbnet())
    if blocks == 1:
        weights["model.0.weight"] = torch.zeros(100_000, 3, 3, 3)
    else:
        for i in range(3, 1000):
            weights[f"model.1.sub.{i}.RDB1.conv1.0.bias"] = torch.zeros(1)
        weights["model.0.weight"] = torch.zeros(256, 3, 3, 3)
    assert "many times the size" in refusal(write(tmp_path / "net.safetensors", weights))


def test_other_files_are_refused_in_a_sentence(tmp_path: Path) -> None:
    files: dict[str, bytes] = {
        "picture.jpg": b"\xff\xd8\xff", "empty.pth": b"", "empty.safetensors": b"",
        "text.pth": b"hello", "page.safetensors": b"<html>404</html>",
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        refusal(tmp_path / name)
    refusal(tmp_path / "missing.pth")
    (tmp_path / "folder.pth").mkdir()
    refusal(tmp_path / "folder.pth")


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_no_network_for_pictures_is_refused(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"net{ending}"
    cases: list[tuple[dict[str, torch.Tensor], str]] = [
        ({"fc.weight": torch.zeros(3, 4)}, "no network that is known"),
        (dict(list(compact().items())[:-1]), "do not fit"),
        ({**compact(), "body.0.weight": torch.full((8, 3, 3, 3), torch.nan)}, "infinite or none"),
        ({**under("real-esrgan", rrdbnet()), "conv_hr.bias": torch.zeros(7)}, "do not fit"),
    ]
    for weights, reason in cases:
        assert reason in refusal(write(path, weights))


def test_a_denoiser_is_refused_for_what_it_is(tmp_path: Path) -> None:
    assert "enlarges pictures" in refusal(write(tmp_path / "net.pth", compact(scale=1)))


def test_a_file_that_is_cut_anywhere_is_refused(tmp_path: Path) -> None:
    for ending in ENDINGS:
        whole = write(tmp_path / f"whole{ending}", compact()).read_bytes()
        for length in range(0, len(whole), len(whole) // 12):
            path = tmp_path / f"cut{ending}"
            path.write_bytes(whole[:length])
            refusal(path)


def test_other_things_than_tensors_are_refused(tmp_path: Path) -> None:
    for content in ([1, 2], {"step": 5}, {"body.0.weight": torch.zeros(2, dtype=torch.complex64)}):
        torch.save(content, tmp_path / "net.pth")
        refusal(tmp_path / "net.pth")


def test_without_spandrel_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "spandrel", None)
    assert "sr-demo[models]" in refusal(write(tmp_path / "net.pth", compact()))


def test_weights_are_read_from_whatever_trainers_wrap_them_in(tmp_path: Path) -> None:
    for wrapper in ("params", "params_ema", "state_dict", "model"):
        path = write(tmp_path / "net.pth", compact(), wrapper)
        assert read_weights(path)[1].keys() == compact().keys()
