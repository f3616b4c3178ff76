"""The web server of `python -m spacy mluke serve`, of the standard library."""

import http.server
import json
import socket
import socketserver
import sys
import time
import traceback
from http import HTTPStatus
from importlib import resources
from typing import Any, Dict, Optional, Tuple
from urllib.parse import parse_qs, urlsplit

from ..errors import Errors
from .analysis import Analyzer, RequestError

# Requests of this many bytes or more are not read.
MAX_BODY = 1_000_000
MAX_NEIGHBOURS = 100

_STATIC = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
_METHODS = {
    **dict.fromkeys(_STATIC, "GET"),
    "/api/info": "GET",
    "/api/neighbours": "GET",
    "/api/analyze": "POST",
    "/api/page": "POST",
}
# displaCy's drawings have style attributes; nothing else comes from outside the page's own files.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_JSON = "application/json"
# How long, in seconds, and how much a client may still send that was refused.
_LINGER = 2.0
_LINGER_BYTES = 1 << 24


class Server(http.server.ThreadingHTTPServer):
    """Serves the page and its JSON interface.

    analyzer (Analyzer): Gives the answers.
    host (str): Name or address to listen at.
    port (int): Port to listen at; 0 for any free one.
    RAISES (ValueError): If that is not possible.
    """

    daemon_threads = True

    def __init__(self, analyzer: Analyzer, host: str, port: int) -> None:
        self.analyzer = analyzer
        folder = resources.files(__package__) / "static"
        self.static = {path: (folder / name).read_bytes() for path, (name, _) in _STATIC.items()}
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            self.address_family = found[0][0]
            super().__init__((host, port), Handler)
        except OSError as error:
            message = Errors.M620.format(host=host, port=port, error=error)
            raise ValueError(message) from error

    def server_bind(self) -> None:
        """Bind, without asking for the machine's name: that can take seconds without a network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let clients go that have gone.

        request (Any): The connection.
        client_address (Any): Where it came from.
        """
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """RETURNS (str): Address of the page."""
        host = f"[{self.server_name}]" if ":" in self.server_name else self.server_name
        return f"http://{host}:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers a client's requests, one after the other."""

    protocol_version = "HTTP/1.1"
    server_version = "spacy_mluke"
    sys_version = ""
    timeout = 30
    server: Server

    def do_GET(self) -> None:
        """Answer a GET request."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answer a POST request."""
        self._answer("POST")

    def handle_expect_100(self) -> bool:
        """Refuse what is too large before the client sends it."""
        try:
            self._length()
        except RequestError as error:
            self._refuse(error.status, error.message)
            return False
        return super().handle_expect_100()

    def send_error(
        self, code: int, message: Optional[str] = None, explain: Optional[str] = None
    ) -> None:
        """Say as JSON what the base class would say as HTML.

        code (int): The status.
        message (Optional[str]): A short text.
        explain (Optional[str]): A longer text.
        """
        self._refuse(code, message or HTTPStatus(code).phrase)

    def _answer(self, method: str) -> None:
        try:
            self._route(method)
        except RequestError as error:
            self._refuse(error.status, error.message)
        except (ConnectionError, TimeoutError):
            raise  # nobody is there to be told
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            reason = f"{type(error).__name__}: {error}"
            self._refuse(500, Errors.M633.format(error=reason[:1000]))

    def _route(self, method: str) -> None:
        url = urlsplit(self.path)
        expected = _METHODS.get(url.path)
        if expected is None:
            raise RequestError(404, Errors.M627.format(path=url.path[:100]))
        if method != expected:
            raise RequestError(405, Errors.M628.format(path=url.path, method=expected))
        analyzer = self.server.analyzer
        if url.path in _STATIC:
            self._send(200, self.server.static[url.path], _STATIC[url.path][1])
        elif url.path == "/api/info":
            self._send_json(200, analyzer.info())
        elif url.path == "/api/neighbours":
            query = parse_qs(url.query)
            n = _number(query.get("n", ["10"])[0])
            self._send_json(200, analyzer.neighbours(query.get("key", [""])[0], n))
        else:
            text, lang = self._request()
            if url.path == "/api/analyze":
                self._send_json(200, analyzer.analyze(text, lang))
            else:
                self._send(200, analyzer.page(text, lang).encode("utf8"), "text/html")

    def _request(self) -> Tuple[str, Optional[str]]:
        """Read text and language."""
        length = self._length()
        try:
            value = json.loads(self.rfile.read(length).decode("utf8"))
        except UnicodeDecodeError as error:
            raise RequestError(400, Errors.M623.format(error=error)) from error
        except (ValueError, RecursionError) as error:
            raise RequestError(400, Errors.M624.format(error=error)) from error
        text = value.get("text") if isinstance(value, dict) else None
        lang = value.get("lang") if isinstance(value, dict) else None
        if not isinstance(text, str) or not (lang is None or isinstance(lang, str)):
            raise RequestError(400, Errors.M625)
        return text, lang or None

    def _length(self) -> int:
        """Length of the body, if it may be read."""
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            raise RequestError(411, Errors.M629)
        if len(length) > 18 or int(length) >= MAX_BODY:
            raise RequestError(413, Errors.M622.format(length=length[:30], limit=MAX_BODY))
        return int(length)

    def _refuse(self, status: int, message: str) -> None:
        """Answer with an error and close the connection, whatever else is on its way."""
        try:
            self.close_connection = True
            self._send_json(status, {"error": message})
            self.wfile.flush()
            # Closed at once, a connection is reset, and the client may not see the answer.
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER)
            end, left = time.monotonic() + _LINGER, _LINGER_BYTES
            while left > 0 and time.monotonic() < end:
                data = self.rfile.read1(1 << 16)
                left = left - len(data) if data else 0
        except (OSError, ValueError):
            pass  # nobody is there to be told

    def _send_json(self, status: int, value: Dict[str, Any]) -> None:
        self._send(status, json.dumps(value, allow_nan=False).encode("ascii"), _JSON)

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _number(value: str) -> int:
    """RETURNS (int): How many neighbours are asked for."""
    if value.isascii() and value.isdigit() and 1 <= int(value[:10]) <= MAX_NEIGHBOURS:
        return int(value[:10])
    raise RequestError(400, Errors.M635.format(value=value[:30], limit=MAX_NEIGHBOURS))
