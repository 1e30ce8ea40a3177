"""A server that starts agentsync in copies of itself, so that Python and all modules are loaded once for all tests.

A copy is a process of its own, with the environment, the folder and the streams of its command, and it ends as the
installed program does. What starts anew is what no import decides: tests that ask which modules a command loads start
Python themselves, and `AGENTSYNC_TEST_STARTS=fresh` makes all tests do so.

Linux alone: a copy of a process keeps what is loaded nowhere else as reliably.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

FRESH: Final = "AGENTSYNC_TEST_STARTS"
_ROOT: Final = Path(__file__).resolve().parent.parent
# Libraries that commands import inside functions. None looks at the environment while it is loaded.
_LIBRARIES: Final = """
asyncio.events concurrent.futures.thread csv difflib email.message filelock glob heapq html logging packaging.specifiers
packaging.version platformdirs secrets shlex sqlite3 tempfile tomllib traceback typer uuid yaml
""".split()
_MOST: Final = 1 << 20  # bytes of a request


def can_copy(environment: Mapping[str, str]) -> bool:
    """Return whether a copy would behave as a process that starts with these variables."""
    if sys.platform != "linux" or os.environ.get(FRESH):
        return False
    read_at_start = {name for name in environment if name.startswith(("PYTHON", "PORTABLE_", "LC_", "LD_"))}
    given = _given()
    is_given = given == {name: value for name, value in environment.items() if name in read_at_start}
    return is_given and environment.get("LANG") == "C.UTF-8"


def _given() -> Mapping[str, str]:
    """Return the variables that all commands of this run start with, as on another system: the server has them too."""
    from tests.portable.systems import AS_SYSTEM, variables_of  # the server itself needs no tests

    return variables_of(os.environ.get(AS_SYSTEM, ""))


def run(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, stdin: bytes, seconds: int
) -> subprocess.CompletedProcess[bytes]:
    """Run agentsync in a copy of this process's server, as `subprocess.run` would with its streams captured.

    Args:
        seconds: how long it may take.

    Raises:
        subprocess.TimeoutExpired: it took longer, and was killed.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        code = _server().run(arguments, environment, cwd, [given.fileno(), out.fileno(), err.fileno()], seconds)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(list(arguments), code, out.read(), err.read())


class _Server:
    """The server of this process. It ends when the last socket to it is closed."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._guard = threading.Lock()
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **_given()}
        command = [sys.executable, "-P", str(Path(__file__).resolve()), str(theirs.fileno())]
        self._process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()], cwd=_ROOT)
        theirs.close()
        atexit.register(self._end)

    def _end(self) -> None:
        self._socket.close()
        self._process.wait()

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, streams: Sequence[int], seconds: int
    ) -> int:
        request = json.dumps([list(arguments), dict(environment), str(cwd)]).encode()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs, self._guard:
            socket.send_fds(self._socket, [request], [*streams, theirs.fileno()])
            theirs.close()
            reply = ours.dup()
        with reply:
            process = int(reply.recv(100))
            reply.settimeout(seconds)
            try:
                return int(reply.recv(100))
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(arguments), seconds) from None


@cache
def _server() -> _Server:
    return _Server()


def load() -> None:
    """Load all of agentsync, and all that it loads late, for the copies of this process."""
    import agentsync

    for name in [*_LIBRARIES, *(one.name for one in pkgutil.walk_packages(agentsync.__path__, "agentsync."))]:
        import_module(name)
    from agentsync.late import LatePattern

    for pattern in [one for one in gc.get_objects() if type(one) is LatePattern]:
        _ = pattern.compiled
    gc.collect()
    gc.freeze()


def _serve(connection: socket.socket) -> None:
    """Start a copy for each request, until the other side is gone."""
    load()
    events = selectors.DefaultSelector()
    events.register(connection, selectors.EVENT_READ)
    while True:
        for key, _ in events.select():
            if key.fileobj is not connection:
                process, reply = key.data
                reply.send(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])).encode())
                events.unregister(key.fileobj)
                os.close(key.fd)
                reply.close()
                continue
            request, descriptors, _, _ = socket.recv_fds(connection, _MOST, 4)
            if not request:
                return
            process = os.fork()
            if not process:
                kept = [one.fd for one in events.get_map().values()]
                replies = [one.data[1].fileno() for one in events.get_map().values() if one.data]
                events.close()
                for descriptor in [*kept, *replies]:
                    os.close(descriptor)
                _become(json.loads(request), descriptors)
            for descriptor in descriptors[:3]:
                os.close(descriptor)
            reply = socket.socket(fileno=descriptors[3])
            reply.send(str(process).encode())
            events.register(os.pidfd_open(process), selectors.EVENT_READ, (process, reply))


def _become(request: tuple[list[str], dict[str, str], str], descriptors: Sequence[int]) -> NoReturn:
    """Turn this copy into the command."""
    arguments, environment, cwd = request
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
    for descriptor in descriptors:
        os.close(descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = open(0, encoding=sys.stdin.encoding, errors=sys.stdin.errors)
    sys.stdout = open(1, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)
    sys.stderr = open(2, "w", encoding=sys.stderr.encoding, errors=sys.stderr.errors, buffering=1)
    sys.argv = [str(_ROOT / "agentsync" / "__main__.py"), *arguments]
    from agentsync.__main__ import main

    main()


if __name__ == "__main__":
    # The folder of this file would be searched for modules, and it holds names of the standard library.
    sys.path[:] = [one for one in sys.path if Path(one).resolve() != _ROOT / "tests"]
    _serve(socket.socket(fileno=int(sys.argv[1])))
