"""Write the page without a server: a folder of plain files, everything that it needs in it."""

import gzip
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image

from sr_demo import lessons
from sr_demo.inference.runnable import available, operations, parameters
from sr_demo.lessons.texts import FIRST, LESSONS, Lesson, section
from sr_demo.methods import METHODS, SCALES, Method
from sr_demo.samples import SAMPLES, TELLING, load_sample, thumbnail
from sr_demo.static import runtime
from sr_demo.static.models import CHECK, SIDE, Model, check_tile, models
from sr_demo.storage import write_atomically

HERE = Path(__file__).parent
UI = HERE.parent / "ui"
RECORDED = Path(lessons.__file__).parent / "recorded"
SCALE = 4  # of the first comparison
SAMPLE = "motorcycle"  # the first
LEVEL = 9  # of packing
WITHOUT_SERVER = ("mse", "game", "subpixel", "blind")  # lessons
_IMPORT = re.compile(r"(?<= from ')\.{1,2}/[^']+(?=';)")


@dataclass(frozen=True)
class Site:
    """What was written."""

    folder: Path
    size: int  # bytes of all files
    first_visit: int  # bytes that a browser without a GPU loads until all methods are compared


def write_site(folder: Path, runtime_folder: Path | None = None) -> Site:
    """Write the page, its models, samples and ONNX Runtime. Other files in the folder stay.

    Args:
        folder: made if need be.
        runtime_folder: see :func:`sr_demo.static.runtime.files`.

    Raises:
        RuntimeMissing, ExportError: if a part of it cannot be had.
    """
    binaries = runtime.files(runtime_folder)
    networks = models()
    files = dict(_runtime(binaries))
    files |= dict(_models(networks))
    files |= dict(_samples())
    files |= {f"lessons/{path.name}": path.read_bytes() for path in RECORDED.iterdir()}
    files |= dict(_scripts())
    files["page.css"] = _css().encode()
    files["index.html"] = _page(networks).encode()
    files["service-worker.js"] = _service_worker(files).encode()
    for name, content in files.items():  # the two that name the others last
        write_atomically(folder / name, content)
    first = sum(len(content) for name, content in files.items() if _is_first(name))
    return Site(folder, sum(map(len, files.values())), first)


def _is_first(name: str) -> bool:
    """Whether a browser without a GPU loads the file at a first visit."""
    kind, _, rest = name.partition("/")
    return {
        "runtime": "webgpu" not in rest and "asyncify" not in rest,
        "models": f"_x{SCALE}" in rest or name == CHECK,
        "samples": rest == f"{SAMPLE}.png" or rest.startswith("small/"),
        "lessons": False,
    }.get(kind, True)


# --- files ----------------------------------------------------------------------------------------


def planes(content: bytes) -> bytes:
    """A file's even bytes, then its odd ones.

    The bytes of 16-bit numbers that say how large these are resemble each other: beside each other
    they pack 6 % smaller than beside the others.
    """
    return content[::2] + content[1::2]


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, LEVEL, mtime=0)


def _runtime(binaries: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, content in binaries.items():
        if name.endswith(".wasm"):
            yield f"runtime/{name}.gz", _packed(content)
        else:
            yield f"runtime/{name}", content


def _models(networks: list[Model]) -> Iterator[tuple[str, bytes]]:
    yield CHECK, check_tile().tobytes()
    for model in networks:
        described = model.described()
        yield described["model"], _packed(planes(model.onnx))
        yield described["pixels"], model.pixels


def _samples() -> Iterator[tuple[str, bytes]]:
    for name in SAMPLES:
        loaded = load_sample(name)
        # A PNG of the pixels, not the file as it is: JPEGs differ from decoder to decoder.
        yield f"samples/{name}.png", _encoded(loaded.pixels, "PNG", optimize=True)
        small = thumbnail(loaded, 96, 144).pixels
        yield f"samples/small/{name}.jpg", _encoded(small, "JPEG", quality=88)


def _encoded(pixels: Any, form: str, **how: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **how)
    return buffer.getvalue()


def _scripts() -> Iterator[tuple[str, bytes]]:
    """The page's own scripts and the components that they import, which keep their folders."""
    todo = ["static/app.js", "static/worker.js", "static/theme.js"]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        path = HERE.parent / name
        source = path.read_text(encoding="utf-8")
        for other in _IMPORT.findall(source):
            todo.append((path.parent / other).resolve().relative_to(HERE.parent).as_posix())
        yield name, source.encode()


def _service_worker(files: dict[str, bytes]) -> str:
    hashes = {name: hashlib.sha256(content).hexdigest()[:16] for name, content in files.items()}
    source = (HERE / "service-worker.js").read_text(encoding="utf-8")
    return f"const FILES = {json.dumps(hashes)};\n{source}"


# --- the page -------------------------------------------------------------------------------------


def _page(networks: list[Model]) -> str:
    page = (HERE / "index.html").read_text(encoding="utf-8")
    parts = {
        "site": json.dumps(_described(networks), ensure_ascii=False).replace("<", "\\u003c"),
        "picker": _read("compare/picker.html"),
        "viewer": _read("compare/viewer.html"),
        "scales": "".join(_choice("radio", "scale", str(scale), f"×{scale}") for scale in SCALES),
        "methods": "".join(
            _choice("checkbox", "methods", method.name, method.label)
            for method in _methods(networks)
        ),
        "lessons": _lessons(),
        "why": "",  # the lesson on these numbers needs a server
    }
    for name, part in parts.items():
        page = page.replace(f"<!-- {name} -->", part)
    return page


def _choice(kind: str, group: str, value: str, label: str) -> str:
    chosen = " checked" if kind == "checkbox" or value == str(SCALE) else ""
    name = f'name="{group}" value="{escape(value)}"'
    return f'<label><input type="{kind}" {name}{chosen}>{escape(label)}</label>'


def _described(networks: list[Model]) -> dict[str, Any]:
    """What the scripts know: the table of methods, the files, the samples, the lessons."""
    return {
        "scales": SCALES,
        "methods": [
            {
                "name": method.name, "label": method.label, "paper": method.paper,
                "idea": method.idea, "cost": method.cost,
                "parameters": _at_scales(parameters, method.name),
                "operations": _at_scales(operations, method.name),
            }
            for method in _methods(networks)
        ],
        "networks": {model.name: model.described() for model in networks},
        "check": {"file": CHECK, "side": SIDE},
        "samples": [_sample(name, label) for name, (label, _) in SAMPLES.items()],
        "heat": [int(level) for level in _heat().ravel()],
        "first": SAMPLE,
        "lessonSample": FIRST,
        "lessons": [{"key": lesson.key, "title": lesson.title} for lesson in _taught()],
    }  # fmt: skip


def _at_scales(count: Callable[[str, int], int | None], method: str) -> dict[int, int | None]:
    return {scale: count(method, scale) for scale in SCALES if method in available(scale)}


def _heat() -> np.ndarray:
    """The colours of disagreement, from none to much: uint8 (256, 3)."""
    colours: np.ndarray = matplotlib.colormaps["inferno"](np.arange(256), bytes=True)
    return colours[:, :3]


def _methods(networks: list[Model]) -> list[Method]:
    """Those that run in the page at some scale; other people's models are not ours to hand on."""
    shipped = {model.name.rpartition("_x")[0] for model in networks}
    return [method for method in METHODS.values() if not method.learns or method.name in shipped]


def _sample(name: str, label: str) -> dict[str, Any]:
    height, width = load_sample(name).pixels.shape[:2]
    return {
        "name": name, "label": label, "width": width, "height": height, "look": TELLING[name],
        "file": f"samples/{name}.png", "thumb": f"samples/small/{name}.jpg",
    }  # fmt: skip


def _taught() -> list[Lesson]:
    return [lesson for lesson in LESSONS if lesson.key in WITHOUT_SERVER]


def _lessons() -> str:
    sections = "".join(
        f'<div id="lesson-{lesson.key}">{_lesson(number, lesson)}</div>'
        for number, lesson in enumerate(_taught(), 1)
    )
    return f'<div id="lesson-steps">{_read("lessons/steps.html")}</div>{sections}'


def _lesson(number: int, lesson: Lesson) -> str:
    stage, _, controls = _read(f"lessons/{lesson.key}.html").partition("<!-- beside -->")
    choices = "".join(
        f'<option value="{name}"{" selected" if name == FIRST else ""}>{escape(label)}</option>'
        for name, (label, _) in SAMPLES.items()
    )
    place = _read("lessons/place.html").replace("<select></select>", f"<select>{choices}</select>")
    return section(number, lesson, stage, controls.replace("<!-- place -->", place))


def _css() -> str:
    """One sheet; a component's own rules hold inside its element, as in Gradio's page."""
    confined = {
        "#picker": "compare/picker.css",
        "#viewer": "compare/viewer.css",
        "#lesson-steps": "lessons/steps.css",
        '[id^="lesson-"]': "lessons/frame.css",
        **{f"#lesson-{lesson.key}": f"lessons/{lesson.key}.css" for lesson in _taught()},
    }
    components = (f"{place} {{\n{_read(name)}\n}}\n" for place, name in confined.items())
    own = [(HERE / name).read_text(encoding="utf-8") for name in ("theme.css", "page.css")]
    return "\n".join([*own, _read("page.css"), *components])


def _read(name: str) -> str:
    return (UI / name).read_text(encoding="utf-8")
