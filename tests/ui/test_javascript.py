"""The page's JavaScript without a page: its unit tests, its linter, and how modules are linked."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sr_demo.ui.components import HERE, js_on_load, linked

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.js"))
LOADER = "load.js"  # a script, no module
NEEDED = os.environ.get("CI") == "true"


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def node() -> str:
    path = shutil.which("node")
    if path is None:
        message = "NO NODE, THE PAGE'S JAVASCRIPT IS NOT TESTED: install Node.js 20 or later"
        if NEEDED:
            pytest.fail(message)
        pytest.skip(message)
    return path


def test_unit_tests_pass(node: str) -> None:
    run(node, "--test", *map(str, sorted((ROOT / "tests" / "js").glob("*.test.mjs"))))


def test_scripts_are_clean(node: str) -> None:
    eslint = ROOT / "node_modules" / "eslint" / "bin" / "eslint.js"
    if not eslint.is_file():
        pytest.skip("NO ESLINT, THE PAGE'S JAVASCRIPT IS NOT LINTED: run npm ci")
    run(node, str(eslint), "--max-warnings", "0")


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_every_module_comes_after_those_that_it_imports() -> None:
    for script in set(SCRIPTS) - {LOADER}:
        modules = linked(script)
        assert list(modules)[-1] == script
        seen: set[str] = set()
        for name, source in modules.items():
            imported = re.findall(r" from '([^']+)'", source)
            assert {f"module:{other}" for other in seen} >= set(imported), name
            seen.add(name)


def test_python_hears_the_events_that_are_named_and_no_other_word() -> None:
    text = js_on_load(HERE / "compare" / "viewer.js", "crop", "again")
    quoted = {word for word in ("crop", "again", "cancel", "open", "scores", "value")
              if re.search(f"""['"`]{word}['"`]""", text)}  # fmt: skip
    assert quoted == {"crop", "again"}
    sources = dict(json.loads(text[len("const modules = ") : text.index(", events = ")]))
    assert sources == linked("gradio.js") | linked("compare/viewer.js")
    assert list(sources)[-1] == "compare/viewer.js"  # what the loader takes for the component


def test_components_know_nothing_of_gradio_and_of_each_other() -> None:
    """No global of Gradio outside the adapter, no other tab's buttons, and nothing by the clock."""
    forbidden = r"gradio_config|\bgr-|\btrigger\b|\bwatch\b"
    others = r"#tabs|#viewer|document\.querySelector"
    for name in set(SCRIPTS) - {LOADER, "gradio.js"}:
        source = (HERE / name).read_text(encoding="utf-8")
        assert not re.search(forbidden, source), name
        # The tour alone points at the others, and what covers them looks into its own frame.
        apart = name.startswith("guide/") or name == "first/cover.js"
        assert apart or not re.search(others, source), name
        assert name == "download.js" or ".click()" not in source
        assert name.startswith("lessons/") or "setInterval" not in source
