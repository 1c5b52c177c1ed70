"""``python -m train download NAME [NAME …] --to DIR`` fetches data sets from their publishers.

What is fetched is known by its SHA-256. For Set5 and Set14 none was published where we could read
it: their addresses name one revision, and the checksum of the first download is printed and written
to ``DIR/ARCHIVE.sha256``, which later ones must match. The archive goes once its pictures are out.
"""

import argparse
import os
import shutil
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from sr_demo.downloads import DownloadError, RemoteFile, fetch, remember
from sr_demo.training.data import SUFFIXES, DataError


@dataclass(frozen=True)
class Collection:
    """Pictures in an archive."""

    archive: RemoteFile
    folders: dict[str, str]  # in the archive → below the data set's own
    pictures: int


_DIV2K = RemoteFile(
    "https://data.vision.ee.ethz.ch/cvl/DIV2K/DIV2K_train_HR.zip",
    "9d0b9c463f6e35b6c62cc6a930ee2224f670b34c1df841a57670f9acf0f6c335",
    3_530_603_713,
)
_BSDS500 = RemoteFile(
    "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz",
    "97e49d31764f3912f0c4122707d53062ac9e783ba0f095e447a4d53c1a41af8e",
    70_763_455,
)
_SET5 = RemoteFile(
    "https://huggingface.co/datasets/eugenesiow/Set5/resolve/"
    "325646fe7cc8811e312562437885c5c018c74966/data/Set5_HR.tar.gz",
    None,
)
_SET14 = RemoteFile(
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
    except (DataError, DownloadError) as error:
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
        DownloadError: if an archive cannot be had, or is not what was expected.
        DataError: if it holds other pictures than it should.
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
            remember(path)
        path.unlink()


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
