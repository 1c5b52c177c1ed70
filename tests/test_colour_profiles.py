"""A picture with a colour profile is shown in sRGB, as its maker saw it."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from sr_demo.images import load_image

# Columns are the D50-adapted primaries of Display P3 and of sRGB.
P3 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)
SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)
GAMMA = 563 / 256


def matrix_profile(matrix: np.ndarray) -> bytes:
    """The smallest ICC v2 display profile: three primaries and one gamma."""

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))

    name = b"Wide\0"
    description = b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(79)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 563) + bytes(2)
    tags = {b"desc": description, b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249)}
    for channel, column in zip(b"rgb", matrix.T, strict=True):
        tags[bytes([channel]) + b"XYZ"] = b"XYZ " + bytes(4) + fixed(*column)
        tags[bytes([channel]) + b"TRC"] = curve
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        table += tag + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data
    header = struct.pack(">I4xI4s4s4s12x4s", 128 + len(table) + len(body), 0x02400000,
                         b"mntr", b"RGB ", b"XYZ ", b"acsp")  # fmt: skip
    header += bytes(68 - len(header)) + fixed(0.9642, 1, 0.8249)
    return header + bytes(128 - len(header)) + table + body


def test_wide_gamut_colours_are_converted_to_srgb(photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / "wide.png", icc_profile=matrix_profile(P3))
    loaded = load_image(tmp_path / "wide.png")
    linear = (photo / 255) ** GAMMA @ (np.linalg.inv(SRGB) @ P3).T
    linear = linear.clip(0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(loaded.pixels - 255 * encoded).max() <= 2
    assert np.abs(loaded.pixels.astype(int) - photo).max() > 10
    assert loaded.changes == ("colours converted from Wide to sRGB",)


def test_an_srgb_profile_changes_no_pixel(photo: np.ndarray, tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(photo).save(tmp_path / "srgb.png", icc_profile=profile)
    loaded = load_image(tmp_path / "srgb.png")
    np.testing.assert_array_equal(loaded.pixels, photo)
    assert loaded.changes == ()


def test_profile_alpha_and_orientation_go_together(photo: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    opacity = np.full(photo.shape[:2], 255, np.uint8)
    opacity[:, :20] = 100
    stored = np.dstack([photo, opacity]).swapaxes(0, 1)[::-1]
    image = Image.fromarray(np.ascontiguousarray(stored))
    image.save(tmp_path / "all.png", exif=exif, icc_profile=matrix_profile(P3))
    Image.fromarray(photo).save(tmp_path / "wide.png", icc_profile=matrix_profile(P3))
    loaded = load_image(tmp_path / "all.png")
    np.testing.assert_array_equal(loaded.opacity, opacity)
    np.testing.assert_array_equal(loaded.pixels, load_image(tmp_path / "wide.png").pixels)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_unusable_profile_is_ignored_and_said(
    photo: np.ndarray, tmp_path: Path, mode: str
) -> None:
    profile = b"nonsense" * 30 if mode == "RGB" else matrix_profile(P3)  # RGB's, on gray
    image = Image.fromarray(photo).convert(mode)
    image.save(tmp_path / "odd.png", icc_profile=profile)
    loaded = load_image(tmp_path / "odd.png")
    np.testing.assert_array_equal(loaded.pixels, np.asarray(image.convert("RGB")))
    assert "unusable colour profile ignored" in loaded.changes
