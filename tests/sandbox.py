"""A user's machine for tests: an empty home, a cache and a project of its own.

    run = sandbox.run("drift")
    assert run.exit == 1

Commands run in a process of their own, with an environment that holds nothing of the machine the
tests run on but PATH. With `git_log=True` each call of git is recorded:

    assert sandbox.run("install", git_log=True).git_calls == []

Only what agentsync itself starts is recorded; programs that git starts are git's own affair.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests import forking, output
from tests.git_calls import as_asked
from tests.hints import check
from tests.portable.systems import AS_SYSTEM, variables_of
from tests.programs import write_program

PUBLISH: Final = Path(__file__).resolve().parent.parent / "examples" / "publish.py"
# Like the installed program, and unlike a plain `-m`, -P imports nothing from the working directory.
AGENTSYNC: Final = (sys.executable, "-P", "-m", "agentsync")
SECONDS: Final = 300  # Much: a machine may be under load.

# Without these, no program starts on Windows.
_OF_SYSTEM: Final = ("SYSTEMROOT", "COMSPEC", "PATHEXT", "TEMP", "TMP")


def profile(home: Path) -> dict[str, str]:
    """Return the variables that say where the files of a user are, on any system."""
    data = home / "AppData"
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "APPDATA": str(data / "Roaming"),
        "LOCALAPPDATA": str(data / "Local"),
    }


@dataclass(frozen=True, slots=True)
class Run:
    """A finished command.

    Args:
        exit: its exit code.
        stdout, stderr: what it printed, bytes that are not UTF-8 escaped.
        git_calls: the arguments of each git it started, without the word `git`; with `git_log`.
    """

    exit: int
    stdout: str
    stderr: str
    git_calls: list[list[str]] = field(default_factory=list)


class Sandbox:
    """A machine with one user and one project, all below one folder.

    Args:
        root: the folder; made where it does not exist.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.home = self.root / "home"
        self.project = self.root / "project"
        self.cache = self.root / "cache"
        self.config = self.root / "config"
        self.registry = self.root / "srv" / "agents.git"
        for folder in (self.home, self.project, self.registry.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self.program = write_program(self.root / "bin" / "agentsync", f'exec {shlex.join(AGENTSYNC)} "$@"')
        write_program(self.root / "bin" / "python", f'exec {shlex.quote(sys.executable)} "$@"')

    def environment(self, **more: str) -> dict[str, str]:
        """What a command sees; `more` is added to it."""
        return {
            "PATH": os.environ["PATH"],
            **profile(self.home),
            **{name: os.environ[name] for name in _OF_SYSTEM if name in os.environ},
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "AGENTSYNC_CACHE_DIR": str(self.cache),
            "AGENTSYNC_CONFIG_DIR": str(self.config),
            **variables_of(os.environ.get(AS_SYSTEM, "")),
            **more,
        }

    def without_git(self) -> dict[str, str]:
        """Return variables with which no program is found."""
        empty = self.root / "no-programs"
        empty.mkdir(exist_ok=True)
        return {"PATH": str(empty)}

    def cut_off(self) -> dict[str, str]:
        """Return variables with which no program is found, and the cache is empty."""
        return {**self.without_git(), "AGENTSYNC_CACHE_DIR": str(self.root / "no-cache")}

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        input: str | bytes | None = None,
        git_log: bool = False,
    ) -> Run:
        """Run agentsync to its end.

        Args:
            arguments: the command line.
            env: variables on top of the sandbox's own.
            cwd: where it runs, the project by default.
            input: what it reads from stdin; nothing by default.
            git_log: whether to record the calls of git.
        """
        environment = self.environment(**(env or {}))
        log = self._watch_git(environment) if git_log else None
        done = _agentsync(arguments, environment, cwd or self.project, input)
        told = _text(done.stderr)
        for line in told.splitlines():
            kind, _, text = line.partition(": ")
            if kind in ("hint", "note"):
                check(text)
        text = _text(done.stdout)
        output.check_text(text)
        return Run(done.returncode, text, told, _calls(log) if log else [])

    def shell(self, command: str, *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Run:
        """Run a command line in sh as a person does: `agentsync` and its Python on PATH, stderr within stdout."""
        path = f"{self.program.parent}{os.pathsep}{os.environ['PATH']}"
        environment = self.environment(PATH=path, PYTHONUNBUFFERED="1", **(env or {}))
        done = _finish(["sh", "-c", command], environment, cwd or self.project, None, merged=True)
        return Run(done.returncode, _text(done.stdout), "")

    def json(self, *arguments: str, **options: Any) -> dict[str, Any]:
        """Run agentsync with `--json` and return the document it prints.

        Args:
            arguments: the command line without `--json`.
            options: as for `run`.

        Raises:
            AssertionError: where stdout is not one document whose `exit` is the process's own.
        """
        run = self.run(*arguments, "--json", **options)
        try:
            document: dict[str, Any] = json.loads(run.stdout)
        except ValueError as error:
            raise AssertionError(f"exit {run.exit}, no JSON document\n{run.stdout}\n{run.stderr}") from error
        assert document["exit"] == run.exit, f"the document says {document['exit']}, the process {run.exit}"
        return document

    def publish_example(self, *versions: str) -> Path:
        """Publish releases of the example registry, all by default; return where the registry is."""
        only = ["--only", *versions] if versions else []
        done = _finish([sys.executable, str(PUBLISH), str(self.registry), *only], self.environment(), self.root, None)
        assert done.returncode == 0, _text(done.stderr)
        return self.registry

    def _watch_git(self, environment: dict[str, str]) -> Path:
        """Put a git on PATH that writes down its arguments and becomes the real one."""
        log = self.root / "git-calls"
        shutil.rmtree(log, ignore_errors=True)
        log.mkdir()
        real = shutil.which("git", path=environment["PATH"])
        assert real, "no git on PATH"
        # One file for each process: calls at the same time cannot write into each other.
        record = f"printf '%s\\0' \"$@\" > {shlex.quote(str(log))}/$$"
        program = write_program(self.root / "recording" / "git", f'{record}\nexec {shlex.quote(real)} "$@"')
        environment["PATH"] = f"{program.parent}{os.pathsep}{environment['PATH']}"
        return log


def _calls(log: Path) -> list[list[str]]:
    # Times are only as fine as the clock of the file system; process ids break the tie.
    in_order = sorted(log.iterdir(), key=lambda file: (file.stat().st_mtime_ns, int(file.name)))
    return as_asked(file.read_bytes().decode(errors="backslashreplace").split("\0")[:-1] for file in in_order)


def _agentsync(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, stdin: str | bytes | None
) -> subprocess.CompletedProcess[bytes]:
    if forking.can_copy(environment):
        data = stdin.encode() if isinstance(stdin, str) else stdin or b""
        return forking.run(arguments, environment, cwd, data, SECONDS)
    return _finish([*AGENTSYNC, *arguments], environment, cwd, stdin)


def _finish(
    command: Sequence[str],
    environment: Mapping[str, str],
    cwd: Path,
    stdin: str | bytes | None,
    *,
    merged: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        input=stdin.encode() if isinstance(stdin, str) else stdin or b"",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE,
        timeout=SECONDS,
        check=False,
    )


def _text(data: bytes | None) -> str:
    return (data or b"").decode(errors="backslashreplace")
