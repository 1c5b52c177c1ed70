"""Where the files of ONNX Runtime for browsers come from: at hand, or one package of npm."""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "onnxruntime-web"
VERSION = "1.30.0"  # of package.json, too, and in the lock with this hash
INTEGRITY = (
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8p"
    "ZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
# The binary with WebGPU is twice as large, and only fetched where there is a GPU.
WASM = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
WEBGPU = (
    "ort.webgpu.min.mjs",
    "ort-wasm-simd-threaded.asyncify.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
)
FILES = (*WASM, *WEBGPU)
PATIENCE = 600  # seconds for the package's 33 MB
_ROOT = Path(__file__).resolve().parents[2]


class RuntimeMissing(ValueError):
    """The files are not at hand and cannot be had; the message says what to do."""


def files(folder: Path | None = None) -> dict[str, bytes]:
    """The content of each of ``FILES``.

    Args:
        folder: the unpacked package, or the ``dist`` in it. By default ``node_modules`` here or
            in the checkout, where ``npm ci`` has put it; else npm fetches the package, which is
            checked against its hash.

    Raises:
        RuntimeMissing: if there is no way to them.
    """
    if folder is not None:
        dist = next((f for f in (folder, folder / "dist") if _complete(f)), None)
        if dist is None:
            raise RuntimeMissing(f"{folder} does not hold {PACKAGE} {VERSION}: {FILES[0]} …")
        return _read(dist)
    for place in dict.fromkeys((Path.cwd(), _ROOT)):
        package = place / "node_modules" / PACKAGE
        if _version(package) == VERSION and _complete(package / "dist"):
            return _read(package / "dist")
    return _unpacked(_fetched())


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def _read(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def _version(package: Path) -> str | None:
    try:
        described = json.loads((package / "package.json").read_text(encoding="utf-8"))
        return str(described["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fetched() -> bytes:
    """The package as npm's registry gives it: npm knows which one, and keeps it for next time."""
    npm = shutil.which("npm")
    wanted = f"{PACKAGE}@{VERSION}"
    by_hand = f"or unpack the package {wanted} and say --runtime FOLDER"
    if npm is None:
        raise RuntimeMissing(
            f"npm, which fetches {wanted}, is missing: install Node.js, {by_hand}."
        )
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", wanted, "--pack-destination", folder, "--prefer-offline"]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            raise RuntimeMissing(f"npm did not fetch {wanted} in time: try again.") from None
        packed = sorted(Path(folder).glob("*.tgz"))
        if done.returncode or not packed:
            reason = next((line for line in done.stderr.splitlines() if " code " in line), "")
            code = reason.rpartition(" ")[2] or f"status {done.returncode}"
            raise RuntimeMissing(
                f"npm could not fetch {wanted} ({code}): are you offline? Try again, {by_hand}."
            )
        content = packed[0].read_bytes()
    if integrity(content) != INTEGRITY:
        raise RuntimeMissing(f"what npm fetched is not {wanted} (its hash is another): try again.")
    return content


def integrity(content: bytes) -> str:
    """The hash of a package as npm's locks write it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def _unpacked(package: bytes) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
        for name in FILES:
            file = archive.extractfile(f"package/dist/{name}")
            assert file is not None, name  # as the hash says
            found[name] = file.read()
    return found
