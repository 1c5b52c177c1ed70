"""The wheel carries everything and runs anywhere; bounds, lock and Spaces' file agree."""

import json
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.message import Message
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sr_demo

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
BIN = "Scripts" if sys.platform == "win32" else "bin"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from this checkout by the installed backend: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


@pytest.fixture(scope="module")
def requirements(metadata: Message) -> dict[str, list[Requirement]]:
    """What the package needs, by extra; "" is what it always needs."""
    found: dict[str, list[Requirement]] = {}
    for line in metadata.get_all("Requires-Dist", []):
        requirement = Requirement(line)
        extra = re.search(r"extra == ['\"](\w+)['\"]", str(requirement.marker or ""))
        found.setdefault(extra[1] if extra else "", []).append(requirement)
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel and, borrowed from this one, what it needs."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    paths = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    pip = [sys.executable, "-m", "pip", "--python", str(home / BIN / "python"), "install"]
    quiet = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, *quiet, str(wheel)], check=True, capture_output=True)
    # A line in a .pth file adds the folder alone: an editable sr-demo in it stays out of sight.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / BIN


def run(installed: Path, folder: Path, *arguments: str) -> str:
    """What the installed command prints, run from another folder."""
    command = [str(installed / arguments[0]), *arguments[1:]]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- the wheel ------------------------------------------------------------------------------------


def test_the_wheel_holds_every_file_of_the_package_the_recipes_and_the_weights(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard",
         "sr_demo", "train", "checkpoints"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("no git here to say which files belong to the project")
    ours = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    expected = {re.sub("^checkpoints/", "sr_demo/weights/", name) for name in ours}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected
    for kind in (".py", ".html", ".css", ".js", ".json", ".png", ".safetensors", "py.typed"):
        assert any(name.endswith(kind) for name in names), kind
    assert {name.split("/")[0] for name in names} == {"sr_demo", "train"}
    assert wheel.stat().st_size < 25e6


@pytest.fixture(scope="module")
def small(photo: np.ndarray) -> np.ndarray:
    """A picture to enlarge, uint8 (40, 48, 3)."""
    return np.ascontiguousarray(photo[:40, :48])


@pytest.fixture(scope="module")
def told(
    installed: Path, small: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the installed package says and does: one process for all, as each takes seconds."""
    code = """if True:
        import contextlib, io, json, runpy, sys
        import sr_demo, sr_demo.inference.openvino, sr_demo.storage, sr_demo.ui
        from sr_demo.cli.main import main
        components = len(sr_demo.ui.build().blocks)
        print(json.dumps({
            "version": sr_demo.__version__,
            "module": sr_demo.__file__,
            "weights": str(sr_demo.storage.CHECKPOINTS),
            "components": components,
            "loaded": list(sys.modules),
        }))
        script, *sys.argv = sys.argv[1:]
        with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(script, run_name="__main__")
        main(["train", "--help"])
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    sr_demo.save_png(folder / "picture.png", small)
    command = ["sr-demo", "upscale", "picture.png", "-o", "out.png", "--method", "espcn"]
    told = run(installed, folder, "python", "-c", code, str(installed / "sr-demo"), *command)
    first, _, rest = told.partition("\n")
    return {**json.loads(first), "help of training": rest, "enlarged": folder / "out.png"}


def test_the_installed_page_is_built_from_the_installed_files(
    told: dict[str, Any], installed: Path
) -> None:
    module = Path(told["module"])
    assert module.is_relative_to(installed.parent)
    assert Path(told["weights"]) == module.parent / "weights"
    assert told["components"] > 50


def test_the_page_loads_only_what_it_needs_and_tells_the_compilers_maker_nothing(
    told: dict[str, Any],
) -> None:
    loaded = set(told["loaded"])
    assert {"gradio", "openvino"} <= loaded
    only_for_lpips = {"torchmetrics", "torchvision"}
    assert not loaded & {*only_for_lpips, "accelerate", "openvino_telemetry.main"}


def test_the_installed_command_trains_and_tells_its_version(
    told: dict[str, Any], metadata: Message
) -> None:
    assert "srgan" in told["help of training"]
    assert told["version"] == metadata["Version"] == sr_demo.__version__


def test_the_installed_command_enlarges_a_picture_as_the_checkout_does(
    told: dict[str, Any], small: np.ndarray
) -> None:
    enlarged = sr_demo.load_image(told["enlarged"]).pixels
    np.testing.assert_array_equal(enlarged, sr_demo.upscale(small, "espcn", 4))
    bicubic = sr_demo.upscale(small, "bicubic", 4)
    assert (enlarged != bicubic).any()


# --- bounds, lock, Spaces -------------------------------------------------------------------------


def environment_of(python: str, platform: str = "linux") -> dict[str, Any]:
    """What markers are evaluated by, for one Python and platform."""
    return {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_machine": "x86_64",
        "sys_platform": platform,
    }


EXTRAS = ["train", "export", "models", "mcp", "docs", "dev"]
LOCKS = {"requirements.lock": [""], "requirements-dev.lock": ["", *EXTRAS]}


def lock_lines(lock: str) -> dict[str, set[str]]:
    """What a lock says of each version of a package, and the hashes of its files."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line.split(" --hash=") for line in text.splitlines() if not line.startswith("#")]
    return {pin.strip(): {file.strip() for file in hashes} for pin, *hashes in lines}


def locked(lock: str, python: str, platform: str = "linux") -> dict[str, str]:
    """Each package's version in a lock, for one Python and platform."""
    environment = environment_of(python, platform)
    versions: dict[str, str] = {}
    for requirement in map(Requirement, lock_lines(lock)):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            assert requirement.name not in versions, f"{requirement.name} is pinned twice"
            versions[canonicalize_name(requirement.name)] = pin.version
    return versions


def test_spaces_installs_what_the_package_needs(requirements: dict[str, list[Requirement]]) -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    stated = {str(Requirement(line)) for line in lines if not line.startswith("#")}
    assert stated == {str(r) for r in requirements[""]}, "copy pyproject.toml's dependencies"


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_requirement_within_its_bounds(
    requirements: dict[str, list[Requirement]], lock: str, python: str
) -> None:
    versions = locked(lock, python)
    assert set(requirements) == set(LOCKS["requirements-dev.lock"])
    for extra in LOCKS[lock]:
        for requirement in requirements[extra]:
            if requirement.marker and not requirement.marker.evaluate(
                environment_of(python) | {"extra": extra}
            ):
                continue
            name = canonicalize_name(requirement.name)
            assert name in versions, f"{name} ({extra}) is not locked: make lock"
            assert requirement.specifier.contains(versions[name]), f"{requirement}: make lock"


def test_every_locked_file_has_a_hash_and_the_apps_lock_is_a_part_of_the_other() -> None:
    app, everything = (lock_lines(lock) for lock in LOCKS)
    for pin, hashes in everything.items():
        assert hashes, pin
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", file) for file in hashes), pin
    # A package that an extra needs on more platforms has another marker there.
    plain = {pin.split(" ;")[0]: hashes for pin, hashes in everything.items()}
    assert {pin.split(" ;")[0]: hashes for pin, hashes in app.items()}.items() <= plain.items()


def wanted(requirements: Iterable[Requirement], extras: Iterable[str]) -> Iterator[Requirement]:
    """Those that hold here, if these extras are asked for."""
    for requirement in requirements:
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_its_packages_need_and_no_more(
    requirements: dict[str, list[Requirement]], lock: str
) -> None:
    """Fresh: it is what the dependencies of the installed packages, followed, lead to."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = locked(lock, python, sys.platform)
    needed: dict[str, set[str]] = {}  # package -> the extras of it that are wanted
    queue = [
        requirement for extra in LOCKS[lock] for requirement in wanted(requirements[extra], [extra])
    ]
    for requirement in queue:  # grows on the way
        name, extras = canonicalize_name(requirement.name), {"", *requirement.extras}
        if extras <= needed.setdefault(name, set()):
            continue
        needed[name] |= extras
        if name not in versions:
            continue
        if distribution(name).version != versions[name]:
            pytest.skip(f"{name} is not installed as the lock says: make setup")
        queue += wanted(map(Requirement, distribution(name).requires or []), extras)
    assert set(needed) == set(versions), "make lock"


def test_the_readme_asks_spaces_for_the_locked_gradio() -> None:
    front = (ROOT / "README.md").read_text(encoding="utf-8").split("---")[1]
    asked = dict(line.split(": ", 1) for line in front.splitlines() if ": " in line)
    python = asked["python_version"].strip('"')
    assert asked["sdk_version"] == locked("requirements.lock", python)["gradio"]


def test_python_versions_are_told_alike(metadata: Message) -> None:
    classified = re.findall(r"Python :: (3\.\d+)", "\n".join(metadata.get_all("Classifier", [])))
    assert tuple(classified) == PYTHONS
    assert metadata["Requires-Python"] == f">={PYTHONS[0]}"


# --- documents ------------------------------------------------------------------------------------


def test_the_architecture_names_only_what_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    steps = re.findall(r"`((?:sr_demo|train|tests)/[\w/]+\.\w+)`(?:\s+`([\w.]+)`)?", text)
    assert len(steps) > 20
    for path, name in steps:
        source = (ROOT / path).read_text(encoding="utf-8")
        for part in filter(None, name.split(".")):
            assert re.search(rf"^ *(def|class) {part}\b", source, re.MULTILINE), f"{path} {name}"


DOCUMENTS = [
    "README", "CONTRIBUTING", "SECURITY",
    *(f"docs/{path.stem}" for path in sorted((ROOT / "docs").glob("*.md"))),
]  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    path = ROOT / f"{document}.md"
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if not (path.parent / link).exists()]
    assert not missing


def test_every_promise_names_the_tests_that_hold_it() -> None:
    promises = (ROOT / "SECURITY.md").read_text(encoding="utf-8").split("\n## ")[1]
    rows = [line for line in promises.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 5
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)`", row.split("|")[-2])
        assert tests, row
        assert all((ROOT / test).is_file() for test in tests), row


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)[0] == sr_demo.__version__
