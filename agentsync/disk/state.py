"""Load and save what a scope remembers: manifest, lock and receipt."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from agentsync.disk.folder import disk_error
from agentsync.disk.open_folder import Entry
from agentsync.disk.past_locks import PastLocks
from agentsync.disk.patches import Patches
from agentsync.disk.scope import Scope, refuse_other_name
from agentsync.disk.stamps import LENGTH, Stamps
from agentsync.disk.state_files import inside, is_plain, make_way, prune, put_aside, read_plain, refuse_link, remove
from agentsync.disk.state_folder import state_entry, state_folder, write_state
from agentsync.disk.swap import look
from agentsync.disk.whole import ANYTHING, Anything
from agentsync.errors import AgentsyncError, LockError, ManifestError, RefusedError, UnsafeError
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.receipt import dump_receipt, parse_receipt, stamped, without_stamp
from agentsync.model.drift import Local
from agentsync.model.lock import Lock
from agentsync.model.receipt import Receipt
from agentsync.model.rel_path import RelPath, rel_path
from agentsync.model.scope import ScopeName
from agentsync.platform.plain_files import open_plain, pieces, read_handle

_ALL_BUT_PATCHES: Final = "# Everything here is this machine's own, except the patches.\n/*\n!/patches/\n"
# Below the patches are folders called `.claude`, which many projects ignore.
_IGNORED: Final = f"{_ALL_BUT_PATCHES}!/patches/**\n"
_JOURNAL: Final = "journal"
_LARGEST_JOURNAL: Final = 1024 * 1024 * 1024
_RECEIPT: Final = "receipt.json"
_UPSTREAM: Final = ".upstream"
_FOLDERS: Final = ("stage", "backup", "conflicts", "history", "patches")


class State:
    """The files beside the manifest."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.patches = Patches(scope, self.prepare)
        # What manifest, lock and receipt were when they were read: what was decided stands on it.
        self._read: dict[Path, str | None] = {}
        self.stamps = Stamps(scope)
        self._past = PastLocks(scope, self.stamps, self.patches)

    def inputs(self) -> tuple[Path, ...]:
        """The files that say how the scope should be: manifest, lock and receipt."""
        return self._scope.manifest, self._scope.lock, self._scope.state / _RECEIPT

    @property
    def journal(self) -> Path:
        """Where a run writes down what it is about to do."""
        return self._scope.state / _JOURNAL

    @property
    def is_begun(self) -> bool:
        """Whether a run has begun to change something here, and has not ended."""
        return self.read_journal() is not None

    def read_journal(self) -> bytes | None:
        """What a run here wrote down before it began, None where none did.

        A journal without a stamp of this folder is none, whatever it is.
        """
        try:
            handle = open_plain(self.journal)
        except OSError:
            return None
        try:
            stamp = os.read(handle, LENGTH + 1).removesuffix(b"\n").decode("ascii", "replace")
            size = os.fstat(handle).st_size
            if size > _LARGEST_JOURNAL or not self.stamps.holds(stamp, _JOURNAL, pieces(handle, size)):
                return None
            os.lseek(handle, LENGTH + 1, os.SEEK_SET)
            return read_handle(handle, size, size - LENGTH - 1)
        except OSError:
            return None
        finally:
            os.close(handle)

    def write_journal(self, data: bytes) -> None:
        """Write down what is about to be done; without a stamp it is not finished where it is interrupted.

        Raises:
            OSError: where the file system refuses.
        """
        make_way(self._scope, self.journal)
        stamp = self.stamps.make(_JOURNAL, [data])
        write_state(self._scope, self.journal, f"{stamp or '-' * LENGTH}\n".encode() + data)
        with state_folder(self._scope) as folder:
            folder.flush()

    @property
    def is_pending(self) -> bool:
        """Whether a run was interrupted here, or one is at work; it may not have come to change anything."""
        return any(os.path.lexists(where) for where in (self.journal, self._scope.state / "stage"))

    def manifest_text(self) -> str:
        """The manifest as it is written.

        Raises:
            ManifestError: where there is none, or it cannot be read.
        """
        text = self._remembered(self._scope.manifest, ManifestError)
        if text is None:
            refuse_other_name(self._scope.home)
            raise ManifestError(
                f"no manifest at {self._scope.manifest}",
                hint="start one with `agentsync init`",
            )
        return text

    def lock(self) -> Lock | None:
        """The lock, None where there is none yet.

        Raises:
            LockError: where it cannot be read; never taken for absent.
        """
        text = self._remembered(self._scope.lock, LockError)
        return None if text is None else parse_lock(text)

    def lock_text(self) -> str:
        """The lock as it is written, "" where there is none."""
        return self._remembered(self._scope.lock, LockError) or ""

    def receipt(self) -> Receipt | None:
        """The receipt, None where there is none. One that is damaged is none: it is only a memory.

        One without a stamp of this folder is a hint as a whole.
        """
        try:
            text = self._remembered(self._scope.state / _RECEIPT, LockError)
            if text is None:
                return None
            text, stamp = without_stamp(text)
            found = parse_receipt(text)
        except (ValueError, AgentsyncError):
            return None
        return found if self._is_ours(text, stamp) else found._replace(hints=frozenset(found.files))

    def _is_ours(self, text: str, stamp: str) -> bool:
        return self.stamps.holds(stamp, _RECEIPT, [text.encode("utf-8", "surrogateescape")])

    def texts(self) -> tuple[str | None, str | None]:
        """Manifest and lock as they are now."""
        return self._read_text(self._scope.manifest, ManifestError), self._read_text(self._scope.lock, LockError)

    def changed_since(self) -> str:
        """The name of a file that is not any more what was read of it, "" where all are."""
        for where, text in self._read.items():
            failure = ManifestError if where == self._scope.manifest else LockError
            if self._read_text(where, failure) != text:
                return where.name
        return ""

    def _remembered(self, where: Path, failure: type[AgentsyncError]) -> str | None:
        text = self._read_text(where, failure)
        return self._read.setdefault(where, text)

    def start_manifest(self, text: str) -> bool:
        """Write the first manifest; False where there is one already."""
        return self._save(self._scope.manifest, text, None)

    def save_manifest(self, text: str) -> None:
        """Write the manifest.

        Raises:
            RefusedError: where it is not any more what was read: a person saved it meanwhile.
        """
        where = self._scope.manifest
        current = self._read_text(where, ManifestError)
        if current == text:
            return
        with state_entry(self._scope, self._goal(where)) as entry:
            expected = look(entry)
        if self._read.get(where, current) != current or not self._save(where, text, expected):
            raise overtaken(where.name)

    def save_lock(self, lock: Lock) -> bool:
        """Write the lock; returns whether that changed it."""
        from agentsync.formats.lock_writer import dump_lock

        return self.save_lock_text(dump_lock(lock))

    def save_lock_text(self, text: str) -> bool:
        """The same, from its text."""
        if is_plain(self._scope.lock) and self._read_text(self._scope.lock, LockError) == text:
            return False
        self._save(self._scope.lock, text)
        return True

    def history(self) -> list[Lock]:
        """The locks that were installed here, the last one first."""
        return [lock for lock in self._past.locks() if not lock.broken]

    def remember(self, lock: Lock) -> None:
        """Keep a lock that was installed, and forget all but the last ten."""
        from agentsync.formats.lock_writer import dump_lock

        self.remember_text(dump_lock(lock))

    def remember_text(self, text: str) -> None:
        """The same, from its text."""
        try:
            self._past.remember(text.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise disk_error(f"cannot write to {self._scope.state / 'history'}", error) from error

    def conflicts(self) -> dict[RelPath, bytes]:
        """The attempts at merging that wait for a decision, by the path they are for."""
        folder = self._scope.state / "conflicts"
        found: dict[RelPath, bytes] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.endswith(_UPSTREAM):
                with suppress(OSError, UnsafeError):  # no attempt of ours is as large, nor has such a name
                    found[rel_path(path.relative_to(folder).as_posix())] = read_plain(path)
        return found

    def conflict_upstream(self, path: RelPath) -> bytes | None:
        """Upstream's file that an attempt was made with, None where it is not there."""
        try:
            return read_plain(inside(self._scope, "conflicts", f"{path}{_UPSTREAM}"))
        except OSError:
            return None

    def save_conflict(self, path: RelPath, attempt: bytes, upstream: bytes) -> None:
        """Keep an attempt at merging, and upstream's file beside it.

        An attempt at the same upstream file may have been worked on meanwhile, and stays.
        """
        where = inside(self._scope, "conflicts", path)
        theirs = where.with_name(where.name + _UPSTREAM)
        try:
            if where.is_file() and self.conflict_upstream(path) == upstream:
                return
            self.prepare()
            # An attempt at another upstream file: it may hold a person's work.
            put_aside(self._scope, where)
            write_state(self._scope, theirs, upstream)
            write_state(self._scope, where, attempt)
        except OSError as error:
            raise disk_error(f"cannot write {where}", error) from error

    def drop_conflict(self, path: RelPath, *, used: bool = False) -> None:
        """Forget an attempt at merging; it goes into a backup but where it is `used`."""
        where = inside(self._scope, "conflicts", path)
        try:
            if not used:
                put_aside(self._scope, where)
            remove(self._scope, where)
            remove(self._scope, where.with_name(where.name + _UPSTREAM))
        except OSError as error:
            raise disk_error(f"cannot remove {where}", error) from error
        prune(where, self._scope.state)

    def save_receipt(self, receipt: Receipt) -> None:
        """Write the receipt with its stamp, unless it says so already."""
        where = self._scope.state / _RECEIPT
        text = dump_receipt(receipt)
        with suppress(OSError, ValueError):
            found, stamp = without_stamp(read_plain(where).decode("utf-8"))
            if found == text and self._is_ours(found, stamp):
                return
        self.prepare()
        with self._writing(where):
            make_way(self._scope, where)
        self._save(where, stamped(text, self.stamps.make(_RECEIPT, [text.encode()])))

    def refuse_links(self) -> None:
        """Insist that the state folder and the folders in it are folders, where they are there.

        Raises:
            UnsafeError: where one is a link: a project may hold any link.
        """
        for folder in (self._scope.state, *(self._scope.state / name for name in _FOLDERS)):
            refuse_link(folder)

    def prepare(self) -> None:
        """Make the state folder, and keep its content out of the project's version control.

        Raises:
            UnsafeError: where it, or a folder in it, is a link: a project may hold any link.
            DiskError: where it cannot be written to.
        """
        self.make_folder()
        ignore = self._scope.state / ".gitignore"
        self.make_folder()
        if not is_plain(ignore) or _is_outdated(ignore):
            with self._writing(ignore):
                make_way(self._scope, ignore)
                write_state(self._scope, ignore, _IGNORED.encode())

    @contextmanager
    def _writing(self, where: Path) -> Iterator[None]:
        """Tell what the file system refuses in our words."""
        try:
            yield
        except OSError as error:
            raise disk_error(f"cannot write {where}", error) from error

    def make_folder(self) -> None:
        """Make the state folder and nothing in it, for who does not hold the scope yet.

        Raises:
            UnsafeError: where it, or a folder in it, is a link.
            DiskError: where it cannot be made.
        """
        self.refuse_links()
        try:
            self._scope.state.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(f"cannot write to {self._scope.state}", error) from error

    def clear_stage(self) -> None:
        """Remove the folder that files are staged in."""
        with suppress(OSError, UnsafeError):
            with state_folder(self._scope, "stage") as stage:
                for name in stage.names():
                    Entry(stage, name).unlink()
            with state_folder(self._scope) as state:
                Entry(state, "stage").remove_folder()

    def _read_text(self, where: Path, failure: type[AgentsyncError]) -> str | None:
        """The text of manifest, lock or receipt, None where there is none.

        A link is followed in the user's own folder; in a project only to a file of the same name, so
        that no other file of this machine is read, and quoted, as if it were the project's.
        """
        try:
            may_follow = self._scope.name is ScopeName.USER or (
                where.is_symlink() and Path(os.path.realpath(where)).name == where.name
            )
            return read_plain(where, follow=may_follow).decode("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except UnicodeDecodeError as error:
            raise failure(f"{where.name} is not UTF-8 text", why=str(error), hint="save it as UTF-8") from error
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise failure(f"{where.name} {error.strerror}", hint="it cannot be right") from error
            if error.errno == errno.ELOOP:
                raise UnsafeError(
                    f"{where} is a symlink to another kind of file",
                    why="a project may hold any link",
                    hint="put a real file in its place",
                ) from error
            raise disk_error(f"cannot read {where}", error) from error

    def _save(self, where: Path, text: str, expected: Local | Anything = ANYTHING) -> bool:
        data = text.encode("utf-8", "surrogateescape")
        try:
            self.prepare()
            if not write_state(self._scope, self._goal(where), data, expected):
                return False
        except OSError as error:
            raise disk_error(f"cannot write {where}", error) from error
        if where in self._read:
            self._read[where] = text
        return True

    def _goal(self, where: Path) -> Path:
        """The user's own link, into a folder of dotfiles, stays; a project's link may lead anywhere."""
        return where.resolve() if self._scope.name is ScopeName.USER else where


def overtaken(name: str) -> RefusedError:
    """Somebody changed a file that a decision stands on."""
    return RefusedError(
        f"{name} was changed while this command ran",
        why="what it was about to do was decided for what stood there before",
        hint="run the command again",
    )


def _is_outdated(ignore: Path) -> bool:
    """Return whether a `.gitignore` is one that an earlier version wrote; any other one is the user's."""
    try:
        return read_plain(ignore) == _ALL_BUT_PATCHES.encode()
    except OSError:
        return False
