"""Files from the network: each is known by its SHA-256, and a download that broke off goes on."""

import hashlib
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from ssl import SSLError
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tqdm import tqdm

CHUNK = 1 << 18  # bytes
PATIENCE = 30  # seconds without a byte
NETWORK = (URLError, HTTPException, SSLError, ConnectionError, TimeoutError)


class DownloadError(ValueError):
    """A file that cannot be had, or is not what was expected; the message says what to do."""


@dataclass(frozen=True)
class RemoteFile:
    """A file on the network, and what it is known by."""

    url: str
    sha256: str | None  # in full, or the first digits if its publisher says no more
    size: int | None = None  # bytes

    @property
    def name(self) -> str:
        """Of the file."""
        return self.url.rpartition("/")[2]


def fetch(wanted: RemoteFile, to: Path) -> Path:
    """Download a file to a folder and verify it.

    A connection that breaks is taken up again for as long as each try brings something. What came
    so far waits in NAME.part, for the same command later.

    Raises:
        DownloadError: if it cannot be reached, or is not what was expected.
    """
    path, part = to / wanted.name, to / f"{wanted.name}.part"
    if path.exists():  # verified before: it has its name only then
        return path
    while True:
        before = _size(part)
        try:
            _receive(wanted, part)
            break
        except HTTPError as error:
            raise DownloadError(f"{wanted.url} answered {error.code} {error.reason}") from error
        except NETWORK as error:
            if _size(part) <= before:
                reason = getattr(error, "reason", None) or error
                raise DownloadError(
                    f"{wanted.url} cannot be reached ({reason}); once you are online, the same "
                    f"command goes on from {_size(part) / 1e6:.1f} MB"
                ) from error
    _verify(wanted, part)
    return part.replace(path)


def _receive(wanted: RemoteFile, part: Path) -> None:
    """Append to the part what is still missing of the file."""
    have = _size(part)
    if have == wanted.size:
        return
    headers = {"User-Agent": "sr-demo", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        answer: HTTPResponse = urlopen(Request(wanted.url, headers=headers), timeout=PATIENCE)
    except HTTPError as error:
        # Nothing lies behind what we have: all there is, which the checksum will tell.
        if error.code == 416 and have:
            return
        raise
    with closing(answer):
        if answer.status != 206:  # not the rest, but all of it
            have = 0
        length = answer.headers["Content-Length"]
        total = have + int(length) if length else wanted.size
        with (
            part.open("ab" if have else "wb") as file,
            tqdm(total=total, initial=have, desc=wanted.name, unit="B", unit_scale=True,
                 leave=False, disable=None) as bar,
        ):  # fmt: skip
            while chunk := answer.read(CHUNK):
                bar.update(file.write(chunk))
    if total is not None and _size(part) < total:
        raise ConnectionError(f"the connection broke after {_size(part):,} of {total:,} bytes")


def _verify(wanted: RemoteFile, part: Path) -> None:
    """Compare with the checksum that is known, or with that of the first download."""
    record = _record(part.with_name(wanted.name))
    if wanted.sha256 is None and not record.exists():
        return
    expected = wanted.sha256 or record.read_text(encoding="utf-8").split()[0]
    found = sha256_of(part)
    if not found.startswith(expected):
        size = _size(part)
        part.unlink()
        raise DownloadError(
            f"{wanted.name} came with SHA-256 {found} ({size:,} bytes) instead of {expected}: "
            "damaged on its way or changed by its publisher. It was deleted; try again"
        )


def remember(path: Path) -> None:
    """Keep the checksum of a file that held what it should."""
    found, record = sha256_of(path), _record(path)
    record.write_text(f"{found}  {path.name}\n", encoding="utf-8")
    print(f"{path.name}: SHA-256 {found}, kept in {record.name} for the next time")


def _record(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
