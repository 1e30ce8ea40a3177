"""Run a program of an AI tool in a project, with a home of its own; and speak with it where it is a server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO, Any, Final, NamedTuple

TIMEOUT: Final = 240
_QUIET: Final = {
    "CI": "1",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
}


class Ran(NamedTuple):
    """What a program wrote to its streams."""

    out: str
    errors: str

    @property
    def all(self) -> str:
        """Both streams."""
        return f"{self.out}\n{self.errors}"


def environment(home: Path) -> Mapping[str, str]:
    """The environment of a program: nothing of the machine's but where programs are."""
    home.mkdir(parents=True, exist_ok=True)
    return {"HOME": str(home), "PATH": os.environ["PATH"], **_QUIET}


def run(project: Path, home: Path, *command: str | Path) -> Ran:
    """Run a program to its end; nothing is typed into it.

    What it writes goes into files: some programs end before a pipe has taken everything.
    """
    words = [str(word) for word in command]
    with TemporaryFile() as out, TemporaryFile() as errors:
        subprocess.run(
            words,
            cwd=project,
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            timeout=TIMEOUT,
        )
        return Ran(_read(out), _read(errors))


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


class Server:
    """A program that answers JSON-RPC on its streams, in frames with a length in front, as editors speak it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        self._in: IO[bytes] = process.stdin
        self._out: IO[bytes] = process.stdout
        self._asked = 0

    def ask(self, method: str, parameters: Mapping[str, Any]) -> Any:
        """The result of a method."""
        self._asked += 1
        request = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": parameters}
        data = json.dumps(request).encode()
        self._in.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self._in.flush()
        while True:
            answer = json.loads(self._out.read(self._length()))
            if answer.get("id") == self._asked and "method" not in answer:
                assert "result" in answer, answer
                return answer["result"]

    def _length(self) -> int:
        length = 0
        while line := self._out.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the program has ended"
        return length


@contextmanager
def server(project: Path, home: Path, *command: str | Path) -> Iterator[Server]:
    """Run a program as a server."""
    words = [str(word) for word in command]
    process = subprocess.Popen(
        words,
        cwd=project,
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    timer = Timer(TIMEOUT, process.kill)
    timer.start()
    try:
        yield Server(process)
    finally:
        timer.cancel()
        process.kill()
        process.communicate()
