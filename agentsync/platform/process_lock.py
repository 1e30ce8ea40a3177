"""One process at a time: a lock file that the system releases with its holder, and that names the holder."""

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from agentsync.errors import DiskError, RefusedError
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.retrying import open_file

if TYPE_CHECKING:
    from filelock import FileLock


_LONGEST = 64 * 1024  # bytes of a lock file
_AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Patience(NamedTuple):
    """The rule for a lock that another process holds.

    Args:
        waits: wait for it, instead of failing.
        told: called once with the holder's name; None where no person watches.
    """

    waits: bool = True
    told: Callable[[str], None] | None = None


@contextmanager
def process_lock(lock: Path, what: str, patience: Patience) -> Iterator[None]:
    """Acquire a lock file for a block; wait without a limit while another process holds it.

    Args:
        lock: the file, which names its holder; it stays, but where the holder deletes it with what it guards.
        what: the guarded thing, for messages.
        patience: the rule for waiting.

    Raises:
        RefusedError: where another process holds it, and `patience` forbids to wait.
        DiskError: where the file cannot be made.
    """
    try:
        _refuse_odd(lock)
        let_go = _taken_at_once(lock) or _taken(lock, what, patience)
    except OSError as error:
        raise DiskError(
            f"cannot lock {what}: {lock}",
            why=(error.strerror or str(error)).lower(),
            hint="give yourself permission to write there, and see that there is space",
        ) from error
    try:
        _write(lock, f"{_process()}(agentsync {_command()})\n")
        yield
    finally:
        _write(lock, "")
        let_go()


def _refuse_odd(lock: Path) -> None:
    """Raise OSError where a lock file is no plain file: to lock a link would empty the file that it leads to."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(lock.lstat().st_mode):
            raise OSError(errno.EINVAL, "it is no plain file: remove it")


def _taken_at_once(lock: Path) -> Callable[[], None] | None:
    """Take a lock that is free with the one call that filelock makes too, which takes long to load.

    Returns:
        What lets it go; None where another process has it, or the system or file system lacks that call.
    """
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock

        handle = open_file(lock, os.O_RDWR | os.O_CREAT | _AS_IT_IS, 0o666)
    except (ImportError, OSError):
        return None
    try:
        flock(handle, LOCK_EX | LOCK_NB)
        # One that was deleted after it was opened guards no name any more.
        if os.path.samestat(os.fstat(handle), lock.lstat()):
            return lambda: os.close(handle)
    except OSError:
        pass
    os.close(handle)
    return None


def _taken(lock: Path, what: str, patience: Patience) -> Callable[[], None]:
    """Take a lock by filelock, and wait for it where that may be; return what lets it go."""
    from filelock import FileLock

    file = FileLock(lock)
    while True:
        if not _is_free(file):
            _wait(file, lock, what, patience)
        if lock.exists():
            return file.release
        file.release()  # it was deleted by the process that had it, and guards no name any more


def _is_free(file: "FileLock") -> bool:
    from filelock import Timeout

    try:
        file.acquire(timeout=0)
    except Timeout:
        # Where it cannot even be opened, a wait would have no end.
        os.close(open_file(file.lock_file, os.O_RDWR | os.O_CREAT | _AS_IT_IS, 0o666))
        return False
    return True


def _wait(file: "FileLock", lock: Path, what: str, patience: Patience) -> None:
    holder = _holder(lock)
    # Another thread of this process is done in a moment: no person need know of it.
    is_ours = holder.startswith(_process())
    if not patience.waits and not is_ours:
        raise RefusedError(
            f"{what} is in use",
            why=f"by {holder or 'another agentsync'}",
            hint="run the command again when that is done, or without --no-wait",
        )
    if patience.told is not None and not is_ours:
        patience.told(f"waiting for {holder or 'another agentsync'}: {what} is in use")
    file.acquire()


def _process() -> str:
    return f"process {os.getpid()} "


def _command() -> str:
    """Return the first words of this command, without anything that may be a URL."""
    return " ".join(word for word in sys.argv[1:3] if not word.startswith("-") and "/" not in word)


def _write(lock: Path, text: str) -> None:
    """Write the holder's name; the lock holds also where that fails."""
    with suppress(OSError):
        handle = open_file(lock, os.O_WRONLY | _AS_IT_IS)
        try:
            os.ftruncate(handle, 0)
            os.write(handle, text.encode("utf-8", "backslashreplace"))
        finally:
            os.close(handle)


def _holder(lock: Path) -> str:
    try:
        return read_plain_file(lock, _LONGEST).decode("utf-8", "replace").strip()
    except OSError:
        return ""
