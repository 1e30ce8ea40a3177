"""Load and save the manifest, the lock and the receipt of a scope."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agentsync.disk.disk_error import disk_error, disk_errors
from agentsync.disk.journal_file import JournalFile
from agentsync.disk.name_bytes import refuse_other_bytes
from agentsync.disk.scope import Scope, refuse_other_name
from agentsync.disk.stamps import Stamps
from agentsync.disk.state_folder import StateFolder, is_plain, read_state
from agentsync.disk.swap import look
from agentsync.disk.whole import ANYTHING, Anything
from agentsync.errors import AgentsyncError, LockError, ManifestError, RefusedError, UnsafeError
from agentsync.model.names import ScopeName
from agentsync.platform.links import is_link, real_path

# A command that is going to ask a remote connects before all of this is loaded.
if TYPE_CHECKING:
    from agentsync.disk.conflicts import Conflicts
    from agentsync.disk.past_locks import PastLocks
    from agentsync.disk.patches import Patches
    from agentsync.model.drift import Local
    from agentsync.model.lock import Lock
    from agentsync.model.slot import Receipt

ORIGIN: Final = "origin.json"
_RECEIPT: Final = "receipt.json"


class State:
    """The manifest, the lock and the receipt of a scope, and the files beside them.

    Args:
        scope: whose.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.folder = StateFolder(scope)
        self.stamps = Stamps(scope)
        self.journal = JournalFile(self.folder, self.stamps)
        # The texts that were read of manifest, lock and receipt: the decisions of this run depend on them.
        self._read: dict[Path, str | None] = {}
        # The receipt that will be saved next, and the file that it becomes.
        self._next: tuple[Receipt, Mapping[Path, bytes]] | None = None
        # The manifest of a scope that has none yet, for commands that start one; "" for all others.
        self.starter = ""

    @cached_property
    def patches(self) -> Patches:
        """The kept edits."""
        from agentsync.disk.patches import Patches

        return Patches(self.folder)

    @cached_property
    def history(self) -> PastLocks:
        """The locks that were installed before."""
        from agentsync.disk.past_locks import PastLocks

        return PastLocks(self.folder, self.stamps, self.patches)

    @cached_property
    def conflicts(self) -> Conflicts:
        """The attempts at merging that wait."""
        from agentsync.disk.conflicts import Conflicts

        return Conflicts(self.folder)

    def inputs(self) -> tuple[Path, ...]:
        """Return the files that say how the scope should be: manifest, lock and receipt."""
        return self._scope.manifest, self._scope.lock, self._scope.state / _RECEIPT

    def manifest_text(self) -> str:
        """Return the manifest as it is written.

        Raises:
            ManifestError: where there is none, or it cannot be read.
        """
        text = self._remembered(self._scope.manifest, ManifestError)
        if text is None:
            refuse_other_name(self._scope.home)
            if self.starter:
                return self.starter
            raise ManifestError(
                f"no manifest at {self._scope.manifest}",
                hint="start one with `agentsync init`",
            )
        return text

    @property
    def is_first(self) -> bool:
        """True where there is no manifest yet."""
        return self._remembered(self._scope.manifest, ManifestError) is None

    def lock(self) -> Lock | None:
        """Return the lock, None where there is none yet.

        Raises:
            LockError: where it cannot be read; never taken for absent.
            UnsafeError: where it names a file that cannot have this name in the locale of this process.
        """
        text = self._remembered(self._scope.lock, LockError)
        if text is None:
            return None
        from agentsync.formats.lock_reader import parse_lock

        lock = parse_lock(text)
        if not text.isascii():
            refuse_other_bytes(lock.files())
        return lock

    def lock_text(self) -> str:
        """Return the lock as it is written, "" where there is none."""
        return self._remembered(self._scope.lock, LockError) or ""

    def receipt(self) -> Receipt | None:
        """Return the receipt, None where there is none or it is damaged.

        One without a stamp of this folder is a hint as a whole.
        """
        from agentsync.formats.receipt import parse_receipt, without_stamp

        try:
            text = self._remembered(self._scope.state / _RECEIPT, LockError)
            if text is None:
                return None
            text, stamp = without_stamp(text)
            found = parse_receipt(text)
        except (ValueError, AgentsyncError):
            return None
        return found if self._is_ours(text, stamp) else found._replace(hints=frozenset(found.files), made=frozenset())

    def _is_ours(self, text: str, stamp: str) -> bool:
        return self.stamps.holds(stamp, _RECEIPT, [text.encode("utf-8", "surrogateescape")])

    def texts(self) -> tuple[str | None, str | None]:
        """Return manifest and lock as they are now."""
        return self._read_text(self._scope.manifest, ManifestError), self._read_text(self._scope.lock, LockError)

    def changed_since(self) -> str:
        """Return the name of a file that was changed after it was read, "" where none was."""
        for where, text in self._read.items():
            failure = ManifestError if where == self._scope.manifest else LockError
            if self._read_text(where, failure) != text:
                return where.name
        return ""

    def _remembered(self, where: Path, failure: type[AgentsyncError]) -> str | None:
        text = self._read_text(where, failure)
        return self._read.setdefault(where, text)

    def start_manifest(self, text: str) -> bool:
        """Write the first manifest; return False where there is one already."""
        return self._save(self._scope.manifest, text, None)

    def save_manifest(self, text: str) -> None:
        """Write the manifest.

        Raises:
            RefusedError: where a person saved it after it was read.
        """
        where = self._scope.manifest
        current = self._read_text(where, ManifestError)
        if current == text:
            return
        with self.folder.entry(self._goal(where)) as entry:
            expected = look(entry)
        if self._read.get(where, current) != current or not self._save(where, text, expected):
            raise overtaken(where.name)

    def save_lock(self, lock: Lock) -> bool:
        """Write the lock; return whether that changed it."""
        from agentsync.formats.lock_writer import dump_lock

        return self.save_lock_text(dump_lock(lock))

    def save_lock_text(self, text: str) -> bool:
        """Write the lock from its text; return whether that changed it."""
        if is_plain(self._scope.lock) and self._read_text(self._scope.lock, LockError) == text:
            return False
        self._save(self._scope.lock, text)
        return True

    def save_origin(self, data: bytes) -> None:
        """Write the record of where the scope is from."""
        self.folder.write(self.folder.inside(ORIGIN), data)

    def save_receipt(self, receipt: Receipt) -> None:
        """Write the receipt with its stamp, where that changes it."""
        for where, data in self.next_receipt(receipt).items():
            with disk_errors(f"cannot write {where}"):
                self.folder.make_way(where)
            self._save(where, data.decode("utf-8", "surrogateescape"))
        self._next = None

    def next_receipt(self, receipt: Receipt) -> Mapping[Path, bytes]:
        """Return what `save_receipt` would write."""
        if self._next is None or self._next[0] is not receipt:
            self._next = receipt, self._to_write(receipt)
        return self._next[1]

    def _to_write(self, receipt: Receipt) -> Mapping[Path, bytes]:
        from agentsync.formats.receipt import dump_receipt, stamped, without_stamp

        where = self._scope.state / _RECEIPT
        text = dump_receipt(receipt)
        with suppress(OSError, ValueError):
            found, stamp = without_stamp(read_state(where).decode("utf-8"))
            if found == text and self._is_ours(found, stamp):
                return {}
        self.folder.prepare()  # a stamp is bound to the folder
        return {where: stamped(text, self.stamps.make(_RECEIPT, [text.encode()])).encode("utf-8", "surrogateescape")}

    def next_texts(self, manifest: str | None, lock: str | None) -> Iterator[tuple[Path, bytes]]:
        """Yield the new manifest and the new lock, where they differ from those that are there."""
        found = self.texts()
        for where, text, there in zip((self._scope.manifest, self._scope.lock), (manifest, lock), found, strict=True):
            if text is not None and text != there:
                yield self._goal(where), text.encode("utf-8", "surrogateescape")

    def _read_text(self, where: Path, failure: type[AgentsyncError]) -> str | None:
        """Return the text of manifest, lock or receipt, None where there is none.

        A link is followed in the user's own folder; in a project only to a file of the same name, so
        that no other file of this machine is read, and quoted, as if it were the project's.
        """
        try:
            may_follow = self._scope.name is ScopeName.USER or (
                is_link(where) and Path(real_path(where)).name == where.name
            )
            return read_state(where, follow=may_follow).decode("utf-8")
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
        with disk_errors(f"cannot write {where}"):
            self.folder.prepare()
            if not self.folder.write(self._goal(where), data, expected):
                return False
        if where in self._read:
            self._read[where] = text
        return True

    def _goal(self, where: Path) -> Path:
        """Follow the user's own link, into a folder of dotfiles; a project's link may lead anywhere."""
        return where.resolve() if self._scope.name is ScopeName.USER else where


def overtaken(name: str) -> RefusedError:
    """Return the failure for a file that was changed after this run read it."""
    return RefusedError(
        f"{name} was changed while this command ran",
        why="what it was about to do was decided for what stood there before",
        hint="run the command again",
    )
