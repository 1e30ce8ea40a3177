"""A machine in memory that is copied for each run, and agentsync run on it in a forked process.

Everything is imported once; a run costs a fork, not a start of Python.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import shutil
import signal
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Final

import agentsync.__main__
from tests import forking
from tests.faults.steps import Fault, Step, Steps
from tests.stamping import restamp, without_stamps

SECONDS: Final = 60
_load: Final = cache(forking.load)
# Everything on a machine by its path: its mode, and its bytes or where it points.
Tree = dict[str, tuple[int, bytes]]
_PLACES: Final = ("project", "home", "config")
# The process and the thread in the name of a scratch file; the folder that a journal is bound to.
_SCRATCH: Final = re.compile(rb"[0-9]+-[0-9]{9,}|tmp_\w+")
_BOUND: Final = re.compile(rb'^\{"journal": 1, "folder": "[^"]*"')


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that ended.

    Args:
        exit: its exit code, or the number of the signal that ended it, negative.
        stdout, stderr: what it said.
        steps: the steps that it took, where it lived to tell.
    """

    exit: int
    stdout: str
    stderr: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """A project, a home, a configuration and a cache below one folder.

    Args:
        root: the folder.
        servers: where the registries are, which all copies of a machine share.
        variables: of the environment.
        address: where they are served; "" for the folder itself.
    """

    root: Path
    servers: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    address: str = ""

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.root / "project"

    def url_of(self, repository: str) -> str:
        """Return where one of the servers' repositories is reached."""
        return f"{self.address or f'file://{self.servers}'}/{repository}.git"

    def run(
        self, *arguments: str, fault: Fault = Fault.NONE, at: int = 0, edit: Callable[[], None] | None = None
    ) -> Ran:
        """Run agentsync to its end, with a fault at one of its steps."""
        _load()
        said = [self.root / name for name in ("stdout", "stderr", "steps")]
        sys.stdout.flush()
        process = os.fork()
        if process == 0:
            self._be(arguments, Steps(fault, at, edit), said)
        ended = _wait(process)
        stdout, stderr = (path.read_text("utf-8", "backslashreplace") for path in said[:2])
        steps = tuple(pickle.loads(said[2].read_bytes())) if said[2].exists() else ()
        for path in said:
            path.unlink(missing_ok=True)
        return Ran(os.waitstatus_to_exitcode(ended), stdout, stderr, steps)

    def _be(self, arguments: Sequence[str], steps: Steps, said: Sequence[Path]) -> None:
        """Become agentsync; does not return."""
        code = 70
        try:
            signal.alarm(SECONDS)
            for number, path in ((1, said[0]), (2, said[1])):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
            environment = self._environment()
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(self.project)
            steps.watch()
            code = agentsync.__main__.exit_code(list(arguments))
            taken = list(steps.taken)
            steps.step = lambda *_: None  # type: ignore[method-assign]
            sys.stdout.flush()
            sys.stderr.flush()
            said[2].write_bytes(pickle.dumps(taken))
        except BaseException:  # a forked process must not come back
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "home"),
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "AGENTSYNC_CACHE_DIR": str(self.root / "cache"),
            "AGENTSYNC_CONFIG_DIR": str(self.root / "config"),
            "STEPS_PID": str(os.getpid()),
            **self.variables,
        }

    @contextmanager
    def copy(self) -> Iterator[Machine]:
        """The same machine elsewhere, for as long as it is needed."""
        folder = Path(tempfile.mkdtemp(dir=self.root.parent))
        try:
            shutil.copytree(self.root, folder, symlinks=True, dirs_exist_ok=True)
            for place in ("project", "config"):
                restamp(folder / place, folder / "config/state")
            yield replace(self, root=folder)
        finally:
            for path in [folder, *folder.rglob("*")]:
                if path.is_dir() and not path.is_symlink():
                    path.chmod(0o755)
            shutil.rmtree(folder)

    def write(self, path: str, text: str | bytes) -> None:
        """Write a file, as a person does; the path starts from the machine's folder."""
        where = self.root / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(text.encode() if isinstance(text, str) else text)

    def tree(self) -> Tree:
        """Return all that must be the same after every detour: everything but records of the way."""
        found = {}
        for place in _PLACES:
            for path in sorted((self.root / place).rglob("*")):
                name = path.relative_to(self.root).as_posix()
                if "/.agentsync/backup" in name or "/.agentsync/history" in name or _is_own_state(name):
                    continue
                # Who held the scope last is a memory of the way, too.
                found[name] = (path.lstat().st_mode, b"") if path.name == "write.lock" else _thing(path)
        return found

    def state(self) -> bytes:
        """Return a digest of everything that the next run may look at, the same one on a copy where that is the same.

        Names of scratch files, the holders of locks and what is bound to the folder of the machine count as one.
        """
        found = hashlib.sha256()
        for path in sorted(self.root.rglob("*")):
            mode, data = _thing(path)
            if path.suffix == ".lock" and path.name != "agentsync.lock" and path.parent.name != "history":
                data = b""
            if path.name == "key":
                data = b"-"
            name = os.fsencode(path.relative_to(self.root))
            data = _BOUND.sub(b"", data.replace(os.fsencode(self.root), b""))
            found.update(b"%o %d " % (mode, len(data)) + _SCRATCH.sub(b"", name) + b"\n" + data)
        return found.digest()

    def history(self) -> set[bytes]:
        """Every lock that was remembered."""
        found = self.root.glob("*/.agentsync/history/*.lock")
        return {without_stamps(path.name, path.read_bytes()) for path in found}

    def strays(self) -> list[str]:
        """Return what no run may leave in the cache."""
        names = (path.relative_to(self.root).as_posix() for path in (self.root / "cache").rglob("*"))
        return [name for name in names if _is_stray(name)]

    def texts(self) -> set[bytes]:
        """The bytes of every plain file, backups included."""
        return {
            path.read_bytes()
            for place in _PLACES
            for path in (self.root / place).rglob("*")
            if path.is_file() and not path.is_symlink()
        }


def _thing(path: Path) -> tuple[int, bytes]:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return mode, os.fsencode(path.readlink())
    return mode, without_stamps(path.name, path.read_bytes()) if stat.S_ISREG(mode) else b""


def _is_own_state(name: str) -> bool:
    """Return whether it is the key of stamps, which differs on each machine, or its folder."""
    return f"{name}/".startswith("config/state/") and not name.endswith(".new")


def _is_stray(name: str) -> bool:
    _, _, last = name.rpartition("/")
    inside = ".git/" in name or ".log/" in name
    return ".new" in last or ".old" in last or last.startswith("tmp_") or (inside and last.endswith(".lock"))


def _wait(process: int) -> int:
    return os.waitpid(process, 0)[1]
