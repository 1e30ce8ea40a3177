"""Git over HTTP on loopback, where each request takes a while longer, as on a real network, and some hosts have moods.

    with serving(folder, delay=0.05) as server:
        server.rules["shop.git"] = Rule(busy=2, retry_after="1")    # 429 twice, then all is well
        ...                                                         # git reads from f"{server.url}/shop.git"
        server.requests, server.requests_of["shop.git"]

Connections are kept open and every answer is sent at once, so that nothing but the delay is added. What is fetched is
answered by `git upload-pack` itself, which takes a third of what `git http-backend` needs; the rest by that.
"""

from __future__ import annotations

import base64
import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Answer = tuple[int, dict[str, str], bytes]
_GIT = ["git", "-c", "safe.directory=*"]


@dataclass(slots=True)
class Rule:
    """How a repository behaves.

    Args:
        status: what every request is answered with, such as 403; 0 for the repository's own answer.
        login: `USER:PASSWORD` that it asks for, with 401 to all others.
        busy: how many requests from now on are answered with `busy_status`.
        busy_status, retry_after: 429 or 503, and the header of that name.
        resets: how many answers from now on break off in the middle of their body, if they have one of `reset_over`.
        reset_over: the least number of bytes in such a body.
        delay: seconds that its requests take longer than those of others.
    """

    status: int = 0
    login: str = ""
    busy: int = 0
    busy_status: int = 429
    retry_after: str = ""
    resets: int = 0
    reset_over: int = 0
    delay: float = 0.0


@dataclass(slots=True)
class Traffic:
    """A server, how its repositories behave, and what it was asked since the last reset.

    Args:
        url: where the server is.
        rules: the repositories that do not simply answer, by path without the first slash.
        requests, requests_of: how many, in all and by repository.
        sent, sent_of: how many bytes, without headers.
        asked: each request: its repository, then `refs` or the service, `git-upload-pack`.
        most_at_once: how many requests were under way at once, at most.
    """

    url: str = ""
    rules: dict[str, Rule] = field(default_factory=dict)
    requests: int = 0
    sent: int = 0
    requests_of: Counter[str] = field(default_factory=Counter)
    sent_of: Counter[str] = field(default_factory=Counter)
    asked: list[tuple[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    under_way: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def forget(self) -> None:
        """Reset the counts."""
        with self.guard:
            self.requests = self.sent = self.most_at_once = 0
            self.requests_of.clear()
            self.sent_of.clear()
            self.asked.clear()


@contextmanager
def serving(folder: Path, *, delay: float = 0.0, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Traffic]:
    """Serve every repository in a folder.

    Args:
        folder: the repositories.
        delay: seconds that each request takes longer.
        tls: with what it is told who answers, for HTTPS to `localhost`.
        port: where, 0 for any that is free.
    """
    traffic = Traffic()

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", port), _handler(folder, traffic, delay))
    traffic.url = f"http://127.0.0.1:{server.server_address[1]}"
    if tls is not None:
        # Each connection shakes hands in its own thread.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        traffic.url = f"https://localhost:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield traffic
    finally:
        server.shutdown()
        server.server_close()


def _handler(folder: Path, traffic: Traffic, delay: float) -> type[BaseHTTPRequestHandler]:
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
            path = self.path.partition("?")[0].lstrip("/")
            name, service = _parted(path)
            rule = traffic.rules.get(name, Rule())
            with traffic.guard:
                traffic.under_way += 1
                traffic.most_at_once = max(traffic.most_at_once, traffic.under_way)
                traffic.requests += 1
                traffic.requests_of[name] += 1
                traffic.asked.append((name, service))
            try:
                time.sleep(delay + rule.delay)
                self._send(name, rule, _refusal(self, rule, traffic) or _answered(folder, self, path, body))
            finally:
                with traffic.guard:
                    traffic.under_way -= 1

        def _send(self, name: str, rule: Rule, answer: Answer) -> None:
            status, headers, body = answer
            with traffic.guard:
                is_cut = status == 200 and rule.resets > 0 and len(body) > rule.reset_over
                rule.resets -= is_cut
                sent = len(body) // 2 if is_cut else len(body)
                traffic.sent += sent
                traffic.sent_of[name] += sent
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body[:sent])
            self.wfile.flush()
            if is_cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    return Handler


def _parted(path: str) -> tuple[str, str]:
    """Return the repository of a request, and what it is asked for."""
    if path.endswith("/info/refs"):
        return path.removesuffix("/info/refs"), "refs"
    name, _, service = path.rpartition("/")
    return name, service


def _refusal(request: BaseHTTPRequestHandler, rule: Rule, traffic: Traffic) -> Answer | None:
    """Return what a rule answers in place of git; None to let git answer."""
    with traffic.guard:
        is_busy, rule.busy = rule.busy > 0, max(0, rule.busy - 1)
    if is_busy:
        return rule.busy_status, {"Retry-After": rule.retry_after} if rule.retry_after else {}, b"Later.\n"
    if rule.status:
        return rule.status, {}, b"No.\n"
    expected = f"Basic {base64.b64encode(rule.login.encode()).decode()}"
    if rule.login and request.headers.get("Authorization") != expected:
        return 401, {"WWW-Authenticate": 'Basic realm="git"'}, b"Who is it?\n"
    return None


def _answered(folder: Path, request: BaseHTTPRequestHandler, path: str, body: bytes) -> Answer:
    name, service = _parted(path)
    is_fetched = service == "git-upload-pack" or request.path.endswith("service=git-upload-pack")
    protocol = request.headers.get("Git-Protocol", "")
    if not is_fetched or "version=2" not in protocol or not (folder / name / "HEAD").is_file():
        return _backend(folder, request, body)
    is_listed = service == "refs"
    options = ["--http-backend-info-refs"] if is_listed else []
    command = [*_GIT, "upload-pack", "--strict", "--stateless-rpc", *options, str(folder / name)]
    data = gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body
    environment = _environment() | {"GIT_PROTOCOL": protocol}
    said = subprocess.run(command, env=environment, input=data, capture_output=True, check=False).stdout
    kind = "advertisement" if is_listed else "result"
    return 200, {"Content-Type": f"application/x-git-upload-pack-{kind}", "Cache-Control": "no-cache"}, said


def _backend(folder: Path, request: BaseHTTPRequestHandler, body: bytes) -> Answer:
    path, _, query = request.path.partition("?")
    environment = _environment() | {
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
    # It also answers where it fails: that something is not there.
    command = [*_GIT, "http-backend"]
    said = subprocess.run(command, env=environment, input=body, capture_output=True, check=False).stdout
    head, _, rest = said.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(headers.pop("Status", "200").split()[0]), headers, rest


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
