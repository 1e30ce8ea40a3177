"""How a remote is reached for a conversation in git's protocol: the command that git itself would start for it.

Over http it is git's helper, for a folder on this machine `git upload-pack`, over ssh the user's ssh with the arguments
that git gives it. Where it is not certain what git would do, there is no way here, and git does all of it.

Sources: gitremote-helpers(7), git-upload-pack(1), git(1) for GIT_SSH and GIT_SSH_COMMAND, git-config(1) for
`core.sshCommand`, `ssh.variant` and `url.<base>.insteadOf`.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from agentsync.git.git import environment_for, git_command, git_program, run_git, ways
from agentsync.git.git_environment import REMOTE, git_environment
from agentsync.late import late
from agentsync.platform.processes import find_program, finds_as_git, is_script

if TYPE_CHECKING:
    from agentsync.model.git_url import GitUrl


class Protocol(Enum):
    """How a remote is spoken to."""

    HTTP = auto()
    SSH = auto()
    FILE = auto()


class Way(NamedTuple):
    """The command that connects to a remote.

    Args:
        arguments: what stands for it in messages, without a location.
    """

    protocol: Protocol
    command: Sequence[str]
    environment: Mapping[str, str]
    arguments: Sequence[str]


_HTTP: Final = ("http", "https")
_VERSION: Final = {"GIT_PROTOCOL": "version=2"}
_NAME: Final = r"[A-Za-z0-9_][A-Za-z0-9._+-]*"
_SSH_URL: Final = late(rf"(?:ssh|git\+ssh|ssh\+git)://((?:{_NAME}@)?{_NAME})(?::([0-9]{{1,5}}))?(/[^%]+)")
_SCP: Final = late(rf"((?:{_NAME}@)?{_NAME}):()([^:%].*)", re.DOTALL)
# How ssh sends the version of the protocol, where it is OpenSSH.
_SEND: Final = ("-o", "SendEnv=GIT_PROTOCOL")


def likely_way(remote: GitUrl) -> Way | None:
    """Return the way over http to a remote, unless a rule of the user leads elsewhere: git is not asked for rules."""
    return _by_http(remote.location, git_environment(os.environ, remote))


def way_to(remote: GitUrl) -> Way | None:
    """Return the way to a remote, None where git has to find it."""
    location = _rewritten(remote)
    environment = environment_for(remote)
    allowed = environment["GIT_ALLOW_PROTOCOL"].split(":")
    scheme, has_scheme, rest = location.partition("://")
    if scheme in _HTTP and has_scheme:
        return _by_http(location, environment)
    if not finds_as_git() or is_script(git_program()):
        return None  # a script in git's place may do more in `ls-remote` than it does here
    if remote.is_local and location == remote.location:
        path = rest if scheme == "file" else location
        return _by_file(path, environment) if "file" in allowed and path.startswith("/") and "%" not in path else None
    return _by_ssh(location, environment) if "ssh" in allowed else None


def _rewritten(remote: GitUrl) -> str:
    """Return where git finds a remote, as the user's `insteadOf` rules say."""
    if any(name.startswith("url.") and remote.location.startswith(value) for name, value in ways()):
        return run_git(("ls-remote", "--get-url", REMOTE), remote=remote).decode("utf-8", "replace").strip()
    return remote.location


def _by_http(location: str, environment: Mapping[str, str]) -> Way | None:
    scheme, has_scheme, _ = location.partition("://")
    if scheme not in _HTTP or not has_scheme or scheme not in environment["GIT_ALLOW_PROTOCOL"].split(":"):
        return None
    arguments = (f"remote-{scheme}", REMOTE)
    return Way(Protocol.HTTP, git_command(arguments, None), environment, arguments)


def _by_file(path: str, environment: Mapping[str, str]) -> Way | None:
    if not Path(path).is_dir():  # a bundle, which git reads itself
        return None
    # As the large hosts do, it may leave files out.
    command = git_command(("-c", "uploadpack.allowFilter=true", "upload-pack", path), None)
    return Way(Protocol.FILE, command, {**environment, **_VERSION}, ("upload-pack",))


def _by_ssh(location: str, environment: Mapping[str, str]) -> Way | None:
    found = _SSH_URL.fullmatch(location) or (None if "://" in location else _SCP.fullmatch(location))
    ssh = _ssh(environment)
    if found is None or ssh is None:
        return None
    host, port, path = found[1], found[2], found[3]
    if path[1:2] == "~":
        if path[0] != "/":
            return None
        path = path[1:]
    # As git quotes it for the shell of the other machine.
    quoted = "'" + path.replace("'", "'\\''").replace("!", "'\\!'") + "'"
    command = (*ssh, *_SEND, *(("-p", port) if port else ()), host, f"git-upload-pack {quoted}")
    return Way(Protocol.SSH, command, {**environment, **_VERSION}, ("ssh", host))


def _ssh(environment: Mapping[str, str]) -> Sequence[str] | None:
    """Return the command that is OpenSSH's, as git chooses it; None where it is another program, or may be."""
    settings = dict(ways())
    path = environment.get("PATH")
    line = environment.get("GIT_SSH_COMMAND") or settings.get("core.sshcommand")
    program = environment.get("GIT_SSH") or "ssh"
    if line:
        try:
            program = shlex.split(line)[0]
        except (ValueError, IndexError):
            return None
    variant = environment.get("GIT_SSH_VARIANT") or settings.get("ssh.variant") or "auto"
    if variant != "ssh" and (variant != "auto" or Path(program).name != "ssh"):
        return None
    if line:
        shell = find_program("sh", path)
        return None if shell is None else (shell, "-c", f'{line} "$@"', line)
    found = program if Path(program).is_absolute() else find_program(program, path)
    return None if found is None else (found,)
