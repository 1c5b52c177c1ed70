"""The plan of the package as a law: who may import whom, read from the imports themselves."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Two commands of sr-demo open what stands above the package; nothing else may.
DOORS = {("sr_demo.cli.demo", "sr_demo.ui"), ("sr_demo.cli.train", "train")}
CORE = (
    "sr_demo.boxes", "sr_demo.console", "sr_demo.storage", "sr_demo.tensors", "sr_demo.traces",
    "sr_demo.formatting", "sr_demo.images", "sr_demo.decoding", "sr_demo.headers", "sr_demo.hidden",
    "sr_demo.gate", "sr_demo.gate_worker", "sr_demo.resize", "sr_demo.degradation",
    "sr_demo.samples", "sr_demo.networks", "sr_demo.methods", "sr_demo.checkpoints",
    "sr_demo.foreign", "sr_demo.downloads", "sr_demo.disagreement",
    "sr_demo.cards", "sr_demo.hub", "sr_demo.png", "sr_demo.sizing", "sr_demo.comparison",
    "sr_demo.interpolation", "sr_demo.shards", "sr_demo.against", "sr_demo.benchmark",
    "sr_demo.records", "sr_demo.series",
    "sr_demo.inference", "sr_demo.metrics", "sr_demo.figures", "sr_demo.lessons",
    "sr_demo.static",
)  # fmt: skip
FORBIDDEN = [  # from (a module or package), to, why
    ("sr_demo", "train", "the recipes use the package"),
    ("sr_demo", "tests", "the tests use the package"),
    ("sr_demo", "benchmarks", "the benchmarks use the package"),
    ("sr_demo.training", "sr_demo.ui", "training runs where there is no page"),
    ("sr_demo.training", "sr_demo.cli", "training has its own command line"),
    ("train", "sr_demo.ui", "training runs where there is no page"),
    ("sr_demo.cli", "sr_demo.training", "its door is the command train"),
    *[(core, above, "core knows nothing above it") for core in CORE
      for above in ("sr_demo.ui", "sr_demo.training", "sr_demo.cli")],
    *[("sr_demo.metrics", f"sr_demo.{name}", "metrics know no network")
      for name in ("networks", "methods", "checkpoints", "inference", "comparison", "lessons",
                   "figures", "benchmark", "interpolation", "samples", "foreign")],
    ("sr_demo.networks", "sr_demo.inference", "a network does not know how it is run"),
    ("sr_demo.foreign", "sr_demo.inference", "a network does not know how it is run"),
]  # fmt: skip


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Every module of the package and of train/, by its dotted name."""
    files = [*(root / "sr_demo").rglob("*.py"), *(root / "train").rglob("*.py")]
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in files
    }


def imports(source: str, names: set[str]) -> Iterator[str]:
    """What a file imports, wherever in it; `from package import module` is the module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in names else node.module


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def arrows(root: Path = ROOT) -> set[tuple[str, str]]:
    found = modules(root)
    return {
        (name, target)
        for name, path in found.items()
        for target in imports(path.read_text(encoding="utf-8"), set(found))
    }


def trespasses(seen: set[tuple[str, str]]) -> list[str]:
    """Forbidden arrows, and Gradio outside the page, each as a sentence."""
    wrong = [
        f"{source} imports {target}: {why}"
        for source, target in seen
        for left, right, why in FORBIDDEN
        if within(source, left) and within(target, right)
        and not any(source == door and within(target, room) for door, room in DOORS)
    ]  # fmt: skip
    wrong += [
        f"{source} imports {target}: only the page knows Gradio"
        for source, target in seen
        if within(target, "gradio") and not within(source, "sr_demo.ui")
    ]
    return sorted(wrong)


def circles(seen: set[tuple[str, str]]) -> list[str]:
    """Modules that reach themselves; each circle is told once."""
    graph: dict[str, set[str]] = {}
    for source, target in seen:
        graph.setdefault(source, set()).add(target)
    found, done = [], set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append(" → ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for target in sorted(graph.get(name, ())):
                visit(target, (*path, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())
    return found


def test_no_import_goes_where_it_must_not() -> None:
    assert trespasses(arrows()) == []


def test_no_module_reaches_itself() -> None:
    assert circles(arrows()) == []


def test_every_core_module_is_bound_by_the_law() -> None:
    """A new file or folder of the package must take a side."""
    own = {name for name in modules() if name.count(".") == 1 and within(name, "sr_demo")}
    known = {*CORE, "sr_demo.training", "sr_demo.ui", "sr_demo.cli", "sr_demo.__main__"}
    assert own <= known


def test_no_package_hides_a_module_behind_a_name() -> None:
    """`from package import name` must not be a function in one place and a module in another."""
    packages = [path for name, path in modules().items() if path.name == "__init__.py"]
    for path in packages:
        beside = {other.stem for other in path.parent.iterdir() if other != path}
        bound = {
            alias.asname or alias.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assert not bound & beside, path


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("sr_demo/images.py", "from sr_demo.ui import page"),
        ("sr_demo/images.py", "def late():\n    import gradio as gr"),
        ("sr_demo/metrics/psnr.py", "from sr_demo import networks"),
        ("sr_demo/training/run.py", "import sr_demo.ui.page"),
        ("sr_demo/cli/compare.py", "from sr_demo.training.data import Photos"),
    ],
)
def test_the_law_sees_a_trespass(tmp_path: Path, module: str, line: str) -> None:
    """The control: without it, an empty list might only mean that nothing was read."""
    path = tmp_path / module
    path.parent.mkdir(parents=True)
    (tmp_path / "train").mkdir()
    for name in ("sr_demo/ui/page.py", "sr_demo/networks.py", "sr_demo/training/data.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    path.write_text(line)
    assert len(trespasses(arrows(tmp_path))) == 1


def test_the_law_sees_a_circle() -> None:
    assert circles({("a", "b"), ("b", "c"), ("c", "b")}) == ["b → c → b"]
    assert circles({("a", "b"), ("b", "c"), ("a", "c")}) == []


@pytest.mark.parametrize(
    ("module", "present", "absent"),
    [
        ("sr_demo", "sr_demo.comparison", {"gradio", "accelerate", "sr_demo.ui",
                                           "sr_demo.training", "train"}),
        ("train", "sr_demo.training.cli", {"gradio", "accelerate", "sr_demo.ui", "torchvision",
                                           "tensorboard", "matplotlib"}),
    ],
)  # fmt: skip
def test_what_help_does_not_need_is_not_loaded(module: str, present: str, absent: set[str]) -> None:
    """Nor does the bare ``import sr_demo`` load it, with which either command begins."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", module, "--help"], cwd=ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith(f"usage: python -m {module} ")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert {"sr_demo", present} <= loaded  # something was read
    assert not [name for name in loaded for package in absent if within(name, package)]
