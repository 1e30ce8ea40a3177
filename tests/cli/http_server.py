"""A git server on loopback that asks for a password, as a company's own does.

    with serving(registry.path.parent, user="kim", password="s3cret") as url:
        ...  # url is http://127.0.0.1:PORT; `git http-backend` answers below it

Speaks HTTP/1.0 and Basic authentication, and hands everything else to git (git-http-backend(1)).
"""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.git_registry import plain_git_environment


def git_answer(
    folder: Path, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """What git answers to a request: status, headers, body.

    Args:
        folder: where the repositories are.
        method, target, headers, body: the request.
    """
    path, _, query = target.partition("?")
    environment = plain_git_environment() | {
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
    }
    command = ["git", "-c", f"safe.directory={folder}", "http-backend"]
    # It also answers where it fails: that something is not there.
    said = subprocess.run(command, env=environment, input=body, stdout=subprocess.PIPE, check=False).stdout
    head, _, rest = said.partition(b"\r\n\r\n")
    answered = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(answered.pop("Status", "200").split()[0]), answered, rest


@contextmanager
def serving(folder: Path, *, user: str = "", password: str = "") -> Iterator[str]:
    """Serve every repository in a folder; with a user, only to who knows the password."""
    expected = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}" if user else None

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _answer(self, body: bytes) -> None:
            if expected is not None and self.headers.get("Authorization") != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="test"')
                self.end_headers()
                return
            status, headers, rest = git_answer(folder, self.command, self.path, dict(self.headers), body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(rest)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what a test prints is the test's."""

    with running(Handler) as url:
        yield url


@contextmanager
def serving_page(page: str) -> Iterator[str]:
    """Answer whatever is asked with a web page, as a network does that asks to sign in."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what a test prints is the test's."""

    with running(Handler) as url:
        yield url


@contextmanager
def running(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run a server, and yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
