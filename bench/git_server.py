"""Git over HTTP on loopback, where each request takes a while longer, as on a real network.

Connections are kept open and every answer is sent at once, so that nothing but the delay is added.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(slots=True)
class Traffic:
    """Requests and bytes since the last reset.

    Args:
        url: where the server is.
        requests: how many.
        sent: how many bytes, without headers.
    """

    url: str = ""
    requests: int = 0
    sent: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def forget(self) -> None:
        """Reset the counts."""
        self.requests = self.sent = 0


@contextmanager
def serving(folder: Path, *, delay: float = 0.0) -> Iterator[Traffic]:
    """Serve every repository in a folder.

    Args:
        folder: the repositories.
        delay: seconds that each request takes longer.
    """
    traffic = Traffic()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 1 << 20

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b"".join(iter(self._chunk, b""))
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._answer(body)

        def _chunk(self) -> bytes:
            data = self.rfile.read(int(self.rfile.readline(), 16))
            self.rfile.readline()
            return data

        def _answer(self, body: bytes) -> None:
            time.sleep(delay)
            head, _, rest = _backend(folder, self, body).partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in {**headers, "Content-Length": str(len(rest))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(rest)
            self.wfile.flush()
            with traffic.guard:
                traffic.requests += 1
                traffic.sent += len(rest)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    traffic.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield traffic
    finally:
        server.shutdown()
        server.server_close()


def _backend(folder: Path, request: BaseHTTPRequestHandler, body: bytes) -> bytes:
    path, _, query = request.path.partition("?")
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REQUEST_METHOD": request.command,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
    }
    command = ["git", "-c", "safe.directory=*", "http-backend"]
    return subprocess.run(command, env=environment, input=body, stdout=subprocess.PIPE, check=True).stdout
