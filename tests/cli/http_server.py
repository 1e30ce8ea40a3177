"""A git server on loopback that asks for a password, as a company's own does.

    with serving(registry.path.parent, user="kim", password="s3cret") as url:
        ...  # url is http://127.0.0.1:PORT; `git http-backend` answers below it

Speaks HTTP/1.0 and Basic authentication, and hands everything else to git (git-http-backend(1)).
"""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.git_registry import plain_git_environment


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
            head, _, rest = self._git(body).partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(rest)

        def _git(self, body: bytes) -> bytes:
            path, _, query = self.path.partition("?")
            environment = plain_git_environment() | {
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "CONTENT_LENGTH": str(len(body)),
                "REMOTE_ADDR": "127.0.0.1",
            }
            command = ["git", "-c", f"safe.directory={folder}", "http-backend"]
            return subprocess.run(command, env=environment, input=body, stdout=subprocess.PIPE, check=True).stdout

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what a test prints is the test's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
