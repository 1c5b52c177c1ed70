"""The image, where there is no Docker to build it: what its recipe says fits the rest."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def said(instruction: str) -> list[str]:
    """What stands behind each of these instructions."""
    return re.findall(rf"^{instruction} +(.+)$", RECIPE, re.MULTILINE)


def test_all_is_installed_by_its_hash_in_the_lock() -> None:
    (install,) = (command for command in said("RUN") if "/pip install" in command)
    assert "--require-hashes" in install
    assert install.endswith("-r requirements.lock")
    pins = [line for line in re.split(r"^(?=[^ #])", LOCK, flags=re.MULTILINE) if "==" in line]
    assert all("--hash=sha256:" in pin for pin in pins)


def test_it_runs_the_pages_python_as_a_user_on_the_port_that_is_documented() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    python = re.findall(r'^python_version: "(.+)"$', readme, re.MULTILINE)
    images = {image.split()[0] for image in said("FROM")}
    assert images == {f"python:{version}-slim" for version in python}
    (user,) = said("USER")
    assert f"--uid {user} " in RECIPE
    assert RECIPE.index("USER") < RECIPE.index("\nCMD")
    (port,) = said("EXPOSE")
    (variables,) = said("ENV")
    assert {"GRADIO_SERVER_NAME=0.0.0.0", f"GRADIO_SERVER_PORT={port}"} <= set(variables.split())
    assert f"127.0.0.1:{port}'" in said("HEALTHCHECK")[0]
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    assert f"app_port: {port}" in hosting


def test_what_it_copies_is_there_and_not_ignored() -> None:
    copied = {line.split()[0] for line in said("COPY") if not line.startswith("--from")}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert all((ROOT / name).exists() for name in copied)
