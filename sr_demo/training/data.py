"""Photos in, batches of LR/HR patches out.

A folder tree of images is decoded once into a memory-mapped cache, with its LR versions made by
`resize.imresize`. Batch k is a pure function of (seed, k): a resumed run sees what it would have.
"""

import hashlib
import json
import os
import shutil
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from sr_demo.benchmark import find_pairs, load_pair
from sr_demo.degradation import SETTINGS, degrade
from sr_demo.images import ImageError, crop_to_multiple, load_image
from sr_demo.resize import imresize
from sr_demo.storage import locked
from sr_demo.training.degradations import Degradations, degrade_randomly
from sr_demo.training.drawings import draw, draw_small, greyed
from sr_demo.training.recipe import Recipe

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}
FORMAT = 1
INDEX = "index.json"
VALIDATED_SETTING = "medium"  # of `sr_demo.degradation`, for recipes that degrade
RIM = 4  # LR pixels beside a drawing, so that no pixel of its LR is made of a mirrored rim


class DataError(Exception):
    """The data folder cannot be used; the message says why."""


Pair = tuple[np.ndarray, np.ndarray]  # LR (h, w, 3) and HR (h·scale, w·scale, 3), uint8 RGB


@dataclass(frozen=True)
class Photos:
    """Decoded photos on disk: HR and LR pixels end to end, and where each begins."""

    hr: np.ndarray  # uint8, flat, memory-mapped
    lr: np.ndarray
    lr_shapes: np.ndarray  # (N, 2): height, width
    scale: int
    names: list[str]  # "cat.png", and "cat.png ×0.6" for its downscaled version
    skipped: list[str]  # "name: why"
    checksums: tuple[int, int] = (0, 0)  # CRC-32 of hr and lr, what is held out included

    def __len__(self) -> int:
        return len(self.names)

    def pair(self, index: int) -> Pair:
        """LR and HR of one photo, as views of the disk."""
        height, width = self.lr_shapes[index]
        start = 3 * int(np.prod(self.lr_shapes[:index], axis=1).sum())
        size, r = 3 * int(height) * int(width), self.scale
        return (
            self.lr[start : start + size].reshape(height, width, 3),
            self.hr[start * r * r : (start + size) * r * r].reshape(height * r, width * r, 3),
        )


def fingerprint(photos: Photos) -> str:
    """The same for the same pixels in the same order, wherever they stand."""
    facts = [photos.names, photos.lr_shapes.tolist(), photos.scale, photos.checksums]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def describe(photos: Photos, folder: Path) -> str:
    """What a checkpoint says of its data: "1063 photos of train (bsds400 400, imagenet 500)"."""
    names, factors = _whole(photos.names), {n.split(" ×")[1] for n in photos.names if " ×" in n}
    folders = Counter(name.split("/")[0] for name in names if "/" in name)
    detail = f" ({', '.join(f'{name} {count}' for name, count in sorted(folders.items()))})"
    text = f"{len(names)} photos of {folder.resolve().name}{detail if folders else ''}"
    return text + "".join(f", also reduced ×{factor}" for factor in sorted(factors))


def _whole(names: list[str]) -> list[str]:
    """The photos as they are, without their downscaled versions."""
    return [name for name in names if " ×" not in name]


def cache_root() -> Path:
    """Where decoded photos are kept: ``$SR_DEMO_CACHE``, else the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SR_DEMO_CACHE") or Path(base) / "sr_demo")


def image_files(folder: Path) -> list[Path]:
    """All images below a folder, in a stable order.

    Raises:
        DataError: if there is no such folder, or no image in it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; give --data a folder of photos")
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not files:
        raise DataError(f"{folder} holds no images ({', '.join(sorted(SUFFIXES))})")
    return files


def load_photos(
    folder: Path, scale: int, min_side: int, downscale_factors: Sequence[float] = (1.0,)
) -> Photos:
    """Open the cache of a folder's photos, building it first where needed.

    Args:
        folder: any tree of images; unreadable files, and those smaller than ``min_side`` LR pixels,
            are skipped and named in ``Photos.skipped``.
        downscale_factors: each photo counts once at each of these sizes: more sharp detail than
            there are photos (Dong et al. 2016, FSRCNN).

    Raises:
        DataError: if no image in the folder can be used.
        OSError: if the cache cannot be written, or the disk is full.
    """
    files = image_files(folder)
    stamp = [(str(p.relative_to(folder)), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    facts = [FORMAT, scale, min_side, list(downscale_factors), stamp]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    home = cache_root() / f"{folder.resolve().name}_x{scale}_{key}"
    photos = _opened(home, scale)
    if photos is None:
        home.parent.mkdir(parents=True, exist_ok=True)
        with locked(home.with_name(f".{home.name}.lock"), wait=True):
            photos = _opened(home, scale)  # another process may have made it since
            if photos is None:
                _build(home, folder, files, scale, min_side, downscale_factors)
                photos = _opened(home, scale)
    if photos is None:
        raise DataError(f"the disk does not keep what is written to {home}; set SR_DEMO_CACHE")
    return photos


def _opened(home: Path, scale: int) -> Photos | None:
    """A cache that is there and whole, else None.

    Caches of before there was a check sum are whole where their lengths are right.
    """
    try:
        index = json.loads((home / INDEX).read_text(encoding="utf-8"))
        names, shapes = index["names"], np.array(index["lr_shapes"], np.int64)
        hr, lr = (np.memmap(home / f"{side}.u8", np.uint8, "r") for side in ("hr", "lr"))
        pixels = int(shapes.prod(axis=1).sum())
        lengths = (len(names), len(lr), len(hr))
        checksums = zlib.crc32(hr.data), zlib.crc32(lr.data)  # a second for a gigabyte
        kept = [*checksums, _checksum(index)]
        if lengths == (len(shapes), 3 * pixels, 3 * pixels * scale**2) and (
            index.get("crc32", kept) == kept
        ):
            return Photos(hr, lr, shapes, scale, names, index["skipped"], checksums)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass
    return None


def _checksum(index: dict[str, Any]) -> int:
    facts = [index[name] for name in ("lr_shapes", "names", "skipped")]
    return zlib.crc32(json.dumps(facts).encode())


def _build(
    home: Path,
    folder: Path,
    files: list[Path],
    scale: int,
    min_side: int,
    downscale_factors: Sequence[float],
) -> None:
    """Decode all photos; a cache that is damaged makes room for it."""
    if home.exists():
        print(f"the decoded photos in {home} are damaged: decoding them again", file=sys.stderr)
        shutil.rmtree(home)
    partial = home.with_name(f".{home.name}")
    shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
    partial.mkdir()
    shapes, names, skipped, sums = [], [], [], [0, 0]
    try:
        with (partial / "hr.u8").open("wb") as hr_file, (partial / "lr.u8").open("wb") as lr_file:
            for path in tqdm(files, "decoding photos", disable=None):
                name = path.relative_to(folder).as_posix()
                try:
                    photo = load_image(path).pixels
                except ImageError as error:
                    skipped.append(f"{name}: {error}")
                    continue
                versions = _versions(photo, scale, min_side, downscale_factors)
                if not versions:
                    skipped.append(f"{name}: smaller than {min_side * scale} pixels")
                for factor, hr in versions.items():
                    lr = imresize(hr, 1 / scale)
                    for side, (file, pixels) in enumerate(((hr_file, hr), (lr_file, lr))):
                        data = np.ascontiguousarray(pixels).data
                        file.write(data)
                        sums[side] = zlib.crc32(data, sums[side])
                    shapes.append(lr.shape[:2])
                    names.append(name if factor == 1 else f"{name} ×{factor:g}")
        if not names:
            raise DataError(f"no image in {folder} can be used: {'; '.join(skipped[:3])}")
        index: dict[str, Any] = {"lr_shapes": shapes, "names": names, "skipped": skipped}
        index["crc32"] = [*sums, _checksum(index)]
        (partial / INDEX).write_text(json.dumps(index), encoding="utf-8")
        partial.rename(home)
    except OSError as error:
        error.filename = error.filename or str(home)  # a full disk names no file
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _versions(
    photo: np.ndarray, scale: int, min_side: int, downscale_factors: Sequence[float]
) -> dict[float, np.ndarray]:
    """A photo at each of its sizes, as far as it stays large enough."""
    versions = {
        factor: crop_to_multiple(photo if factor == 1 else imresize(photo, factor), scale)
        for factor in downscale_factors
    }
    return {f: hr for f, hr in versions.items() if min(hr.shape[:2]) >= min_side * scale}


def hold_out(photos: Photos, count: int = 8) -> tuple[Photos, list[Pair]]:
    """Split off the last photos for validation: the part that is left, and the pairs.

    Raises:
        DataError: if nothing would be left to train on.
    """
    whole = _whole(photos.names)
    kept = len(whole) - min(count, max(1, len(whole) // 10))
    if kept < 1:
        raise DataError("one photo is too few to train and validate on; add photos or give --val")
    kept = photos.names.index(whole[kept])  # before it, nothing shows what is held out
    pairs = [photos.pair(i) for i in range(kept, len(photos))]
    return replace(photos, names=photos.names[:kept], lr_shapes=photos.lr_shapes[:kept]), pairs


def validation_pairs(folder: Path, scale: int) -> tuple[list[Pair], str]:
    """The pairs of a test set, and its name.

    Args:
        folder: holds HR/ and optionally LR/ (else LR is made), or one such folder per scale: x2/,
            x3/, x4/.

    Raises:
        ImageError: if there is no HR/ with images, or an LR image does not match its HR.
    """
    name = folder.resolve().name
    if name == f"x{scale}":
        name = folder.resolve().parent.name
    pairs = [load_pair(hr, lr, scale) for hr, lr in find_pairs(folder, scale)]
    return [(lr, hr) for hr, lr in pairs], name


def degraded(pairs: Sequence[Pair], name: str) -> tuple[list[Pair], str]:
    """The pairs with an LR made from HR by one of `sr_demo.degradation.SETTINGS`, and its name."""
    damage = SETTINGS[VALIDATED_SETTING]
    met = [(degrade(hr, hr.shape[0] // lr.shape[0], damage), hr) for lr, hr in pairs]
    return met, f"{name} ({VALIDATED_SETTING})"


def texture(rgb: np.ndarray) -> float:
    """Mean step from a pixel to the next, in grey levels of green; ``uint8`` RGB ``(H, W, 3)``."""
    green = rgb[..., 1].astype(np.int16)
    return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean()) / 2


class Batches(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """``batches[k]`` is step k's share of the batch for one of ``world`` processes.

    Each item is (LR, HR): ``uint8`` ``(batch / world, 3, patch[·scale], patch[·scale])``.

    Raises:
        DataError: if a share cannot be divided into ``micro_batches`` equal ones.
    """

    def __init__(
        self, photos: Photos, recipe: Recipe, rank: int = 0, world: int = 1, micro_batches: int = 1
    ) -> None:
        if micro_batches < 1 or recipe.batch % (world * micro_batches):
            whom = f"{world} processes in {micro_batches} micro-batches each"
            raise DataError(f"a batch of {recipe.batch} cannot be shared by {whom}")
        self.photos, self.recipe, self.rank, self.world = photos, recipe, rank, world

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng((self.recipe.seed, step))
        pairs = [self._patch(rng) for _ in range(self.recipe.batch)][self.rank :: self.world]
        lr, hr = (torch.from_numpy(np.stack(side)) for side in zip(*pairs, strict=True))
        return lr.permute(0, 3, 1, 2), hr.permute(0, 3, 1, 2)  # channels_last for free

    def _patch(self, rng: np.random.Generator) -> Pair:
        if self.recipe.neutral and rng.random() < self.recipe.neutral:
            lr, hr = self._neutral(rng)
        else:
            drawn = [self._place(rng) for _ in range(self.recipe.candidates)]
            lr, hr = drawn[0] if len(drawn) == 1 else max(drawn, key=lambda pair: texture(pair[1]))
        if rng.random() < 0.5:  # with the quarter turns: all eight symmetries of the square
            lr, hr = lr[:, ::-1], hr[:, ::-1]
        turns = int(rng.integers(4))
        return np.rot90(lr, turns), np.rot90(hr, turns)

    def _place(self, rng: np.random.Generator) -> Pair:
        """One patch of one photo, every place as likely."""
        size, r = self.recipe.patch, self.photos.scale
        lr, hr = self.photos.pair(int(rng.integers(len(self.photos))))
        y = int(rng.integers(lr.shape[0] - size + 1))
        x = int(rng.integers(lr.shape[1] - size + 1))
        sharp = hr[y * r : (y + size) * r, x * r : (x + size) * r]
        if self.recipe.degradations is None:
            return lr[y : y + size, x : x + size], sharp
        return self._degraded(hr, y, x, self.recipe.degradations, rng), sharp

    def _degraded(
        self, hr: np.ndarray, y: int, x: int, ranges: Degradations, rng: np.random.Generator
    ) -> np.ndarray:
        """The LR of the patch at LR pixel (y, x), degraded together with what is around it.

        So no blur reaches beyond what is known, and JPEG's blocks begin anywhere.
        """
        size, r = self.recipe.patch, self.photos.scale
        above, left = (min(place, int(rng.integers(8, 16))) for place in (y, x))
        rows, columns = y - above, x - left
        around = hr[rows * r : (y + size + 8) * r, columns * r : (x + size + 8) * r]
        lr, _ = degrade_randomly(around, r, ranges, rng)
        return lr[above : above + size, left : left + size]

    def _neutral(self, rng: np.random.Generator) -> Pair:
        """A patch in shades of grey, of a photo or of a drawing."""
        size, r = self.recipe.patch, self.photos.scale
        if rng.random() >= self.recipe.drawn:
            hr = greyed(self._place(rng)[1])
            return imresize(hr, 1 / r), hr
        if self.recipe.drawn_small and rng.random() < self.recipe.drawn_small:
            lr = draw_small(rng, size)
            return lr, lr.repeat(r, axis=0).repeat(r, axis=1)
        hr = draw(rng, (size + 2 * RIM) * r, r)
        inside, outside = slice(RIM, RIM + size), slice(RIM * r, (RIM + size) * r)
        return imresize(hr, 1 / r)[inside, inside], hr[outside, outside]

    def loader(self, start: int, stop: int, workers: int) -> Iterator[list[torch.Tensor]]:
        """Batches ``start … stop - 1``, prepared by ``workers`` other processes."""
        return iter(
            DataLoader(
                self,
                batch_size=None,
                sampler=range(start, stop),
                num_workers=workers,
                prefetch_factor=8 if workers else None,
            )
        )
