"""Python as it is on another system: loaded at the start of a process, it takes away what is not there.

The names of the shims stand in the variable `PORTABLE_SHIMS`, with blanks between them. Each patches modules of
the standard library before anything else has imported them.

Sources: the notes "Availability" in the documentation of `os`, `select`, `signal` and `ctypes`; Python's
PC/pyconfig.h.
"""

# ruff: noqa: PTH109, PTH115, PTH118, PTH119, PTH208 - the functions that are patched take paths as they come

from __future__ import annotations

import builtins
import ctypes
import errno
import functools
import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

ANSWER = Callable[..., Any]
_OURS: Final = "agentsync"
_MOVING: Final = ("rename", "replace")
_DELETING: Final = ("unlink", "remove")
_WITH_FOLDER: Final = ("open", "stat", "lstat", "mkdir", "unlink", "rmdir", "readlink", "chmod", "utime", "access")
_UNIX_ONLY: Final = frozenset(("fcntl", "pwd", "grp", "termios", "resource", "pty", "tty"))
_FLAGS: Final = ("O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_PATH", "O_CLOEXEC", "O_NOCTTY")
_OWNERS: Final = ("getuid", "geteuid", "getgid", "getegid", "getgroups", "chown", "fchown", "lchown", "fchmod")


_hidden: Final[dict[Any, dict[str, Any]]] = {}


def _take(module: Any, *names: str) -> None:
    """Take names away from agentsync; the standard library and others do with them what they did."""
    hidden = _hidden.setdefault(module, {})
    hidden.update({name: vars(module).pop(name) for name in names if name in vars(module)})

    def found(name: str) -> Any:
        if name in hidden and not str(sys._getframe(1).f_globals.get("__name__")).startswith(_OURS):
            return hidden[name]
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    _put(module, "__getattr__", found)


def _put(module: Any, name: str, value: object) -> None:
    setattr(module, name, value)


def no_process_groups() -> None:
    """No groups of processes, no signal but those of Windows, nothing run between fork and exec."""
    kill_number = signal.SIGKILL
    _take(os, "killpg", "setsid", "setpgid", "getpgid", "getpgrp", "getsid", "fork", "forkpty", "posix_spawn")
    _take(signal, "SIGKILL", "SIGHUP", "SIGQUIT", "SIGPIPE", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGTSTP")
    _take(signal, "pthread_sigmask", "pthread_kill", "setitimer", "alarm", "sigwait")
    start = subprocess.Popen.__init__

    def init(self: Any, *arguments: Any, **options: Any) -> None:
        refused = {"preexec_fn", "pass_fds", "process_group"} & options.keys()
        if refused:
            raise ValueError(f"{', '.join(refused)} not supported on Windows platforms")
        start(self, *arguments, **{**options, "start_new_session": False})

    _put(subprocess.Popen, "__init__", init)
    _put(subprocess.Popen, "kill", lambda self: self.send_signal(kill_number))
    _put(subprocess, "_USE_POSIX_SPAWN", False)


def no_polling() -> None:
    """Pipes are neither polled nor set to return at once."""

    def sockets_only(*_: Any) -> None:
        raise OSError(errno.ENOTSOCK, "An operation was attempted on something that is not a socket")

    _take(select, "poll", "epoll", "devpoll", "kqueue")
    _take(os, "set_blocking", "get_blocking")
    _put(select, "select", sockets_only)


def no_libc() -> None:
    """The C library has a name: without one, nothing is loaded."""
    load = ctypes.CDLL.__init__

    def init(self: Any, name: str | None, *arguments: Any, **options: Any) -> None:
        if name is None:
            raise TypeError("LoadLibrary() argument 1 must be str, not None")
        load(self, name, *arguments, **options)

    _put(ctypes.CDLL, "__init__", init)


def no_ctypes() -> None:
    """Python was built without libffi."""
    _refuse_imports(frozenset(("ctypes", "_ctypes")))


def no_owners() -> None:
    """A file has no number of an owner that could be asked for."""
    _take(os, *_OWNERS)


def no_folder_handles() -> None:
    """No folder is opened, nothing starts from an open one, and no flag says not to follow a link."""
    folders, real_open = (stat.S_ISDIR, os.open)

    def open_file(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        handle = real_open(path, flags, mode)
        if folders(os.fstat(handle).st_mode):
            os.close(handle)
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return handle

    def by_path(call: ANSWER) -> ANSWER:
        @functools.wraps(call)
        def called(*arguments: Any, **options: Any) -> Any:
            if any(options.pop(name, None) is not None for name in ("dir_fd", "src_dir_fd", "dst_dir_fd")):
                raise NotImplementedError("dir_fd unavailable on this platform")
            return call(*arguments, **options)

        return called

    os.supports_dir_fd.clear()
    os.supports_fd -= {os.listdir, os.scandir, os.chdir, os.chmod, os.utime, os.execve, os.pathconf, os.statvfs}
    _put(os, "open", open_file)
    for name in (*_WITH_FOLDER, *_MOVING, "link", "symlink"):
        _put(os, name, by_path(getattr(os, name)))
    _take(os, *_FLAGS, "fwalk", "mkfifo", "mknod", "sync", "statvfs", "fdatasync", "pread", "pwrite")


def no_unix_modules() -> None:
    """No module of Unix alone is imported by agentsync; what others fall back to is their own affair."""
    _refuse_imports(_UNIX_ONLY)


def _refuse_imports(modules: frozenset[str]) -> None:
    real = builtins.__import__

    def guarded(name: str, scope: Any = None, *arguments: Any, **options: Any) -> Any:
        if name in modules and str((scope or {}).get("__name__", "")).startswith(_OURS):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, scope, *arguments, **options)

    _put(builtins, "__import__", guarded)


def scanner() -> None:
    """A virus scanner holds each file for a moment: what opens, makes, moves or deletes one first is refused once."""
    seen: set[tuple[str, str]] = set()

    def refused_once(call: ANSWER) -> ANSWER:
        @functools.wraps(call)
        def called(*arguments: Any, **options: Any) -> Any:
            folder, goal = os.path.split(os.fsdecode(arguments[call.__name__ in _MOVING]))
            if folder != "/dev" and (call.__name__, goal) not in seen and _is_ours():
                seen.add((call.__name__, goal))
                raise PermissionError(errno.EACCES, "Access is denied", goal)
            return call(*arguments, **options)

        return called

    for name in (*_MOVING, *_DELETING, "open", "mkdir"):
        _put(os, name, refused_once(getattr(os, name)))


def _is_ours() -> bool:
    """Return whether agentsync asks: what a library or an example does with its own files is its own affair."""
    names: list[str] = []
    frame = sys._getframe(2)
    while frame is not None and not names:
        name = frame.f_code.co_filename
        names += [name] if os.path.basename(name) not in ("pathlib.py", "sitecustomize.py", "contextlib.py") else []
        frame = frame.f_back  # type: ignore[assignment]
    folder, name = os.path.split(names[0])
    return name != "tempfile.py" and "filelock" not in folder and os.path.basename(folder) not in ("action", "examples")


def open_is_guarded() -> None:
    """A file that this process has open is neither moved nor replaced nor deleted."""

    def guarded(call: ANSWER) -> ANSWER:
        @functools.wraps(call)
        def called(*arguments: Any, **options: Any) -> Any:
            for path in arguments:
                if _is_open(path, options) and _is_ours():
                    raise PermissionError(errno.EACCES, "The file is being used by another process", path)
            return call(*arguments, **options)

        return called

    for name in (*_MOVING, *_DELETING):
        _put(os, name, guarded(getattr(os, name)))


def _is_open(path: Any, options: dict[str, Any]) -> bool:
    folder = options.get("dir_fd") or options.get("src_dir_fd")
    try:
        status = os.lstat(path) if folder is None else os.lstat(path, dir_fd=folder)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and any(
        (found.st_dev, found.st_ino) == (status.st_dev, status.st_ino) for found in _open_files()
    )


def _open_files() -> list[os.stat_result]:
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.fstat(int(name)))
        except OSError:
            continue
    return found


def read_only_is_guarded() -> None:
    """A file that may not be written is neither replaced nor deleted."""

    def guarded(call: ANSWER) -> ANSWER:
        @functools.wraps(call)
        def called(*arguments: Any, **options: Any) -> Any:
            folder = options.get("dst_dir_fd", options.get("dir_fd"))
            try:
                status = os.lstat(arguments[-1]) if folder is None else os.lstat(arguments[-1], dir_fd=folder)
            except OSError:
                return call(*arguments, **options)
            if stat.S_ISREG(status.st_mode) and not status.st_mode & stat.S_IWUSR:
                raise PermissionError(errno.EACCES, "Access is denied", arguments[-1])
            return call(*arguments, **options)

        return called

    for name in (*_MOVING, *_DELETING):
        _put(os, name, guarded(getattr(os, name)))


def two_drives() -> None:
    """The home folder is on one drive, all else on another: no path leads from one to the other, and nothing moves."""
    for name in ("stat", "lstat", "fstat"):
        _put(os, name, _numbered(getattr(os, name)))
    for name in ("relpath", "commonpath"):
        _put(os.path, name, _within_one(getattr(os.path, name)))
    for name in (*_MOVING, "link"):
        _put(os, name, _not_across(getattr(os, name)))


_home: Final = os.path.join(os.path.realpath(os.environ.get("HOME", "/")), "")


def _drive(path: Any, folder: int | None = None) -> str:
    base = os.getcwd() if folder is None else os.readlink(f"/proc/self/fd/{folder}")
    where = os.path.join(os.path.normpath(os.path.join(base, os.fsdecode(path))), "")
    return "C:" if where.startswith(_home) else "D:"


def _within_one(call: ANSWER) -> ANSWER:
    @functools.wraps(call)
    def called(*paths: Any) -> Any:
        many = paths[0] if call.__name__ == "commonpath" else (*paths, os.curdir)[:2]
        if len(drives := {_drive(path) for path in many}) > 1:
            raise ValueError(f"Paths don't have the same drive: {drives}")
        return call(*paths)

    return called


def _not_across(call: ANSWER) -> ANSWER:
    @functools.wraps(call)
    def called(source: Any, goal: Any, **options: Any) -> Any:
        if _drive(source, options.get("src_dir_fd")) != _drive(goal, options.get("dst_dir_fd")):
            raise OSError(errno.EXDEV, "Invalid cross-device link", source, None, goal)
        return call(source, goal, **options)

    return called


def _numbered(call: ANSWER) -> ANSWER:
    @functools.wraps(call)
    def called(path: Any, **options: Any) -> Any:
        found = call(path, **options)
        where = os.readlink(f"/proc/self/fd/{path}") if isinstance(path, int) else path
        if not stat.S_ISDIR(found.st_mode) or _drive(where, options.get("dir_fd")) == "D:":
            return found
        fields = list(found)
        fields[stat.ST_DEV] += 1
        return os.stat_result(fields, {name: getattr(found, name) for name in dir(found) if name.endswith("_ns")})

    return called


def dies() -> None:
    """The process is killed right before its n-th move of a file, n being `PORTABLE_DIES_AT`."""
    left = int(os.environ["PORTABLE_DIES_AT"])
    kill, number, process = os.kill, getattr(signal, "SIGKILL", signal.SIGTERM), os.getpid()

    def counted(call: ANSWER) -> ANSWER:
        @functools.wraps(call)
        def called(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                kill(process, number)
            return call(*arguments, **options)

        return called

    for name in _MOVING:
        _put(os, name, counted(getattr(os, name)))


for shim in os.environ.get("PORTABLE_SHIMS", "").split():
    globals()[shim]()
