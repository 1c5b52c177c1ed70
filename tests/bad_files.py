"""Files as strangers send them: every format whole, cut, with flipped bits; odd ones; bombs."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import tifffile
from PIL import Image, ImageCms

from tests.png_files import chunk, png_file

SUFFIXES = {
    "avif": "AVIF", "bmp": "BMP", "dds": "DDS", "dib": "DIB", "gif": "GIF",
    "ico": "ICO", "jp2": "JPEG2000", "jpg": "JPEG", "mpo": "MPO", "pcx": "PCX", "png": "PNG",
    "ppm": "PPM", "qoi": "QOI", "sgi": "SGI", "tga": "TGA", "tif": "TIFF", "webp": "WEBP",
    "xbm": "XBM",
}  # fmt: skip
Named = tuple[str, bytes]


def whole_files(photo: np.ndarray) -> dict[str, bytes]:
    """A small picture in each format that is accepted, by its suffix."""
    image = Image.fromarray(photo[:48, :64])
    files = {}
    for suffix, kind in SUFFIXES.items():
        of = image.convert("1") if kind == "XBM" else image
        more = (
            {"save_all": True, "append_images": [image.rotate(180)]}
            if kind in ("MPO", "GIF")
            else {}
        )
        files[suffix] = _saved(of, kind, **more)
    files["zip.tif"] = _saved(image, "TIFF", compression="tiff_adobe_deflate")
    # Pillow itself would write ten sizes, up to a megapixel
    png = _saved(image.resize((32, 32)), "PNG")
    icon = b"icp5" + struct.pack(">I", 8 + len(png)) + png
    files["icns"] = b"icns" + struct.pack(">I", 8 + len(icon)) + icon
    offset = 4 + 4 * 1024
    directory = struct.pack("<1025I", 0x3ADE68B1, offset, *[0] * 1023)
    files["dcx"] = directory + files["pcx"]
    plain = b"".join(channel.tobytes() for channel in image.split())
    files["psd"] = (
        b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 48, 64, 8, 3) + bytes(12) + b"\0\0" + plain
    )
    return files


def mutated(photo: np.ndarray) -> Iterator[Named]:
    """Each of `whole_files` cut at every 5 % and with flipped bits at six places."""
    rng = np.random.default_rng(7)
    for suffix, content in whole_files(photo).items():
        yield f"whole.{suffix}", content
        for percent in range(5, 100, 5):
            yield f"cut-{percent}.{suffix}", content[: len(content) * percent // 100]
        for number in range(6):
            flipped = bytearray(content)
            # Half of the places lie in the header, where it hurts most
            reach = min(64, len(content)) if number % 2 else len(content)
            for place in rng.integers(0, reach, 1 + number):
                flipped[place] ^= 1 << int(rng.integers(8))
            yield f"flipped-{number}.{suffix}", bytes(flipped)


def odd_files(photo: np.ndarray) -> Iterator[Named]:
    """What is allowed but rare, what lies, and what is another thing than its name says."""
    image = Image.fromarray(photo[:48, :64])
    whole = whole_files(photo)
    for depth, entries in ((1, 2), (2, 4), (4, 16), (8, 256)):
        rows = bytes(1 + 64 * depth // 8) * 48
        palette = chunk(b"PLTE", bytes(range(256))[: entries * 3] * 3)
        yield f"palette-{depth}.png", png_file(64, 48, 3, depth, rows, palette[:4000])
        yield f"palette-short-{depth}.png", png_file(64, 48, 3, depth, rows.replace(b"\0", b"\xff"),
                                                     chunk(b"PLTE", b"abc"))  # fmt: skip
    wide = np.linspace(-1, 2, 48 * 64).reshape(48, 64)
    holes = np.where(wide > 1, np.nan, np.where(wide < 0, -np.inf, wide))
    for name, values in {
        "float32": wide.astype("f4"), "float-nan": holes.astype("f4"), "float64": wide,
        "all-nan": np.full((9, 9), np.nan, "f4"), "huge": (wide * 1e38).astype("f4"),
        "int32": (wide * 2**29).astype("i4"), "uint32": np.abs(wide * 2**29).astype("u4"),
        "uint16": np.abs(wide * 20000).astype("u2"), "int16": (wide * 16000).astype("i2"),
        "half": wide.astype("f2"), "bool": wide > 0,
    }.items():  # fmt: skip
        file = io.BytesIO()
        tifffile.imwrite(file, values)
        yield f"{name}.tif", file.getvalue()
    cmyk = image.convert("CMYK")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (None, srgb, srgb[:200], b"nonsense"):
        yield f"cmyk-{len(profile or b'')}.jpg", _saved(cmyk, "JPEG", icc_profile=profile)
        yield f"rgb-{len(profile or b'')}.png", _saved(image, "PNG", icc_profile=profile)
        yield f"cmyk-{len(profile or b'')}.tif", _saved(cmyk, "TIFF", icc_profile=profile)
    for turn in (0, 6, 9, 65535):
        exif = Image.Exif()
        exif[274] = turn
        yield f"turn-{turn}.jpg", _saved(image, "JPEG", exif=exif)
    for tags in (b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0II*\0\xff\xff\xff\xff"):
        yield f"exif-{len(tags)}.jpg", _saved(image, "JPEG", exif=tags)
        yield f"exif-{len(tags)}.webp", _saved(image, "WEBP", exif=tags)
    text = zlib.compress(b"workflow " * 1_000_000)
    yield "text.png", whole["png"][:33] + chunk(b"zTXt", b"key\0\0" + text) + whole["png"][33:]
    comment = b"\xff\xfe\xff\xff" + bytes(65533)
    yield "comments.jpg", whole["jpg"][:2] + comment * 100 + whole["jpg"][2:]
    for one in ("png", "jpg", "gif", "webp"):
        for other in ("jpg", "png", "tif"):
            yield f"{one}-and.{other}", whole[one] + whole[other]
        yield f"{one}-named.bmp", whole[one]
        yield f"zip-and-{one}.{one}", b"PK\3\4" + whole[one]
        yield f"{one}-and-zip.{one}", whole[one] + b"PK\3\4" + bytes(100)
    for name in ("照片", "фото", "صورة", "फ़ोटो", "📷", "a b&c;d'e\"f", "-rf", "x" * 200):
        yield f"{name}.png", whole["png"]
    for side in (0, 1, 9000, 65535, 2**31 - 1, 2**32 - 1):
        yield f"side-{side}.png", png_file(side, side, 6, 8, b"\0")
        yield f"side-{side}.bmp", whole["bmp"][:18] + struct.pack("<II", side, side) + bytes(30)
        yield f"side-{side}.qoi", b"qoif" + struct.pack(">IIBB", side, side, 4, 0) + bytes(30)
        yield f"side-{side}.ppm", b"P6 %d %d 255\n" % (side, side) + bytes(30)
        yield f"side-{side}.gif", b"GIF89a" + struct.pack("<HH", side % 65536, side % 65536)
    yield "inside.ico", ico(png_file(13370, 13370, 2, 8, b"\0"))
    yield "nothing.png", b""
    yield "zeros.png", bytes(100_000)
    yield "noise.jpg", np.random.default_rng(1).bytes(100_000)


def ico(png: bytes) -> bytes:
    """An icon that says it is 16 pixels wide, whatever is in it."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(png), 22) + png


def slow_files(photo: np.ndarray) -> Iterator[Named]:
    """Small files that cost Pillow half a minute and more."""
    jpeg = whole_files(photo)["jpg"]
    block = b"\xff" + b"c" * 255
    yield "comment.gif", b"GIF89a\x10\0\x10\0\0\0\0!\xfe" + block * 20_000 + b"\0;"
    yield "fill.jpg", jpeg[:2] + b"\xff" * 3_000_000 + jpeg[2:]
    yield "plain.pgm", b"P2 4000 4000 255\n" + b"7 " * 4_000_000
    yield "large.qoi", b"qoif" + struct.pack(">IIBB", 4000, 4000, 4, 0) + b"\xfe123" * 2_000_000


def many_scans(photo: np.ndarray, count: int) -> bytes:
    """A progressive JPEG that refines the same coefficients again and again."""
    jpeg = _saved(Image.fromarray(photo), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:last] + jpeg[last:-2] * count + b"\xff\xd9"


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
