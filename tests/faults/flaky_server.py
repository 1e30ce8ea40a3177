"""A git server on loopback that breaks off, stalls, lies or refuses, as asked.

    with flaky(folder) as server:
        server.trouble = Cut(after=1000, times=1)
        ...  # git reads from server.url

Bytes are counted over all answers together, so that a cut can be anywhere in a whole transfer.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.cli.http_server import git_answer, running

ALWAYS = 1_000  # times


@dataclass(slots=True)
class Trouble:
    """The kinds of failure.

    Args:
        after: how many bytes of the bodies of all answers are delivered before it.
        times: how often it happens; then all is well.
        stall: seconds of silence instead of a cut.
        status: answer with this instead, from the first request on.
        page: the body of that answer.
    """

    after: int = 0
    times: int = ALWAYS
    stall: float = 0.0
    status: int = 0
    page: bytes = b""


@dataclass(slots=True)
class FlakyServer:
    """A server and its troubles.

    Args:
        url: where it is.
        trouble: what goes wrong from now on, None for nothing.
        sent: the bytes of bodies that were delivered.
        requests: what was asked.
    """

    url: str
    trouble: Trouble | None = None
    sent: int = 0
    requests: list[str] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def flaky(folder: Path) -> Iterator[FlakyServer]:
    """Serve every repository in a folder."""
    state = FlakyServer("")
    with running(_handler(folder, state)) as state.url:
        yield state


def _handler(folder: Path, state: FlakyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _answer(self, body: bytes) -> None:
            state.requests.append(f"{self.command} {self.path}")
            trouble = state.trouble
            if trouble is not None and trouble.status:
                status, headers, rest = trouble.status, {"Content-Type": "text/html"}, trouble.page
            else:
                status, headers, rest = git_answer(folder, self.command, self.path, dict(self.headers), body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(rest))}.items():
                self.send_header(name, value)
            self.end_headers()
            _deliver(self, rest, state)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what a test prints is the test's."""

    return Handler


def _deliver(handler: BaseHTTPRequestHandler, body: bytes, state: FlakyServer) -> None:
    """Send a body, as far as the trouble lets it come."""
    with state.guard:
        trouble = state.trouble
        room = len(body) if trouble is None or trouble.status or not trouble.times else trouble.after - state.sent
        broken = room < len(body)
        if broken and trouble is not None:
            trouble.times -= 1
        delivered = body[: max(0, room)]
        state.sent += len(delivered)
    handler.wfile.write(delivered)
    if broken and trouble is not None:
        handler.wfile.flush()
        time.sleep(trouble.stall)
        handler.connection.shutdown(socket.SHUT_RDWR)
