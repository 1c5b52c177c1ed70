"""``python -m train download NAME [NAME …] --to DIR`` fetches data sets from their publishers.

What is fetched is known by its SHA-256. For Set5 and Set14 none was published where we could read
it: their addresses name one revision, and the checksum of the first download is printed and written
to ``DIR/ARCHIVE.sha256``, which later ones must match. The archive goes once its pictures are out.
"""

import argparse
import hashlib
import os
import shutil
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from ssl import SSLError
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tqdm import tqdm

from sr_demo.training.data import SUFFIXES, DataError

CHUNK = 1 << 18  # bytes
PATIENCE = 30  # seconds without a byte
NETWORK = (URLError, HTTPException, SSLError, ConnectionError, TimeoutError)


@dataclass(frozen=True)
class Archive:
    """A file on the network, and what it is known by."""

    url: str
    sha256: str | None
    size: int | None = None  # bytes

    @property
    def name(self) -> str:
        """Of the file."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Collection:
    """Pictures in an archive."""

    archive: Archive
    folders: dict[str, str]  # in the archive → below the data set's own
    pictures: int


_DIV2K = Archive(
    "https://data.vision.ee.ethz.ch/cvl/DIV2K/DIV2K_train_HR.zip",
    "9d0b9c463f6e35b6c62cc6a930ee2224f670b34c1df841a57670f9acf0f6c335",
    3_530_603_713,
)
_BSDS500 = Archive(
    "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz",
    "97e49d31764f3912f0c4122707d53062ac9e783ba0f095e447a4d53c1a41af8e",
    70_763_455,
)
_SET5 = Archive(
    "https://huggingface.co/datasets/eugenesiow/Set5/resolve/"
    "325646fe7cc8811e312562437885c5c018c74966/data/Set5_HR.tar.gz",
    None,
)
_SET14 = Archive(
    "https://huggingface.co/datasets/eugenesiow/Set14/resolve/"
    "5c964717e61b4931236a6dd5561750d11e5a7abb/data/Set14_HR.tar.gz",
    None,
)
_BERKELEY = "BSR/BSDS500/data/images"
COLLECTIONS: dict[str, Collection] = {
    "DIV2K": Collection(_DIV2K, {"DIV2K_train_HR": ""}, 800),
    # BSDS500's validation photos are BSD100: nothing may be trained on them.
    "BSDS500": Collection(
        _BSDS500, {f"{_BERKELEY}/train": "train", f"{_BERKELEY}/test": "test"}, 400
    ),
    "Set5": Collection(_SET5, {"Set5_HR": "HR"}, 5),
    "Set14": Collection(_SET14, {"Set14_HR": "HR"}, 14),
    "BSD100": Collection(_BSDS500, {f"{_BERKELEY}/val": "HR"}, 100),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 when the user has to change something."""
    cli = argparse.ArgumentParser(
        prog="python -m train download",
        description="Download data sets. What is there already is left alone; a download that "
        "broke off goes on with the same command.",
        epilog="Keep those to train on (DIV2K, BSDS500) and those to score on (Set5, Set14, "
        "BSD100) in different folders: --data of a training run takes every picture below it.",
    )
    names = ", ".join(COLLECTIONS)
    cli.add_argument("names", nargs="+", choices=COLLECTIONS, metavar="NAME", help=names)
    cli.add_argument("--to", type=Path, required=True, metavar="DIR", help="made where needed")
    arguments = cli.parse_args(argv)
    try:
        download(arguments.names, arguments.to)
    except DataError as error:
        print(f"python -m train download: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, a folder that may not be written
        reason = error.strerror or error
        print(f"python -m train download: {arguments.to}: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def download(names: Sequence[str], to: Path) -> None:
    """Bring each data set to a folder of its name in ``to``; it appears whole or not at all.

    Raises:
        DataError: if an archive cannot be had, or is not what was expected.
        OSError: if ``to`` cannot be written, or the disk is full.
    """
    missing = [name for name in dict.fromkeys(names) if not (to / name).exists()]
    for name in dict.fromkeys(names):
        if name not in missing:
            print(f"{to / name} is there already")
    for archive in dict.fromkeys(COLLECTIONS[name].archive for name in missing):
        to.mkdir(parents=True, exist_ok=True)
        path = fetch(archive, to)
        try:
            for name in missing:
                if COLLECTIONS[name].archive == archive:
                    extract(path, COLLECTIONS[name], to / name)
                    print(f"{to / name}: {COLLECTIONS[name].pictures} pictures")
        except DataError:  # there is nothing in it to go on from
            path.unlink()
            raise
        if archive.sha256 is None:
            _remember(path)
        path.unlink()


# --- from the network -----------------------------------------------------------------------------


def fetch(archive: Archive, to: Path) -> Path:
    """Download an archive to a folder and verify it.

    A connection that breaks is taken up again for as long as each try brings something. What came
    so far waits in NAME.part, for the same command later.

    Raises:
        DataError: if it cannot be reached, or is not what was expected.
    """
    path, part = to / archive.name, to / f"{archive.name}.part"
    if path.exists():  # verified, but then there was no room for its pictures
        return path
    while True:
        before = _size(part)
        try:
            _receive(archive, part)
            break
        except HTTPError as error:
            raise DataError(f"{archive.url} answered {error.code} {error.reason}") from error
        except NETWORK as error:
            if _size(part) <= before:
                reason = getattr(error, "reason", None) or error
                raise DataError(
                    f"{archive.url} cannot be reached ({reason}); once you are online, the same "
                    f"command goes on from {_size(part) / 1e6:.1f} MB"
                ) from error
    _verify(archive, part)
    return part.replace(path)


def _receive(archive: Archive, part: Path) -> None:
    """Append to the part what is still missing of the archive."""
    have = _size(part)
    if have == archive.size:
        return
    headers = {"User-Agent": "sr-demo", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        answer: HTTPResponse = urlopen(Request(archive.url, headers=headers), timeout=PATIENCE)
    except HTTPError as error:
        # Nothing lies behind what we have: all there is, which the checksum will tell.
        if error.code == 416 and have:
            return
        raise
    with closing(answer):
        if answer.status != 206:  # not the rest, but all of it
            have = 0
        length = answer.headers["Content-Length"]
        total = have + int(length) if length else archive.size
        with (
            part.open("ab" if have else "wb") as file,
            tqdm(total=total, initial=have, desc=archive.name, unit="B", unit_scale=True,
                 leave=False, disable=None) as bar,
        ):  # fmt: skip
            while chunk := answer.read(CHUNK):
                bar.update(file.write(chunk))
    if total is not None and _size(part) < total:
        raise ConnectionError(f"the connection broke after {_size(part):,} of {total:,} bytes")


def _verify(archive: Archive, part: Path) -> None:
    """Compare with the checksum that is known, or with that of the first download."""
    record = _record(part.with_name(archive.name))
    if archive.sha256 is None and not record.exists():
        return
    expected = archive.sha256 or record.read_text(encoding="utf-8").split()[0]
    found = _sha256(part)
    if found != expected:
        size = _size(part)
        part.unlink()
        raise DataError(
            f"{archive.name} came with SHA-256 {found} ({size:,} bytes) instead of {expected}: "
            "damaged on its way or changed by its publisher. It was deleted; try again"
        )


def _remember(path: Path) -> None:
    """Keep the checksum of an archive that held what it should."""
    found, record = _sha256(path), _record(path)
    record.write_text(f"{found}  {path.name}\n", encoding="utf-8")
    print(f"{path.name}: SHA-256 {found}, kept in {record.name} for the next time")


def _record(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


# --- out of the archive ---------------------------------------------------------------------------


def extract(path: Path, collection: Collection, target: Path) -> None:
    """Write the collection's pictures, and nothing else, to a new folder.

    Raises:
        DataError: if the archive is damaged, has paths that lead out of it, or holds other pictures
            than it should.
    """
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        count = 0
        for name, content in _files(path):
            folder = collection.folders.get(str(name.parent))
            hidden = name.name.startswith(".")  # as macOS puts beside every file
            if folder is None or hidden or name.suffix.lower() not in SUFFIXES:
                continue
            (partial / folder).mkdir(parents=True, exist_ok=True)
            with (partial / folder / name.name).open("wb") as file:
                shutil.copyfileobj(content, file)
            count += 1
        if count != collection.pictures:
            raise DataError(
                f"{path.name} holds {count} pictures of {target.name} instead of "
                f"{collection.pictures}"
            )
        os.replace(partial, target)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(
            f"{path.name} is damaged, or no zip or tar archive. It was deleted; try again"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _files(path: Path) -> Iterator[tuple[PurePosixPath, IO[bytes]]]:
    """Name and content of every file in a zip or tar; links and devices are passed over."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as pack:
            for entry in pack.infolist():
                name = _inside(entry.filename, path)
                if not entry.is_dir():
                    with pack.open(entry) as content:
                        yield name, content
        return
    with tarfile.open(path) as tape:
        for member in tape:
            name = _inside(member.name, path)
            extracted = tape.extractfile(member) if member.isreg() else None
            if extracted is not None:
                yield name, extracted


def _inside(name: str, path: Path) -> PurePosixPath:
    """The name, unless it could lead out of the folder that it is extracted to, on any system."""
    inner = PurePosixPath(name)
    if inner.is_absolute() or ".." in inner.parts or "\\" in name or ":" in name:
        raise DataError(f"{path.name} holds the path {name!r}, which leads out of it: refused")
    return inner
