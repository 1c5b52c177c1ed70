"""What tests of the page without a browser ask for, and how."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import gradio as gr
import numpy as np
from PIL import Image

from sr_demo.ui.compare.run import run
from sr_demo.ui.session import Job, Picture, Session


def job(picture: Picture, **changes: Any) -> Job:
    return replace(Job(picture, picture.loaded, True, 4, ("bicubic",), "y"), **changes)


def work(session: Session, wanted: Job) -> list[dict[str, float]]:
    session.ask(wanted)
    assert session.begin() is wanted
    return [dict(progress) for progress in run(session, wanted)]


def read(path: str | Path | IO[bytes]) -> np.ndarray:
    return np.asarray(Image.open(path))


def request(**query: str) -> gr.Request:
    return SimpleNamespace(session_hash="me", query_params=query)  # type: ignore[return-value]


def event(**data: object) -> gr.EventData:
    return gr.EventData(None, data)
