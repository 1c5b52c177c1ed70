"""A result at an exact size: the page saves what the command line makes, or says why not."""

from pathlib import Path

import numpy as np
import pytest

from sr_demo.images import Loaded, load_image
from sr_demo.sizing import Size, upscale_to
from sr_demo.ui.compare.run import run
from sr_demo.ui.compare.sized import NOTHING, PIXELS, sized
from sr_demo.ui.session import Job, Picture, Session


@pytest.fixture
def session(photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A small picture with transparency, enlarged ×3."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    opacity = np.full((32, 48), 255, np.uint8)
    opacity[:, 40:] = 100
    loaded = Loaded(photo[:32, :48], opacity, ())
    session = Session()
    session.ask(Job(Picture("cat", loaded), loaded, False, 3, ("bicubic", "espcn"), "y"))
    job = session.begin()
    assert job is not None
    for _ in run(session, job):
        pass
    return session


@pytest.mark.parametrize(
    ("text", "size", "name", "says"),
    [
        ("130", Size(longer=130), "130x87", "Saved 130 × 87; reduced from 144 × 96 by bicubic."),
        ("144x", Size(width=144), "144x96", "Saved 144 × 96."),
        (" x90 ", Size(height=90), "135x90", "reduced from"),
    ],
)
def test_it_is_what_the_command_line_makes(
    session: Session, photo: np.ndarray, text: str, size: Size, name: str, says: str
) -> None:
    path, said = sized(session, "espcn", text)
    assert Path(path).name == f"cat_x3_espcn_{name}.png"
    assert says in said
    saved = load_image(path)
    opacity = np.full((32, 48, 1), 255, np.uint8)
    opacity[:, 40:] = 100
    expected = upscale_to(np.dstack([photo[:32, :48], opacity]), size, "espcn").image
    np.testing.assert_array_equal(saved.opacity, expected[..., 3])
    seen = expected[..., 3] > 0
    np.testing.assert_array_equal(saved.pixels[seen], expected[..., :3][seen])


def test_other_proportions_take_the_middle(session: Session) -> None:
    path, said = sized(session, "bicubic", "80x80")
    whole, _ = sized(session, "bicubic", "144x96")
    assert "the middle, 96 × 96, used" in said
    middle = load_image(whole).pixels[:, 24:120].astype(int)
    saved = load_image(path).pixels
    assert saved.shape == (80, 80, 3)
    assert abs(saved.mean() - middle.mean()) < 1


def test_beyond_what_is_shown_a_larger_scale_is_named(session: Session) -> None:
    path, said = sized(session, "espcn", "180")
    assert "enlarged from 144 × 96 by bicubic. ×4 shows more than that" in said
    assert load_image(path).pixels.shape == (120, 180, 3)


@pytest.mark.parametrize("text", ["", "large", "0", "99999999999999999999", "-3x4", "40000x2"])
def test_what_is_no_size_is_refused_in_a_sentence(session: Session, text: str) -> None:
    with pytest.raises(ValueError, match=r"no size|cannot be made"):
        sized(session, "espcn", text)


def test_too_many_pixels_and_what_is_not_shown_are_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="ask for 64 megapixels at most"):
        sized(session, "espcn", "20000x20000")
    with pytest.raises(ValueError, match="ask for 16 megapixels at most"):
        sized(session, "espcn", "4001x4000", PIXELS)
    with pytest.raises(ValueError, match="Choose one of the results"):
        sized(session, "srgan", "100x100")
    with pytest.raises(ValueError, match=NOTHING):
        sized(Session(), "espcn", "100x100")
