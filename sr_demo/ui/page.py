"""The page as a whole: head, tabs, foot."""

from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from sr_demo.inference import engine
from sr_demo.ui import api, folder
from sr_demo.ui.asked import NOT_UNDERSTOOD, CheckedBlocks, decline
from sr_demo.ui.compare.tab import CompareTab
from sr_demo.ui.first.screen import FirstScreen
from sr_demo.ui.guard import Guard
from sr_demo.ui.guide.head import head
from sr_demo.ui.lab.tab import LabTab
from sr_demo.ui.lessons.tab import LessonsTab
from sr_demo.ui.models.tab import ModelsTab
from sr_demo.ui.session import SessionStore
from sr_demo.ui.share import share
from sr_demo.ui.theme import theme

HERE = Path(__file__).parent
TABS = ("compare", "lab", "lessons", "models")  # their ids, in links too
_SHOW = "() => ({{ __type__: 'update', selected: '{}' }})"  # a tab, in the browser alone


def build(sessions: SessionStore | None = None, queue_size: int = 64) -> gr.Blocks:
    """The app, ready for ``launch(**launch_options())``.

    Args:
        sessions: by default its own.
        queue_size: how many may wait; the next are told that the page is busy.
    """
    sessions = SessionStore() if sessions is None else sessions
    with CheckedBlocks(
        title="SR Demo: super-resolution side by side",
        analytics_enabled=False,
        fill_width=True,
    ) as app:
        guide = head()
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Compare", id="compare") as tab:
                compare = CompareTab(app, tab, sessions)
            with gr.Tab("Lab", id="lab") as lab:
                share("lab", compared=True)
                bench = LabTab(app, lab, sessions).lab
                # In the browser alone: the viewer is told by an event which picture to open.
                bench.open(None, None, tabs, js=_SHOW.format("compare"), queue=False)
            with gr.Tab("Lessons", id="lessons") as lessons:
                LessonsTab(app, lessons)
            with gr.Tab("Models", id="models") as models:
                share("models")
                ModelsTab(app, models, compare)
        guide.lesson(None, None, tabs, js=_SHOW.format("lessons"), queue=False)
        for name in TABS:
            turn = getattr(compare.viewer, f"tab_{name}")
            turn(None, None, tabs, js=_SHOW.format(name), queue=False)
        gr.HTML(_foot(), apply_default_css=False, elem_id="foot")
        api.register(app)
        app.load(_opening_tab, None, tabs, queue=False, api_visibility="private")
        app.unload(compare.leave)
    return app.queue(max_size=queue_size, api_open=False)


def launch_options(sessions: SessionStore | None = None) -> dict[str, Any]:
    """What belongs to the page but is said at launch in Gradio 6.

    Args:
        sessions: the page's, where its first screen is kept, too; by default it has none.
    """
    middleware = [Middleware(Guard)]
    if sessions is not None:
        middleware.append(Middleware(FirstScreen, sessions=sessions))
    return {
        "theme": theme(),
        # Not as css=, which Gradio would confine to its inner column.
        "head": f"<style>{(HERE / 'page.css').read_text(encoding='utf-8')}</style>",
        "footer_links": ["api", "settings"],
        "run_history": False,
        "ssr_mode": False,
        "max_file_size": "100mb",
        "app_kwargs": {
            "middleware": middleware,
            "exception_handlers": dict.fromkeys(NOT_UNDERSTOOD, decline),
        },
    }


def _opening_tab(request: gr.Request) -> gr.Tabs:
    """The tab that a link asks for: ?tab=models, or any lesson's ?lesson=3."""
    query = request.query_params or {}
    tab = "lessons" if "lesson" in query else query.get("tab")
    return gr.Tabs(selected=tab if tab in TABS else TABS[0])


def _foot() -> str:
    return (
        f"<p>{engine.describe()} · pictures are deleted when you leave, after a day, or beyond "
        f"{folder.MAX_BYTES / 1e9:g} GB · "
        "code and weights Apache-2.0 · samples from scikit-image</p>"
    )
