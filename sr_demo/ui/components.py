"""How a component's JavaScript reaches the page: ES modules, linked when the component loads.

Gradio runs ``js_on_load`` as the body of a function, where nothing can be imported by a relative
path. So the component's module and all that it imports travel inside it as text, and the browser
links them by blob URLs. They could be served as files (``gr.set_static_paths``) and be imported by
their URLs; but Gradio sends no ``Cache-Control`` with a file, so that after an update a browser may
link an old module to a new one, and every level of imports waits for one more answer. As text they
need no route and no root path: they work behind a proxy, offline, and in any ``gr.Blocks``.
"""

import json
import posixpath
import re
import time
from pathlib import Path
from typing import Any

import gradio as gr

from sr_demo.ui.files import file_data

HERE = Path(__file__).parent
_IMPORTED = re.compile(r"(?<= from ')\.{1,2}/[^']+(?=')")


def js_on_load(script: Path, *events: str) -> str:
    """The ``js_on_load`` of a ``gr.HTML`` whose component a module exports by default.

    Args:
        script: the module, a file in or below this folder.
        events: what the component sends and Python hears. Whatever else it sends is the name of
            one of its ``server_functions``.
    """
    name = script.relative_to(HERE).as_posix()
    modules = linked("gradio.js") | linked(name)
    modules[name] = modules.pop(name)  # the last is the component
    text = json.dumps(list(modules.items()), ensure_ascii=False)
    # Gradio takes every word in quotes for an event: none but `events` may look like one.
    text = text.replace("'", "\\u0027").replace("`", "\\u0060")
    loader = (HERE / "load.js").read_text(encoding="utf-8")
    return f"const modules = {text}, events = {json.dumps(events)};\n{loader}"


def linked(name: str) -> dict[str, str]:
    """A module and all that it imports, name -> source, each after those that it imports.

    Relative imports become ``from 'module:NAME'``; names are paths from this folder.
    """
    folder = posixpath.dirname(name)
    found: dict[str, str] = {}

    def resolve(match: re.Match[str]) -> str:
        other = posixpath.normpath(posixpath.join(folder, match[0]))
        found.update(linked(other))
        return f"module:{other}"

    source = (HERE / name).read_text(encoding="utf-8")
    source = _IMPORTED.sub(resolve, source)
    return found | {name: source}


def download(elem_id: str) -> gr.HTML:
    """A component without looks that saves a file; its value comes from :func:`to_download`."""
    return gr.HTML(
        html_template="",
        js_on_load=js_on_load(HERE / "download.js"),
        apply_default_css=False,
        elem_id=elem_id,
    )


def to_download(path: str) -> dict[str, Any]:
    """A value of :func:`download`, never equal to the last one.

    So each is saved once, and the same file can be asked for again.
    """
    return {"file": file_data(path), "asked": time.time_ns()}
