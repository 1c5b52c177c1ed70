"""Whatever is asked of the page's functions, the answer is an answer or one plain sentence."""

import itertools
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest

from sr_demo.images import ImageError, png_bytes
from sr_demo.lessons.votes import Votes
from sr_demo.ui import asked
from sr_demo.ui.compare.tab import SHARP, CompareTab
from sr_demo.ui.endpoints import Endpoints
from sr_demo.ui.files import keep_file
from sr_demo.ui.lab.tab import LabTab
from sr_demo.ui.lessons import serve
from sr_demo.ui.session import SessionStore

ODD: list[Any] = [
    None, True, -1, 0, 4.0, 2.5, float("inf"), float("nan"), 10**30, "", "x", "4", "\0", "../x",
    "a" * 5000, "<b>\n</b>", [], [1], [[]], [{}], [None] * 4, [float("inf")] * 4, {}, {"a": [1]},
    {"path": None}, {"path": "\0"}, {"path": 5}, {"path": "/etc/passwd"},
    {"path": "https://localhost/x.png", "meta": {"_type": "gradio.FileData"}},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.getbasetemp() / "asked"))


def sentence(text: Any) -> bool:
    """Whether it is one line that a person can read."""
    if not isinstance(text, str) or "Traceback" in text or "\n" in text:
        return False
    return 10 < len(text) < 300


def request() -> gr.Request:
    values: dict[str, Any] = {"session_hash": "me", "query_params": {}, "client": None}
    return SimpleNamespace(**values)  # type: ignore[return-value]


# --- the helpers ----------------------------------------------------------------------------------


def test_a_whole_number_is_told_however_it_is_written() -> None:
    assert [asked.whole(value) for value in (4, 4.0, "4")] == [4, 4, 4]
    odd: list[Any] = [None, True, 4.5, float("inf"), float("nan"), "4.5", "x", [4], {}]
    for value in odd:
        assert asked.whole(value) is None


def test_an_address_is_found_at_any_depth() -> None:
    asked.refuse_addresses([{"path": "/a.png"}, 5, "https://in.a/text", None])
    for value in ({"path": "http://a/b"}, [[{"x": {"path": "https://a/b"}}]]):
        with pytest.raises(ImageError, match="Upload the picture"):
            asked.refuse_addresses(value)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("Too\n small."), "Too small."),
        (MemoryError(), "ran out of memory"),
        (KeyError("a"), "It failed (KeyError)"),
    ],
)
def test_every_error_becomes_a_sentence(error: Exception, text: str) -> None:
    assert text in asked.plain(error, "It")


# --- programs -------------------------------------------------------------------------------------


@pytest.fixture
def picture() -> dict[str, Any]:
    return {"path": keep_file("dot.png", png_bytes(np.full((4, 4, 3), 9, np.uint8)))}


def called(name: str, values: dict[str, Any]) -> Any:
    """What an endpoint answers, or its error as a program gets it."""
    try:
        return getattr(Endpoints(None), name)(**values, progress=lambda *_: None)
    except Exception as error:
        return asked.plain(error, "The call")


def test_odd_calls_of_the_endpoints_are_refused_in_a_sentence(picture: dict[str, Any]) -> None:
    usual = {
        "upscale": {"image": picture, "method": "bicubic", "scale": 2},
        "compare": {"image": picture, "methods": ["bicubic"], "scale": 2, "has_original": True,
                    "color_space": "y", "degrade": "clean"},
    }  # fmt: skip
    for name, values in usual.items():
        assert not isinstance(called(name, values), str)
        for argument, odd in itertools.product(values, ODD):
            answer = called(name, values | {argument: odd})
            if isinstance(answer, str):
                assert sentence(answer), (name, argument, odd, answer)
                assert "failed" not in answer, (name, argument, odd, answer)
            else:
                json.dumps(answer, allow_nan=False)


def test_a_missing_checkpoint_is_named(
    picture: dict[str, Any], checkpoints_in: Any, tmp_path: Any
) -> None:
    checkpoints_in(tmp_path)
    answer = called("upscale", {"image": picture, "method": "espcn", "scale": 2})
    assert sentence(answer)
    assert "espcn_x2" in answer


# --- lessons --------------------------------------------------------------------------------------


def test_odd_questions_of_the_lessons_are_answered() -> None:
    start, *handlers = serve.class_handlers(Votes())
    usual = {"image": "page", "crop": [60, 60, 24, 24], "scale": 4, "shown": True, "code": "MAPLE",
             "pick": "A", "voter": "ann", "key": "k", "reset": False}  # fmt: skip
    calls = list(itertools.product(handlers, itertools.product(usual, ODD)))
    # These take a while: the place that they work at is found as for the others.
    for handler in (serve.blind_pictures, serve.channel_values, start):
        calls += itertools.product([handler], itertools.product(["scale", "shown"], ODD[::5]))
    for handler, (argument, odd) in calls:
        answer = handler(usual | {argument: odd})
        json.dumps(answer, allow_nan=False)
        if "error" in answer:
            assert sentence(answer["error"]), (handler, argument, odd)
            assert "failed" not in answer["error"], (handler, argument, odd, answer)
    for handler, odd in itertools.product(handlers, ODD):
        if not isinstance(odd, dict):
            assert handler(odd) == handler({})


# --- the page -------------------------------------------------------------------------------------


@pytest.fixture
def tabs() -> tuple[CompareTab, LabTab]:
    with gr.Blocks() as app, gr.Tab() as tab:
        store = SessionStore()
        return CompareTab(app, tab, store), LabTab(app, tab, store)


def test_odd_events_change_nothing_on_the_page(tabs: tuple[CompareTab, LabTab]) -> None:
    compare, lab = tabs
    controls = (SHARP, 4, ["bicubic"], "y", "clean")
    for odd in ODD:
        for data in ({}, {"name": odd}, {"path": odd}, {"box": odd, "run": odd}, {"suffix": odd}):
            event = gr.EventData(None, data)
            for answer in (
                compare.choose_sample(*controls, event, request()),
                compare.upload(*controls, event, request()),
            ):
                assert sentence(answer[compare.picker].props["picture"]["error"])
            compare.crop(event, request())
            lab.draw(event, request())
    assert compare.sessions["me"].picture is None


# --- through HTTP ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def post(served: tuple[gr.Blocks, str]) -> Iterator[Any]:
    with httpx.Client(base_url=f"{served[1]}gradio_api", timeout=30) as client:

        def call(data: list[Any]) -> str:
            answer = client.post("/call/upscale", json={"data": data})
            event = answer.json()["event_id"]
            return client.get(f"/call/upscale/{event}").text

        yield call


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([{"path": "https://localhost/x.png", "meta": {"_type": "gradio.FileData"}}, "bicubic", 2],
         "nothing is fetched"),
        ([{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, "bicubic", 2],
         "do not fit"),
        ([{"path": "/etc/passwd"}, "bicubic", 2], "not uploaded here"),
        (["https://localhost/x.png", "bicubic", 2], "Upload the picture"),
        ([{"path": "x", "meta": "y"}, "bicubic", 2], "do not fit"),
        ([], "Upload the picture"),
    ],
)  # fmt: skip
def test_a_refusal_reaches_the_client_in_words(post: Any, data: list[Any], message: str) -> None:
    answer = post(data)
    assert "event: error" in answer
    assert message in answer


def test_an_endpoint_is_reached_through_the_queue_alone(served: tuple[gr.Blocks, str]) -> None:
    answer = httpx.post(f"{served[1]}gradio_api/api/upscale", json={"data": [None, "bicubic", 2]})
    assert answer.status_code == 404
