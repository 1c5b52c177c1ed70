"""Two pages behind one address, balanced by nginx as documented: everybody stays with one."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import gradio as gr
import httpx
import numpy as np
import pytest

from sr_demo.images import png_bytes
from sr_demo.ui import build, launch_options
from tests.helpers import free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "hosting.md"
HTML = {"Accept": "text/html,application/xhtml+xml"}
AROUND = """
daemon off; master_process off; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  {balance}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://sr_demo; proxy_set_header Host $http_host; proxy_buffering off;
      add_header Set-Cookie $sr_cookie; add_header X-Replica $upstream_addr;
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def address(
    served: tuple[gr.Blocks, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where nginx balances two pages: the one of all tests and another."""
    if NGINX is None:
        pytest.skip("NO NGINX, NOTHING IS BALANCED: apt-get install nginx")
    blocks = re.findall(r"```nginx\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    (balance,) = [block for block in blocks if "upstream" in block]
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    app = build()
    options = launch_options() | {"server_name": "127.0.0.1", "quiet": True}
    app.launch(prevent_thread_lock=True, server_port=free_port(), **options)
    for documented, page in (("7861", served[0]), ("7862", app)):
        balance = balance.replace(f"127.0.0.1:{documented}", f"127.0.0.1:{page.server_port}")
    (folder / "nginx.conf").write_text(AROUND.format(port=port, balance=balance))
    command = [NGINX, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    with subprocess.Popen(command, cwd=folder) as nginx:
        yield f"http://127.0.0.1:{port}"
        nginx.terminate()
    app.close()


def opened(address: str) -> httpx.Client:
    """A browser that has opened the page: nginx may not listen yet."""
    client = httpx.Client(base_url=address, transport=httpx.HTTPTransport(retries=5))
    assert client.get("/", headers=HTML).status_code == 200
    return client


def replica(client: httpx.Client) -> str:
    return client.get("/gradio_api/startup-events").headers["X-Replica"]


def enlarged(client: httpx.Client, picture: bytes) -> str:
    """What becomes of an upload and a call: they must reach the same page."""
    (path,) = client.post("/gradio_api/upload", files={"files": ("a.png", picture)}).json()
    image = {"path": path, "meta": {"_type": "gradio.FileData"}}
    body = {"image": image, "method": "bicubic", "scale": 2}
    event = client.post("/gradio_api/call/v2/upscale", json=body).json()["event_id"]
    return client.get(f"/gradio_api/call/upscale/{event}", timeout=60).text


def test_browsers_are_shared_out_and_each_stays_with_one_page(
    address: str, photo: np.ndarray
) -> None:
    picture, seen = png_bytes(photo[:16, :16]), set()
    for _ in range(12):
        with closing(opened(address)) as browser:
            own = {replica(browser) for _ in range(4)}
            assert len(own) == 1
            seen |= own
    assert len(seen) == 2
    with closing(opened(address)) as browser:
        for _ in range(3):
            assert "event: complete" in enlarged(browser, picture)


def test_a_program_without_cookies_stays_with_one_page_too(address: str, photo: np.ndarray) -> None:
    opened(address).close()
    with httpx.Client(base_url=address) as program:
        for _ in range(3):
            assert "event: complete" in enlarged(program, png_bytes(photo[:16, :16]))
        assert not program.cookies
