"""A small hub: the part of the Hugging Face API that uploads and downloads of a model need."""

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Iterator, List
from urllib.parse import unquote, urlparse

Repos = Dict[str, Dict[str, bytes]]


class Hub(BaseHTTPRequestHandler):
    """Repositories are files by name."""

    repos: Repos
    commits: List[str]
    token = "hf_test"

    def do_GET(self) -> None:
        parts = unquote(urlparse(self.path).path).strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            repo = "/".join(parts[2:4])
            if repo not in self.repos:
                self._send(404, {}, {"X-Error-Code": "RepoNotFound"})
            elif parts[4:5] == ["tree"]:
                self._send(200, [_entry(n, f) for n, f in self.repos[repo].items()])
            else:
                siblings = [{"rfilename": name} for name in self.repos[repo]]
                self._send(200, {"id": repo, "sha": "0" * 40, "siblings": siblings})
        else:
            self._file("/".join(parts[:2]), "/".join(parts[4:]))

    do_HEAD = do_GET

    def _file(self, repo: str, name: str) -> None:
        content = self.repos.get(repo, {}).get(name)
        if content is None:
            self._send(404, {}, {"X-Error-Code": "EntryNotFound"})
            return
        headers = {"ETag": f'"{hash(content)}"', "X-Repo-Commit": "0" * 40}
        self._send(200, content, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = unquote(urlparse(self.path).path).strip("/").split("/")
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            self._send(401, {"error": "Invalid credentials"})
        elif parts[-2:] == ["repos", "create"]:
            asked = json.loads(body)
            repo = f"{asked['organization']}/{asked['name']}"
            if asked["name"] == "forbidden":
                self._send(403, {"error": "You have no right to make it"})
                return
            status = 409 if repo in self.repos else 200
            self.repos.setdefault(repo, {".gitattributes": b"*.whl filter=lfs\n"})
            self._send(status, {"url": f"http://{self.headers['Host']}/{repo}"})
        elif parts == ["api", "validate-yaml"]:
            self._send(200, {"errors": [], "warnings": []})
        elif parts[4] == "preupload":
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            self._send(200, {"files": files})
        elif parts[4] == "commit":
            self._commit("/".join(parts[2:4]), [json.loads(x) for x in body.splitlines()])

    def _commit(self, repo: str, lines: List[Dict[str, Any]]) -> None:
        files = self.repos[repo]
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.commits.append(value["summary"])
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        host = self.headers["Host"]
        url = f"http://{host}/{repo}/commit/{len(self.commits)}"
        self._send(200, {"commitUrl": url, "commitOid": "1" * 40})

    def _send(self, status: int, content: Any, headers: Dict[str, str] = {}) -> None:  # noqa: B006
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def _entry(name: str, content: bytes) -> Dict[str, Any]:
    return {"type": "file", "path": name, "size": len(content), "oid": "2" * 40}


@contextmanager
def running_hub() -> Iterator[Any]:
    """YIELDS: The handler with `repos` and `commits`, and `url`."""
    hub = type("OneHub", (Hub,), {"repos": {}, "commits": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
