"""The only file that runs git.

Git is started with argument lists, never through a shell, and inside the user's project only to ask
what it ignores and how it treats line ends (`working_tree.py`). An author's own repository, in which they publish, is
the one place where it runs as they would run it (`author.py`). Elsewhere everything is removed from its
environment that could point it elsewhere or make it run something: `GIT_DIR` and friends, hooks,
templates, file system monitors, prompts, submodules, replace refs, attribute files. The user's own
credential helpers, ssh configuration, `insteadOf` rules and proxies stay in force.

Sources: git(1) ENVIRONMENT VARIABLES, git-config(1).
"""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from agentsync.errors import FetchError
from agentsync.git.git_environment import SETTINGS, SSH, USERS_SETTINGS, git_environment, users_environment
from agentsync.platform.processes import close_pipes, communicate, find_program, kill, start, terminate

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl
    from agentsync.platform.processes import Process

# Seconds that git has to clean up before it is killed: after Ctrl-C, a person waits for it.
_GRACE: Final = 0.5
# Seconds after which a wait begins anew: a signal that comes just before a wait is handled only when it ends.
HEARTBEAT: Final = 0.2
_PROGRESS: Final = ("remote: Enumerating ", "remote: Counting ", "remote: Compressing ", "remote: Total ")

Progress = Callable[[str], None]

_guard, _asking = threading.Lock(), threading.Lock()
_alive: dict[Process, int] = {}  # with the thread that has begun each
_ending = threading.Event()


class GitFailure(FetchError):
    """Git ended with an error: its command, exit code, errors without credentials, and standard output until then."""

    def __init__(self, arguments: Sequence[str], code: int, message: str, output: bytes = b"") -> None:
        super().__init__("git failed", why=message, hint="see that git works here: git version")
        self.args = (arguments, code, message, output)
        self.output = output
        self.arguments = tuple(arguments)
        self.exit_code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


class TooMuchOutput(Exception):
    """The output of git is larger than the limit of the call."""


def run_git(
    arguments: Sequence[str],
    *,
    git_dir: Path | None = None,
    stdin: bytes = b"",
    remote: GitUrl | None = None,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
    fine: Collection[int] = (0,),
    progress: Progress | None = None,
    most: int | None = None,
    with_errors: bool = False,
    as_user: bool = False,
) -> bytes:
    """Run git and wait for it.

    Args:
        git_dir: the bare repository to work in.
        remote: the repository that `REMOTE` stands for, in this call alone: its location goes to git through the
            environment, not the command line or a file.
        cwd: the folder to run in, the root by default: never the user's project.
        extra: further variables of its environment.
        fine: the exit codes that are no failure.
        progress: called with the progress of a fetch; the arguments must hold `--progress`.
        most: the limit of its output in bytes; None for no limit.
        with_errors: return its standard error too, after its output.
        as_user: run it as the user would, with all their settings, filters and hooks: for an author's own repository.

    Returns:
        Its standard output.

    Raises:
        GitFailure: where git ends with an error.
        TooMuchOutput: where its output is larger than `most`.
        FetchError: where there is no git.
    """
    base = users_environment(os.environ) if as_user else environment_for(remote, cwd)
    command = git_command(arguments, git_dir, USERS_SETTINGS if as_user else SETTINGS)
    with _running(_start(command, {**base, **(extra or {})}, cwd or Path(os.sep))) as process:
        out, err = _talk(process, stdin, progress, most)
    if process.returncode not in fine:
        raise GitFailure(arguments, process.returncode, error_text(err), out)
    return out + err if with_errors else out


def git_version() -> tuple[int, ...]:
    """Return the version of the installed git; raise FetchError where there is none."""
    printed = run_git(("version",)).decode("utf-8", "replace")
    return tuple(int(part) for part in re.findall(r"[0-9]+", printed)[:3])


def begin_git(arguments: Sequence[str], git_dir: Path | None, errors: IO[bytes]) -> Process:
    """Start a git for requests through its pipes; `ending` ends it too. The arguments are those of `run_git`."""
    return begin(git_command(arguments, git_dir), git_environment(os.environ), errors)


def begin(command: Sequence[str], environment: Mapping[str, str], errors: IO[bytes]) -> Process:
    """Start a program for requests through its pipes, a git or what git would start; `ending` ends it too."""
    process = _start(command, environment, Path(os.sep), errors)
    with _guard:
        _alive[process] = threading.get_ident()
    if is_ending():
        end_git(process)
        _refuse_while_ending()
    return process


def end_git(process: Process) -> None:
    """End a git that `begin_git` started."""
    with _guard:
        _alive.pop(process, None)
    process.kill()
    process.wait()
    close_pipes(process)


def git_program() -> str:
    """Return git's full path; raise FetchError where there is no git."""
    return _program_on(os.environ.get("PATH"))


@lru_cache
def _program_on(path: str | None) -> str:
    found = find_program("git", path)
    if found is None:
        raise _not_installed()
    return found


def _not_installed() -> FetchError:
    return FetchError("git is not installed", why="there is no `git` on the PATH", hint="install git 2.34 or newer")


def environment_for(remote: GitUrl | None, cwd: Path | None = None) -> dict[str, str]:
    """Return the environment of a git that asks a remote, with the user's ssh or ours; the arguments of `run_git`."""
    environment = git_environment(os.environ, remote)
    if remote is not None and not remote.is_local and not _chooses_ssh(environment):
        environment["GIT_SSH_COMMAND"] = SSH
    if cwd is not None:
        # A repository above our own folder is not ours.
        environment["GIT_CEILING_DIRECTORIES"] = str(cwd.parent)
    return environment


def git_command(arguments: Sequence[str], git_dir: Path | None, settings: Sequence[str] = SETTINGS) -> list[str]:
    """Return the command that runs git with these arguments."""
    command = [git_program(), *(part for setting in settings for part in ("-c", setting))]
    if git_dir is not None:
        command.append(f"--git-dir={git_dir}")
    return [*command, *arguments]


def _start(
    command: Sequence[str], environment: Mapping[str, str], cwd: Path, errors: IO[bytes] | None = None
) -> Process:
    _refuse_while_ending()
    try:
        return start(command, environment, cwd, errors=errors)
    except (FileNotFoundError, PermissionError) as error:
        raise _not_installed() from error
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        raise FetchError(f"{command[0]} is no program", why="the system cannot run it", hint="install git") from error


def _talk(process: Process, stdin: bytes, progress: Progress | None, most: int | None) -> tuple[bytes, bytes]:
    if progress is not None:
        return b"", _follow(process, stdin, progress)
    return communicate(process, stdin) if most is None else _take(process, most)


def _take(process: Process, most: int) -> tuple[bytes, bytes]:
    """Return output and errors of a git without input, up to `most` bytes of output."""
    assert process.stdin and process.stdout and process.stderr
    process.stdin.close()
    errors: list[bytes] = []
    # A full pipe of errors must not block the output.
    reader = threading.Thread(target=lambda pipe: errors.append(pipe.read()), args=(process.stderr,), daemon=True)
    reader.start()
    out = process.stdout.read(most + 1)
    if len(out) > most:
        kill(process)
    reader.join()
    process.wait()
    close_pipes(process)
    if len(out) > most:
        raise TooMuchOutput
    return out, errors[0]


@contextmanager
def _running(process: Process) -> Iterator[Process]:
    """End a process where the block fails or is interrupted."""
    with _guard:
        _alive[process] = threading.get_ident()
    try:
        _refuse_while_ending()
        yield process
    except BaseException:
        _stop(process)
        raise
    finally:
        with _guard:
            _alive.pop(process, None)


@contextmanager
def ending() -> Iterator[None]:
    """End every git that runs in any thread, and begin none meanwhile."""
    _ending.set()
    try:
        with _guard:
            processes = list(_alive)
        for process in processes:
            terminate(process)
        yield
    finally:
        _ending.clear()


def kill_all_of(thread: int) -> None:
    """Kill every git that a thread has begun and that still runs."""
    with _guard:
        processes = [process for process, begun_by in _alive.items() if begun_by == thread]
    for process in processes:
        kill(process)


def is_ending(seconds: float = 0) -> bool:
    """Return whether everything is to end; waits up to so many seconds for it."""
    return _ending.wait(seconds)


def _refuse_while_ending() -> None:
    if is_ending():
        raise InterruptedError("an interruption ends everything")


def _stop(process: Process) -> None:
    """End git and the helpers that it started."""
    import subprocess

    terminate(process)
    try:
        process.wait(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        kill(process)
        process.wait()
    close_pipes(process)


def _chooses_ssh(environment: Mapping[str, str]) -> bool:
    """Return whether the user chose an ssh command: ours would take precedence over `core.sshCommand`."""
    if "GIT_SSH_COMMAND" in environment or "GIT_SSH" in environment:
        return True
    return any(name == "core.sshcommand" for name, _ in ways())


def ways() -> tuple[tuple[str, str], ...]:
    """Return the user's settings that say how remotes are reached: names, sections and keys in lower case, and values.

    They are `core.sshcommand`, `ssh.variant` and `url.BASE.insteadof`.
    """
    with _asking:
        return _ways(frozenset(git_environment(os.environ).items()))


@lru_cache  # to ask for each remote would take as long as some answers
def _ways(environment: frozenset[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    question = ("config", "--null", "--get-regexp", r"^(core\.sshcommand|ssh\.variant|url\..*\.insteadof)$")
    with _running(_start((git_program(), *question), dict(environment), Path(os.sep))) as process:
        printed = communicate(process, b"")[0].decode("utf-8", "replace")
        _refuse_while_ending()
    found = (entry.partition("\n") for entry in printed.split("\0")[:-1])
    return tuple((name, value) for name, _, value in found)


def _follow(process: Process, stdin: bytes, progress: Progress) -> bytes:
    """Report the progress of a fetch while it runs; return its standard error.

    GitPython reads git's progress lines. It is imported here, where a person is watching, because
    importing it takes longer than most fetches.
    """
    for name in [name for name in os.environ if name.startswith("GIT_PYTHON_")]:
        del os.environ[name]  # the import would run what they name
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = git_program()  # and else what `PATH` finds here
    from git import RemoteProgress

    class Reader(RemoteProgress):
        def update(
            self, op_code: int, cur_count: str | float, max_count: str | float | None = None, message: str = ""
        ) -> None:
            progress((self._cur_line or "").removeprefix("remote:").strip())

    handle = Reader().new_message_handler()
    assert process.stdin and process.stdout and process.stderr
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(stdin)
    printed: list[bytes] = []
    line = b""
    with process.stdout, process.stderr:
        while chunk := os.read(process.stderr.fileno(), 4096):
            *lines, line = (line + chunk).replace(b"\r", b"\n").split(b"\n")
            for text in lines:
                printed.append(text)
                handle(text.decode("utf-8", "replace"))
    process.wait()
    return b"\n".join([*printed, line])


def error_text(err: bytes) -> str:
    """Return git's errors on one line, without credentials and progress."""
    from agentsync.model.redaction import redact

    lines = [line.strip() for line in err.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if not line.startswith(_PROGRESS)]
    chosen = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ERROR:", "ssh:"))] or lines
    return redact("; ".join(dict.fromkeys(line for line in chosen if line)))[:600] or "git said nothing"
