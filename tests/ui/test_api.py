"""The page's endpoints for programs."""

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import sr_demo
from benchmarks import load
from sr_demo.degradation import SETTINGS
from sr_demo.images import png_bytes, save_png
from sr_demo.ui.api import quota
from sr_demo.ui.endpoints import Endpoints
from sr_demo.ui.files import keep_file
from sr_demo.ui.quota import HERE, Quota, client_of
from sr_demo.ui.work import working
from tests.bad_files import mutated, odd_files

News = queue.SimpleQueue[str]


def read(path: str) -> np.ndarray:
    return np.asarray(Image.open(path))


@pytest.fixture(scope="module")
def client(served: tuple[gr.Blocks, str], tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(served[1], verbose=False, download_files=str(tmp_path_factory.mktemp("client")))


def test_only_the_useful_endpoints_are_public(client: Client) -> None:
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {"/upscale", "/compare", "/benchmark"}


def test_nothing_is_told_to_anyone(served: tuple[gr.Blocks, str]) -> None:
    app, _ = served
    assert app.analytics_enabled is False
    assert app.config["run_history"] is False


def test_upscale_returns_the_pixels_of_the_library_with_alpha(
    client: Client, tmp_path: Path, photo: np.ndarray
) -> None:
    rgba = np.dstack([photo, photo[..., 1]])[:40, :60]
    save_png(tmp_path / "leaf.png", rgba[..., :3], rgba[..., 3])
    path = client.predict(handle_file(tmp_path / "leaf.png"), "bicubic", 2, api_name="/upscale")
    assert Path(path).name == "leaf_x2_bicubic.png"
    np.testing.assert_array_equal(read(path), sr_demo.upscale(rgba, "bicubic", 2))


def test_compare_returns_scores_and_pictures(
    client: Client, tmp_path: Path, photo: np.ndarray
) -> None:
    save_png(tmp_path / "cat.png", photo)
    scores, (path,) = client.predict(
        handle_file(tmp_path / "cat.png"), 4, ["bicubic"], api_name="/compare"
    )
    expected = sr_demo.compare(photo, 4, ["bicubic"]).result("bicubic")
    assert scores["bicubic"]["psnr"] == expected.scores.psnr
    assert scores["bicubic"]["ssim"] == expected.scores.ssim
    np.testing.assert_array_equal(read(path), expected.image)
    _, (path,) = client.predict(
        handle_file(tmp_path / "cat.png"), 4, ["bicubic"], degrade="medium", api_name="/compare"
    )
    degraded = sr_demo.compare(photo, 4, ["bicubic"], degradation=SETTINGS["medium"])
    assert Path(path).name == "cat_x4_medium_bicubic.png"
    np.testing.assert_array_equal(read(path), degraded.results[0].image)


@pytest.mark.parametrize(
    ("content", "method", "message"),
    [
        (b"%PDF-1.7", "bicubic", "is a PDF document"),
        (b"", "bicubic", "is empty"),
        (None, "nonsense", "There is no method"),
    ],
)
def test_an_endpoint_declines_in_plain_words(
    client: Client,
    tmp_path: Path,
    photo: np.ndarray,
    content: bytes | None,
    method: str,
    message: str,
) -> None:
    path = tmp_path / "picture.png"
    save_png(path, photo) if content is None else path.write_bytes(content)
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(path), method, 4, api_name="/upscale")


# --- work that nobody waits for -------------------------------------------------------------------


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> News:
    """Enlarging takes for ever; what becomes of it."""
    news: News = queue.SimpleQueue()

    def upscale(*_: object, alpha: float | None, progress: Callable[[float], None]) -> np.ndarray:
        news.put("begun")
        try:
            while True:
                progress(0.1)
                time.sleep(0.02)
        except BaseException as error:
            news.put(type(error).__name__)
            raise

    monkeypatch.setattr(sr_demo, "upscale", upscale)
    return news


def test_a_cancelled_call_stops_at_its_next_tile(
    client: Client, tmp_path: Path, photo: np.ndarray, endless: News
) -> None:
    save_png(tmp_path / "cat.png", photo)
    job = client.submit(handle_file(tmp_path / "cat.png"), "bicubic", 2, api_name="/upscale")
    assert endless.get(timeout=20) == "begun"
    job.cancel()
    assert endless.get(timeout=20) == "Cancelled"


def test_a_call_whose_client_hangs_up_stops_at_its_next_tile(
    served: tuple[gr.Blocks, str], photo: np.ndarray, endless: News
) -> None:
    with httpx.Client(base_url=f"{served[1]}gradio_api") as client:
        (path,) = client.post("/upload", files={"files": ("a.png", png_bytes(photo))}).json()
        image = {"path": path, "meta": {"_type": "gradio.FileData"}}
        asked = client.post("/call/upscale", json={"data": [image, "bicubic", 2]}).json()
        with client.stream("GET", f"/call/upscale/{asked['event_id']}") as answer:
            assert next(answer.iter_lines())
            assert endless.get(timeout=20) == "begun"
    assert endless.get(timeout=20) == "Cancelled"


def test_closing_stops_the_work_at_its_next_report() -> None:
    stop = threading.Event()
    reported: list[int] = []

    def work(report: Callable[[int], None]) -> None:
        for number in range(10**6):
            report(number)
            reported.append(number)
            time.sleep(0.001)

    news = working(work, stop)
    assert next(news) == 0
    news.close()  # type: ignore[attr-defined]
    done = len(reported)
    time.sleep(0.05)
    assert len(reported) <= done + 1
    assert stop.is_set()


def test_users_are_served_and_nobody_waits_for_one_who_has_left(
    served: tuple[gr.Blocks, str], client: Client, tmp_path: Path
) -> None:
    address = served[1].rstrip("/")
    calls = load.many(address, tmp_path, users=2, seconds=1, pause=0.1)
    large, small = (load.picture(tmp_path, side) for side in (load.LARGE, load.SIDES[0]))
    load.leave(address, large, "espcn", patience=0.3, cancel=False)
    calls.append(load.called(client, "/upscale", handle_file(small), "espcn", 4))
    assert len(calls) >= 3
    assert [call for call in calls if call.failure or call.busy] == []


# --- how much -------------------------------------------------------------------------------------


def address(peer: str, noted: str = "") -> gr.Request:
    headers = {"x-forwarded-for": noted} if noted else {}
    values = {"client": SimpleNamespace(host=peer), "headers": headers}
    return SimpleNamespace(**values)  # type: ignore[return-value]


def test_programs_may_have_less_than_the_page(photo: np.ndarray) -> None:
    calls: list[Any] = [Endpoints(None).upscale, Endpoints(None).compare]
    large = {"path": keep_file("large.png", png_bytes(np.zeros((1300, 800, 3), np.uint8)))}
    for call in calls:
        options = {} if call.__name__ == "upscale" else {"has_original": False}
        with pytest.raises(ValueError, match=r"3200×5200 is 16.6 megapixels.*may have 16"):
            call(large, scale=4, progress=lambda *_: None, **options)


def test_who_has_had_much_waits_and_this_machine_never(photo: np.ndarray) -> None:
    dot = {"path": keep_file("dot.png", png_bytes(photo[:10, :10]))}
    endpoints = Endpoints(Quota(per_minute=600, at_once=600))

    def ask(who: gr.Request) -> None:
        how: Any = {"request": who, "progress": lambda *_: None}
        endpoints.upscale(dot, "bicubic", 2, **how)  # type: ignore[arg-type]

    for _ in range(2):  # 400 pixels each: the second goes into debt
        ask(address("8.8.8.8"))
    with pytest.raises(ValueError, match=r"wait \d+ s and try again"):
        ask(address("8.8.8.8"))
    ask(address("9.9.9.9"))
    for _ in range(9):
        ask(address("127.0.0.1"))


def test_a_bucket_fills_at_its_rate_and_no_further() -> None:
    time_is = [0.0]
    quota = Quota(per_minute=60, at_once=2, clock=lambda: time_is[0])
    quota.take("a", 5)
    for time_is[0], fits in ((0.0, False), (2.9, False), (3.1, True), (1000.0, True)):
        if fits:
            quota.take("a")
        else:
            with pytest.raises(ValueError, match="wait"):
                quota.take("a")
    quota.take("a")
    with pytest.raises(ValueError, match="wait"):
        quota.take("a")


@pytest.mark.parametrize(
    ("peer", "noted", "client"),
    [
        ("8.8.8.8", "", "8.8.8.8"),
        ("8.8.8.8", "9.9.9.9", "8.8.8.8"),  # no proxy of ours: whoever connects can claim that
        ("10.0.0.1", "1.1.1.1, 9.9.9.9, 10.0.0.2", "9.9.9.9"),
        ("127.0.0.1", "9.9.9.9", "9.9.9.9"),
        ("127.0.0.1", "nonsense", HERE),
        ("127.0.0.1", "", HERE),
        ("192.168.1.7", "", "192.168.1.7"),
    ],
)
def test_a_client_is_known_by_what_it_cannot_claim(peer: str, noted: str, client: str) -> None:
    assert client_of(address(peer, noted)) == client


def test_the_quota_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (made := quota()) is not None
    assert made.per_minute == 60e6
    for given, expected in (("2.5", 2.5e6), ("0", None)):
        monkeypatch.setenv("SR_DEMO_API_QUOTA", given)
        made = quota()
        assert (made and made.per_minute) == expected
    for given in ("much", "-1", "nan", "inf"):
        monkeypatch.setenv("SR_DEMO_API_QUOTA", given)
        with pytest.raises(ValueError, match="megapixels a minute"):
            quota()


# --- odd files ------------------------------------------------------------------------------------


def test_odd_files_get_a_picture_or_a_sentence_and_the_page_lives(
    client: Client, tmp_path: Path, photo: np.ndarray
) -> None:
    """A sample of what tests/test_gate.py sends through the gate, over HTTP."""
    small = photo[:48, :64]
    pictures, sentences = 0, 0
    for name, content in [*mutated(small)][::41] + [*odd_files(small)][::10]:
        path = tmp_path / name
        path.write_bytes(content)
        try:
            client.predict(handle_file(path), "bicubic", 2, api_name="/upscale")
            pictures += 1
        except AppError as error:
            message = str(error)
            assert message.endswith(".")
            assert "\n" not in message
            assert "Traceback" not in message
            sentences += 1
    assert pictures > 5
    assert sentences > 5


def test_a_name_in_any_script_stays(client: Client, tmp_path: Path, photo: np.ndarray) -> None:
    save_png(tmp_path / "照片.png", photo)
    path = client.predict(handle_file(tmp_path / "照片.png"), "bicubic", 2, api_name="/upscale")
    assert Path(path).name == "照片_x2_bicubic.png"
    np.testing.assert_array_equal(read(path), sr_demo.upscale(photo, "bicubic", 2))
