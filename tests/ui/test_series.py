"""Many pictures in the page, without a browser: limits, progress, cancel, what is kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from sr_demo.boxes import Box
from sr_demo.images import load_image, save_png
from sr_demo.series import Skipped
from sr_demo.ui.compare import series
from sr_demo.ui.compare.series import BUSIEST, CROP, MOST, SeriesCard
from sr_demo.ui.session import SessionStore

PAGE = gr.Request(session_hash="page")
SETTINGS = ("sharp", 4, ["bicubic"], "y", "clean")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where uploads lie."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    # What the gate does has tests of its own; its process takes a second to start
    monkeypatch.setattr(series, "load_untrusted", load_image)
    return tmp_path


@pytest.fixture
def card() -> SeriesCard:
    with gr.Blocks() as app:
        return SeriesCard(app, SessionStore(), [gr.State() for _ in SETTINGS])


def begun(card: SeriesCard, files: list[Path], where: str = BUSIEST) -> dict[Any, Any]:
    return card.begin([str(file) for file in files], where, *SETTINGS, PAGE)


def run(card: SeriesCard) -> Iterator[dict[Any, Any]]:
    return card.run(*SETTINGS, PAGE)


def test_a_bad_file_is_skipped_and_the_rest_is_made(
    folder: Path, card: SeriesCard, photo: np.ndarray
) -> None:
    paths = [folder / name for name in ("a.png", "<b>.png", "c.png")]
    save_png(paths[0], photo)
    paths[1].write_text("no picture")
    save_png(paths[2], photo[:80, :96])
    session = card.sessions["page"]
    session.box = Box(8, 8, 40, 24)
    begun(card, paths, CROP)
    *_, last = run(card)
    news = last[card.news]
    assert "2 of 3 pictures compared" in news
    assert "&lt;b&gt;.png" in news
    assert "<b>.png" not in news
    kept = last[card.kept]
    assert load_image(kept["png"]).pixels.shape[1] == 1440
    lines = Path(kept["csv"]).read_text().splitlines()
    assert len(lines) == 3
    assert ",8,8,40,24," in lines[1]
    assert {*map(str, paths), *kept.values()} <= session.files.paths  # they go with the page
    assert not card._made


def test_what_is_done_when_it_is_cancelled_is_kept(
    folder: Path, card: SeriesCard, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [folder / f"{number}.png" for number in range(3)]
    for path in paths:
        save_png(path, photo)

    def read(path: Path) -> Any:
        if path == paths[1]:
            card.cancel(PAGE)
        return load_image(path)

    monkeypatch.setattr(series, "load_untrusted", read)
    begun(card, paths)
    *_, last = run(card)
    assert "Stopped: 1 of 3" in last[card.news]
    assert len(Path(last[card.kept]["csv"]).read_text().splitlines()) == 2


def test_what_is_missing_or_too_much_is_said(
    folder: Path, card: SeriesCard, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Choose several" in card.begin(None, CROP, *SETTINGS, PAGE)[card.news]
    assert "No method" in card.begin(["a"], CROP, "sharp", 4, [], "y", "clean", PAGE)[card.news]
    path = folder / "a.png"
    save_png(path, photo)
    assert "not uploaded here" in begun(card, [Path("/etc/hostname")])[card.news]
    assert "choose 24 or less" in begun(card, [path] * (MOST + 1))[card.news]
    monkeypatch.setattr(series, "PIXELS", 10_000)
    begun(card, [path])
    assert begun(card, [path]) == {card.news: gr.skip()}  # one at a time
    *_, last = run(card)
    assert "megapixels" in last[card.news]
    assert card.saves not in last


def test_the_time_left_is_told_after_the_first_picture(photo: np.ndarray) -> None:
    made = series.Made([Path("a.png"), Path("b.png")], None)
    assert "left" not in series._going(made, 0.5, "a.png, Bicubic")
    made.skipped.append(Skipped("a.png", ""))
    assert "2 of 2: &lt;b.png, Bicubic …, about" in series._going(made, 0.5, "<b.png, Bicubic")
