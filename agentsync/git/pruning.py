"""Delete cached repositories that were not used for a while, or that are more than fits.

The time of the last use is that of a file beside each repository, which also holds its URL and the projects that used
it. It is exact to a day: a command that only reads the cache should not write to it each time.
"""

import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.errors import RefusedError
from agentsync.git.fetching import guarded, unwritable
from agentsync.platform.files import drop_tree, own_scratch, remove, remove_tree, replace
from agentsync.platform.links import walk
from agentsync.platform.plain_files import read_plain_file
from agentsync.platform.process_lock import Patience

_USED: Final = ".used"
_GUARD: Final = ".lock"
_DAY: Final = 24 * 60 * 60
_LARGEST: Final = 1024 * 1024  # bytes of such a file
_MOST_HOMES: Final = 100
_BESIDE: Final = (".refs", ".refs.lock", ".refs.new", ".asked", ".asked.new", _USED, ".new", ".old")


class Cached(NamedTuple):
    """A cached repository.

    Args:
        repository: its URL; the name of its folder where it was never closed by a program that writes it down.
        size: bytes of its files.
        last_used: seconds since 1970.
    """

    folder: Path
    repository: str
    size: int
    last_used: float


class Pruned(NamedTuple):
    """The result of `prune`; repositories in use by another process are left."""

    removed: tuple[Cached, ...]
    kept: tuple[Cached, ...]
    in_use: tuple[Cached, ...]


def note_use(folder: Path, url: str, homes: Iterable[str]) -> None:
    """Write down that projects used a repository now; a cache that cannot be written to is no failure.

    Args:
        homes: the folders of their locks; "" is none.
    """
    where = folder.with_suffix(_USED)
    with suppress(OSError):
        if not folder.is_dir():
            return
        known = _noted(folder)[1:]
        new = sorted({home for home in homes if home and "\n" not in home} - set(known))
        if new or not known or time.time() - where.stat().st_mtime >= _DAY:
            lines = [url, *new, *known][: 1 + _MOST_HOMES]
            with own_scratch(where, "\n".join(lines).encode("utf-8", "surrogateescape"), lasting=False) as scratch:
                replace(scratch, where)


def homes_in(folder: Path) -> set[Path]:
    """Return the folders of the locks of all projects that used a repository below a folder."""
    return {Path(home) for path in folder.glob("*.git") for home in _noted(path)[1:]}


def _noted(folder: Path) -> list[str]:
    """Return the URL of a repository and the projects that used it, the last one first; nothing where none is noted."""
    try:
        return read_plain_file(folder.with_suffix(_USED), _LARGEST).decode("utf-8", "surrogateescape").split("\n")
    except OSError:
        return []


def prune(
    folder: Path, older_than: float, *, keep: Collection[str] = (), most: int | None = None, dry_run: bool = False
) -> Pruned:
    """Delete repositories below a folder, the least recently used first.

    Args:
        older_than: seconds without use after which a repository goes.
        keep: names of the folders of repositories that stay.
        most: bytes that may stay, None for any number; younger ones go too until it fits.
        dry_run: only find out.

    Raises:
        DiskError: where the file system refuses.
    """
    found = sorted((_cached(path) for path in folder.glob("*.git") if path.is_dir()), key=lambda one: one.last_used)
    total, now = sum(one.size for one in found), time.time()
    removed: list[Cached] = []
    kept: list[Cached] = []
    in_use: list[Cached] = []
    for one in found:
        is_too_much = most is not None and total > most
        if one.folder.name in keep or not (is_too_much or now - one.last_used >= older_than):
            kept.append(one)
        elif dry_run or _remove(one):
            removed.append(one)
            total -= one.size
        else:
            in_use.append(one)
    if not dry_run:
        _delete_leftovers(folder)
    return Pruned(tuple(removed), tuple(kept), tuple(in_use))


def _cached(folder: Path) -> Cached:
    beside = folder.with_suffix(_USED)
    times = [folder.stat().st_mtime]
    with suppress(OSError):
        times.append(beside.stat().st_mtime)
    name = next(iter(_noted(folder)), "") or folder.name
    size = 0
    for top, _, files in walk(folder):
        for file in files:
            with suppress(OSError):
                size += Path(top, file).lstat().st_size
    return Cached(folder, name, size, max(times))


def _remove(one: Cached) -> bool:
    """Remove a repository under its lock; return False where another process has it."""
    try:
        with guarded(one.folder, f"the cached copy of {one.repository}", Patience(waits=False)):
            remove_tree(one.folder)
            _remove_beside(one.folder)
            _remove_guard(one.folder)
    except RefusedError:
        return False
    except OSError as error:
        raise unwritable(one.folder.parent, error.strerror or str(error)) from error
    return True


def _remove_beside(folder: Path) -> None:
    for suffix in _BESIDE:
        where = folder.with_suffix(suffix)
        if where.is_dir():
            drop_tree(where)
        else:
            remove(where)


def _remove_guard(folder: Path) -> None:
    """Remove the lock file of a repository that is gone, which this process holds; not where the system forbids it."""
    with suppress(OSError):
        remove(Path(f"{folder}{_GUARD}"))


def _delete_leftovers(folder: Path) -> None:
    """Delete what is left beside repositories, also by killed processes, each under the lock of its repository."""
    for scratch in (path for suffix in (".new", ".old") for path in folder.glob(f"*{suffix}")):
        with suppress(OSError, RefusedError), guarded(scratch.with_suffix(".git"), "the cache", Patience(waits=False)):
            drop_tree(scratch)
    for guard in folder.glob(f"*.git{_GUARD}"):
        gone = Path(str(guard).removesuffix(_GUARD))
        with suppress(OSError, RefusedError), guarded(gone, "the cache", Patience(waits=False)):
            if not gone.exists():
                _remove_guard(gone)
