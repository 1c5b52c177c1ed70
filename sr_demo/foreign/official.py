"""Well-known models as their authors published them, which ``sr-demo get`` brings."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from sr_demo.downloads import RemoteFile, fetch
from sr_demo.foreign.network import About

_RELEASES = "https://github.com/xinntao/Real-ESRGAN/releases/download"
FOLDER = "SR_DEMO_MODELS"  # the variable that names the folder for models


@dataclass(frozen=True)
class Official:
    """A published model: where its file is, and what is known of it without reading that."""

    name: str
    label: str
    paper: str
    idea: str
    file: RemoteFile
    about: About

    def path(self) -> Path:
        """Where its file is kept, whether or not it is there."""
        return models_folder() / self.file.name


OFFICIAL: dict[str, Official] = {
    official.name: official
    for official in (
        Official(
            name="real-esrgan",
            label="Real-ESRGAN",
            paper="Wang et al. 2021",
            idea="ESRGAN’s network, trained on pictures blurred, shrunk, made noisy and compressed "
            "again and again, as those from the web are.",
            file=RemoteFile(
                f"{_RELEASES}/v0.1.0/RealESRGAN_x4plus.pth",
                "4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1",
                67_040_989,
            ),
            about=About("ESRGAN, 64nf 23nb", 4, 16_697_987, "BSD-3-Clause, Xintao Wang"),
        ),
        Official(
            name="real-esrgan-general",
            label="Real-ESRGAN general",
            paper="Wang et al. 2021",
            idea="A small network without upsampling until its end, trained on such pictures too: "
            "fit for a CPU.",
            file=RemoteFile(
                f"{_RELEASES}/v0.2.5.0/realesr-general-x4v3.pth",
                "8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
                4_885_111,
            ),
            about=About("RealESRGAN Compact, 64nf 32nc", 4, 1_213_296, "BSD-3-Clause, Xintao Wang"),
        ),
        Official(
            name="esrgan",
            label="ESRGAN",
            paper="Wang et al. 2018",
            idea="Dense blocks without batch normalisation, and a discriminator that compares: "
            "sharper than SRGAN, on clean small pictures.",
            # Its publisher states the first digits alone, in the file's name, as PyTorch's hub does
            file=RemoteFile(
                f"{_RELEASES}/v0.1.1/ESRGAN_SRx4_DF2KOST_official-ff704c30.pth", "ff704c30"
            ),
            about=About("ESRGAN, 64nf 23nb", 4, 16_697_987, "Apache-2.0, Xintao Wang"),
        ),
    )
}


def models_folder() -> Path:
    """Where models are kept: what ``SR_DEMO_MODELS`` says, else beside PyTorch's own downloads."""
    return Path(os.environ.get(FOLDER) or Path(torch.hub.get_dir(), "sr-demo"))


def get(official: Official) -> Path:
    """Download a model to :func:`models_folder`, unless it is there; its path.

    Raises:
        DownloadError: if it cannot be had, or is not what was expected.
        OSError: if the folder cannot be written, or the disk is full.
    """
    folder = models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return fetch(official.file, folder)


def arrived(official: Official) -> bool:
    """Whether its file is there, in its size where that is known."""
    path, size = official.path(), official.file.size
    return path.is_file() and size in (None, path.stat().st_size)
