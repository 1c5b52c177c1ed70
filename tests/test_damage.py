"""Damaged checkpoints: each is refused in one sentence, or gives the pixels that it gave before."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sr_demo import storage
from sr_demo.checkpoints import Card, checkpoint_path, load_network, read_card, save_network
from sr_demo.networks import ESPCN, SuperResolver
from sr_demo.storage import CHECKPOINTS, CheckpointError, UnreadableError, read_safetensors

LR = torch.rand(1, 3, 6, 7, generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[SuperResolver, Path]:
    """A tiny ESPCN, and its file."""
    torch.manual_seed(1)
    network = ESPCN(2, features=(3, 2))
    card = Card("espcn", 2, {"features": [3, 2]}, {"loss": "mse"}, "3 photos", 7)
    return network, save_network(network, card, tmp_path_factory.mktemp("whole"))


def header_of(content: bytes) -> bytes:
    return content[8 : 8 + int.from_bytes(content[:8], "little")]


def with_header(content: bytes, header: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + content[8 + len(header_of(content)) :]


def damaged(content: bytes) -> Iterator[tuple[str, bytes]]:
    """About 140 files, each with a name for what was done to it."""
    rng, end = np.random.default_rng(0), 8 + len(header_of(content))
    for share in range(0, 100, 5):
        yield f"cut at {share} %", content[: len(content) * share // 100]
    for place in [
        *rng.integers(0, 8, 8),
        *rng.integers(8, end, 40),
        *rng.integers(end, len(content), 40),
    ]:
        bit = 1 << int(rng.integers(8))
        yield (
            f"bit {bit} of byte {place}",
            content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :],
        )
    for place in rng.integers(0, len(content), 8):
        yield (
            f"zeros from {place} on",
            content[:place] + bytes(min(64, len(content) - place)) + content[place + 64 :],
        )
    for name, number in {"NaN": np.nan, "infinity": np.inf, "another number": 0.25}.items():
        place = end + 4 * int(rng.integers((len(content) - end) // 4))
        yield name, content[:place] + np.float32(number).tobytes() + content[place + 4 :]
    yield "more at the end", content + bytes(8)
    yield "twice", content * 2
    yield "empty", b""
    yield "text", b"these are no weights, and never were"
    for length in (0, 1, 2**20 + 1, 2**40, 2**64 - 1):
        yield f"a header of {length}", length.to_bytes(8, "little") + content[8:]
    header = header_of(content)
    for depth in (20, 200, 100_000):
        yield f"{depth} brackets", with_header(content, b"[" * depth + b"]" * depth)
        nest = ("[" * depth + "]" * depth).encode()
        yield (
            f"{depth} brackets in the card",
            with_header(content, header.replace(b'{\\"features\\": [3, 2]}', nest)),
        )
    entry = b',"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    many = b"".join(entry % k for k in range(9000))
    yield "many tensors", with_header(content, header[:-1] + many + b"}")
    for old, new in SWAPPED.items():
        assert old in header
        yield f"{old!r} as {new!r}", with_header(content, header.replace(old, new, 1))


SWAPPED = {  # in the header
    b"F32": b"F64", b"extract": b"abstract", b'"F32","shape":[3,': b'"F32","shape":[4,',
    b'"steps":"7"': b'"steps":"8"', b'"scale":"2"': b'"scale":"3"', b"__metadata__": b"metadata",
    b"sha256": b"sha257", b'"format":"1"': b'"format":"{}"', b"3, 2]": b"9, 2]", b"espcn": b"srcnn",
    b"{": b"[", b"data_offsets": b"offsets", b"map.bias": b"map.bia\xff",
}  # fmt: skip


def outcome(path: Path) -> torch.Tensor | str:
    try:
        return load_network("espcn", 2, path.parent)(LR)
    except CheckpointError as error:
        return str(error)


def test_each_of_140_damaged_files_is_refused_in_one_sentence_or_gives_the_same_pixels(
    whole: tuple[SuperResolver, Path], tmp_path: Path
) -> None:
    network, path = whole
    before, content = network(LR), path.read_bytes()
    files = dict(damaged(content))
    assert len(files) >= 140
    refused = 0
    for name, broken in files.items():
        (tmp_path / path.name).write_bytes(broken)
        result = outcome(tmp_path / path.name)
        if isinstance(result, str):
            refused += 1
            assert "\n" not in result, name
            assert "python -m train espcn --scale 2" in result, name
        else:
            assert torch.equal(result, before), name
            assert broken == content, f"{name} was not noticed"
    assert refused >= 140


def rewritten(path: Path, weights: dict[str, torch.Tensor], **card: object) -> None:
    """As files were before they had a hash."""
    kept = {key: json.dumps(value) for key, value in {**vars(read_card(path)), **card}.items()}
    save_file(weights, path, kept)


@pytest.fixture
def old(whole: tuple[SuperResolver, Path], tmp_path: Path) -> Path:
    """The same checkpoint without a hash."""
    path = tmp_path / whole[1].name
    path.write_bytes(whole[1].read_bytes())
    rewritten(path, load_file(path))
    return path


def test_a_file_from_before_there_were_hashes_loads(
    old: Path, whole: tuple[SuperResolver, Path]
) -> None:
    assert b"sha256" not in old.read_bytes()
    assert torch.equal(load_network("espcn", 2, old.parent)(LR), whole[0](LR))


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused_without_a_hash_too(old: Path, number: float) -> None:
    weights = load_file(old)
    weights["map.weight"][0, 0, 0, 0] = number
    rewritten(old, weights)
    assert "numbers that are infinite or none" in str(outcome(old))


@pytest.mark.parametrize(
    "arguments", [[[[]]], {"features": [3]}, {"features": [-3, 2]}, {"features": "32"}, None, 7]
)
def test_an_odd_card_is_refused_without_a_hash_too(old: Path, arguments: object) -> None:
    rewritten(old, load_file(old), arguments=arguments)
    assert "cannot build" in str(outcome(old))


def test_a_file_too_large_to_be_ours_is_not_read(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "MAX_BYTES", 100)
    monkeypatch.setattr(Path, "read_bytes", None)
    with pytest.raises(UnreadableError, match="too large"):
        read_safetensors(old)


@pytest.mark.parametrize("path", sorted(CHECKPOINTS.glob("*.safetensors")), ids=lambda p: p.stem)
def test_every_shipped_file_carries_its_hash_and_hides_it(path: Path) -> None:
    content = path.read_bytes()
    assert b'"sha256":' in header_of(content)
    framework = "np" if path.stem == "niqe" else "pt"
    assert "sha256" not in read_safetensors(path, framework)[0]


def test_one_flipped_bit_of_a_shipped_file_is_noticed(tmp_path: Path) -> None:
    content = bytearray(checkpoint_path("srcnn", 4).read_bytes())
    content[-2] ^= 1
    (tmp_path / "srcnn_x4.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match="its hash is another"):
        load_network("srcnn", 4, tmp_path)
