"""Load and save what a scope remembers: manifest, lock and receipt."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.disk.folder import disk_error
from agentsync.disk.open_folder import Entry
from agentsync.disk.patches import Patches
from agentsync.disk.scope import Scope, ScopeName, refuse_other_name
from agentsync.disk.state_files import inside, is_plain, prune, put_aside, read_plain, refuse_link, remove
from agentsync.disk.state_folder import state_entry, state_folder, write_state
from agentsync.disk.swap import look
from agentsync.disk.whole import ANYTHING, Anything
from agentsync.errors import AgentsyncError, LockError, ManifestError, RefusedError, UnsafeError
from agentsync.model.drift import Local
from agentsync.model.lock import Lock
from agentsync.model.lock_reader import parse_lock
from agentsync.model.receipt import Receipt, dump_receipt, parse_receipt
from agentsync.model.rel_path import RelPath, rel_path

_IGNORED: Final = "# Everything here is this machine's own, except the patches.\n/*\n!/patches/\n"
_REMEMBERED: Final = 10
_JOURNAL: Final = "journal"
_UPSTREAM: Final = ".upstream"
_FOLDERS: Final = ("stage", "backup", "conflicts", "history", "patches")


class State:
    """The files beside the manifest."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.patches = Patches(scope, self.prepare)
        # What manifest, lock and receipt were when they were read: what was decided stands on it.
        self._read: dict[Path, str | None] = {}

    def inputs(self) -> tuple[Path, ...]:
        """The files that say how the scope should be: manifest, lock and receipt."""
        return self._scope.manifest, self._scope.lock, self._scope.state / "receipt.json"

    @property
    def journal(self) -> Path:
        """Where a run writes down what it is about to do."""
        return self._scope.state / _JOURNAL

    @property
    def is_begun(self) -> bool:
        """Whether a run has begun to change something here, and has not ended."""
        return self.journal.exists()

    @property
    def is_pending(self) -> bool:
        """Whether a run was interrupted here, or one is at work; it may not have come to change anything."""
        return self.is_begun or (self._scope.state / "stage").exists()

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
        """The receipt, None where there is none. One that is damaged is none: it is only a memory."""
        try:
            text = self._remembered(self._scope.state / "receipt.json", LockError)
            return None if text is None else parse_receipt(text)
        except (ValueError, AgentsyncError):
            return None

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
        from agentsync.model.lock_writer import dump_lock

        return self.save_lock_text(dump_lock(lock))

    def save_lock_text(self, text: str) -> bool:
        """The same, from its text."""
        if is_plain(self._scope.lock) and self._read_text(self._scope.lock, LockError) == text:
            return False
        self._save(self._scope.lock, text)
        return True

    def history(self) -> list[Lock]:
        """The locks that were installed here, the last one first."""
        found = []
        for path in sorted((self._scope.state / "history").glob("*.lock"), reverse=True):
            try:
                lock = parse_lock(read_plain(path).decode("utf-8"), name=path.name)
            except (OSError, ValueError, AgentsyncError):
                continue  # a memory that cannot be read is none
            if not lock.broken:
                found.append(lock)
        return found

    def remember(self, lock: Lock) -> None:
        """Keep a lock that was installed, and forget all but the last ten."""
        from agentsync.model.lock_writer import dump_lock

        self.remember_text(dump_lock(lock))

    def remember_text(self, text: str) -> None:
        """The same, from its text."""
        folder = self._scope.state / "history"
        kept = sorted(folder.glob("*.lock"))
        try:
            if kept and is_plain(kept[-1]) and read_plain(kept[-1]) == text.encode():
                return
            number = int(kept[-1].stem) + 1 if kept and kept[-1].stem.isdecimal() else 1
            self.patches.remember(folder / f"{number:06}")
            self._save(folder / f"{number:06}.lock", text)
            for old in kept[: max(0, len(kept) + 1 - _REMEMBERED)]:
                remove(self._scope, old)
                self.patches.forget(old.with_suffix(""))
        except OSError as error:
            raise disk_error(f"cannot write to {folder}", error) from error

    def conflicts(self) -> dict[RelPath, bytes]:
        """The attempts at merging that wait for a decision, by the path they are for."""
        folder = self._scope.state / "conflicts"
        found: dict[RelPath, bytes] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.endswith(_UPSTREAM):
                found[rel_path(path.relative_to(folder).as_posix())] = path.read_bytes()
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
            if where.is_file() and theirs.is_file() and theirs.read_bytes() == upstream:
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
        """Write the receipt, unless it says so already."""
        where = self._scope.state / "receipt.json"
        text = dump_receipt(receipt)
        try:
            if is_plain(where) and read_plain(where) == text.encode():
                return
        except (OSError, ValueError):
            pass
        self.prepare()
        self._save(where, text)

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
        try:
            if not ignore.is_file() or ignore.is_symlink():
                write_state(self._scope, ignore, _IGNORED.encode())
        except OSError as error:
            raise disk_error(f"cannot write to {self._scope.state}", error) from error

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
                where.is_symlink() and where.resolve().name == where.name
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
