"""A Hugging Face Hub on this machine: as much of its HTTP as networks and checkpoints need."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "c" * 40


class LocalHub:
    """What it keeps, and where it is.

    Attributes:
        repos: the files of each repository by its name, "user/repo".
        asked: method and path of every request.
    """

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, bytes]] = {}
        self.asked: list[str] = []
        self.address = ""


@contextmanager
def local_hub() -> Iterator[LocalHub]:
    """Serve a hub until the end of the block."""
    hub = LocalHub()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._get(with_body=False)

        def do_GET(self) -> None:
            self._get(with_body=True)

        def do_POST(self) -> None:
            hub.asked.append(f"POST {self.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._json(200, _posted(hub, self.path.split("?")[0], body))

        def _get(self, *, with_body: bool) -> None:
            hub.asked.append(f"{self.command} {self.path}")
            path = self.path.split("?")[0].strip("/").split("/")
            repo = "/".join(path[2:4] if path[0] == "api" else path[:2])
            if repo not in hub.repos:
                self._json(404, {"error": "Repository not found"}, "RepoNotFound")
            elif path[0] == "api":
                self._json(200, _listed(hub.repos[repo], repo, tree="tree" in path))
            elif (name := "/".join(path[4:])) in hub.repos[repo]:
                self._send(200, hub.repos[repo][name], with_body)
            else:
                self._json(404, {"error": "Entry not found"}, "EntryNotFound")

        def _json(self, status: int, value: object, code: str = "") -> None:
            self._send(status, json.dumps(value).encode(), self.command != "HEAD", code)

        def _send(self, status: int, content: bytes, with_body: bool, code: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if code:
                self.send_header("X-Error-Code", code)
            self.end_headers()
            if with_body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listed(files: dict[str, bytes], repo: str, *, tree: bool) -> object:
    if tree:
        return [
            {"type": "file", "path": name, "size": len(content),
             "oid": hashlib.sha1(content).hexdigest()}
            for name, content in files.items()
        ]  # fmt: skip
    return {"id": repo, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}


def _posted(hub: LocalHub, path: str, body: bytes) -> object:
    if path == "/api/repos/create":
        asked = json.loads(body)
        name = "/".join(filter(None, (asked.get("organization"), asked["name"])))
        hub.repos.setdefault(name, {})
        return {"url": f"{hub.address}/{name}"}
    repo = "/".join(path.split("/")[3:5])
    if "/preupload/" in path:
        return {"files": [
            {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
            for file in json.loads(body)["files"]
        ]}  # fmt: skip
    if "/commit/" in path:
        for line in map(json.loads, body.splitlines()):
            if line["key"] == "file":
                content = base64.b64decode(line["value"]["content"])
                hub.repos[repo][line["value"]["path"]] = content
        return {"commitUrl": f"{hub.address}/{repo}/commit/{COMMIT}", "commitOid": COMMIT}
    return {}
