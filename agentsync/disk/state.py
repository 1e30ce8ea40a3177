"""Load and save what a scope remembers: manifest, lock and receipt."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from agentsync.disk.apply import unused_folder
from agentsync.disk.folder import disk_error, write_whole
from agentsync.disk.scope import Scope, ScopeName
from agentsync.errors import AgentsyncError, LockError, ManifestError, UnsafeError
from agentsync.model.lock import Lock, dump_lock, parse_lock
from agentsync.model.receipt import Receipt, dump_receipt, parse_receipt
from agentsync.model.rel_path import RelPath, rel_path

_IGNORED: Final = "# Everything here is this machine's own, except the patches.\n/*\n!/patches/\n"
_REMEMBERED: Final = 10
_UPSTREAM: Final = ".upstream"
_FOLDERS: Final = ("stage", "backup", "conflicts", "history", "patches")
_LARGEST: Final = 64 * 1024 * 1024


class State:
    """The files beside the manifest."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def manifest_text(self) -> str:
        """The manifest as it is written.

        Raises:
            ManifestError: where there is none, or it cannot be read.
        """
        text = _read_text(self._scope.manifest, ManifestError)
        if text is None:
            raise ManifestError(
                f"no manifest at {self._scope.manifest}",
                hint=f"start one with `agentsync init{' --user' if self._scope.name == 'user' else ''}`",
            )
        return text

    def lock(self) -> Lock | None:
        """The lock, None where there is none yet.

        Raises:
            LockError: where it cannot be read; never taken for absent.
        """
        text = _read_text(self._scope.lock, LockError)
        return None if text is None else parse_lock(text)

    def lock_text(self) -> str:
        """The lock as it is written, "" where there is none."""
        return _read_text(self._scope.lock, LockError) or ""

    def receipt(self) -> Receipt | None:
        """The receipt, None where there is none. One that is damaged is none: it is only a memory."""
        try:
            text = _read_text(self._scope.state / "receipt.json", LockError)
            return None if text is None else parse_receipt(text)
        except (ValueError, AgentsyncError):
            return None

    def save_manifest(self, text: str) -> None:
        """Write the manifest."""
        self._save(self._scope.manifest, text)

    def save_lock(self, lock: Lock) -> bool:
        """Write the lock; returns whether that changed it."""
        text = dump_lock(lock)
        if _read_text(self._scope.lock, LockError) == text:
            return False
        self._save(self._scope.lock, text)
        return True

    def history(self) -> list[Lock]:
        """The locks that were installed here, the last one first."""
        found = []
        for path in sorted((self._scope.state / "history").glob("*.lock"), reverse=True):
            try:
                found.append(parse_lock(path.read_text("utf-8"), name=path.name))
            except (OSError, ValueError, AgentsyncError):
                continue  # a memory that cannot be read is none
        return found

    def remember(self, lock: Lock) -> None:
        """Keep a lock that was installed, and forget all but the last ten."""
        folder = self._scope.state / "history"
        kept = sorted(folder.glob("*.lock"))
        text = dump_lock(lock)
        try:
            if kept and kept[-1].read_text("utf-8") == text:
                return
            number = int(kept[-1].stem) + 1 if kept and kept[-1].stem.isdecimal() else 1
            self._save(folder / f"{number:06}.lock", text)
            for path in kept[: max(0, len(kept) + 1 - _REMEMBERED)]:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(f"cannot write to {folder}", error) from error

    def patch(self, pack: str, path: RelPath) -> bytes | None:
        """The recorded edit of a kept file, None where there is none."""
        try:
            return self._patch(pack, path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise disk_error(f"cannot read the patch of {path}", error) from error

    def save_patch(self, pack: str, path: RelPath, patch: bytes | None) -> None:
        """Record an edit, or with None forget it: the patch goes into a backup, as it may be the only copy."""
        where = self._patch(pack, path)
        try:
            if patch is None:
                self._put_aside(where)
                _prune(where, self._scope.state)
            else:
                where.parent.mkdir(parents=True, exist_ok=True)
                self.prepare()
                write_whole(where, patch, stage=self._scope.state / "stage")
        except OSError as error:
            raise disk_error(f"cannot write {where}", error) from error

    def _patch(self, pack: str, path: RelPath) -> Path:
        return self._scope.state / "patches" / rel_path(pack) / f"{path}.patch"

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
        where = self._scope.state / "conflicts" / f"{path}{_UPSTREAM}"
        try:
            return where.read_bytes()
        except OSError:
            return None

    def save_conflict(self, path: RelPath, attempt: bytes, upstream: bytes) -> None:
        """Keep an attempt at merging, and upstream's file beside it.

        An attempt at the same upstream file may have been worked on meanwhile, and stays.
        """
        where = (self._scope.state / "conflicts").joinpath(*path.split("/"))
        theirs = where.with_name(where.name + _UPSTREAM)
        stage = self._scope.state / "stage"
        try:
            if where.is_file() and theirs.is_file() and theirs.read_bytes() == upstream:
                return
            where.parent.mkdir(parents=True, exist_ok=True)
            self.prepare()
            # An attempt at another upstream file: it may hold a person's work.
            self._put_aside(where)
            write_whole(theirs, upstream, stage=stage)
            write_whole(where, attempt, stage=stage)
        except OSError as error:
            raise disk_error(f"cannot write {where}", error) from error

    def drop_conflict(self, path: RelPath, *, used: bool = False) -> None:
        """Forget an attempt at merging; it goes into a backup but where it is `used`."""
        folder = self._scope.state / "conflicts"
        where = folder.joinpath(*path.split("/"))
        try:
            if not used:
                self._put_aside(where)
            where.unlink(missing_ok=True)
            where.with_name(where.name + _UPSTREAM).unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(f"cannot remove {where}", error) from error
        _prune(where, folder.parent)

    def _put_aside(self, where: Path) -> None:
        """Move a file of the state folder, if there is one, into a backup of its own."""
        if where.is_file():
            aside = unused_folder(self._scope) / where.relative_to(self._scope.state)
            aside.parent.mkdir(parents=True)
            where.replace(aside)

    def save_receipt(self, receipt: Receipt) -> None:
        """Write the receipt, unless it says so already."""
        where = self._scope.state / "receipt.json"
        text = dump_receipt(receipt)
        try:
            if where.is_file() and where.read_text("utf-8") == text:
                return
        except (OSError, ValueError):
            pass
        self.prepare()
        self._save(where, text)

    def prepare(self) -> None:
        """Make the state folder, and keep its content out of the project's version control.

        Raises:
            UnsafeError: where it, or a folder in it, is a link: a project may hold any link.
            DiskError: where it cannot be written to.
        """
        ignore = self._scope.state / ".gitignore"
        for folder in (self._scope.state, *(self._scope.state / name for name in _FOLDERS)):
            if folder.is_symlink():
                raise UnsafeError(
                    f"{folder} is a symlink",
                    why="what agentsync keeps there would go wherever it points",
                    hint="remove it: agentsync makes a folder of its own",
                )
        try:
            self._scope.state.mkdir(parents=True, exist_ok=True)
            if not ignore.is_file() or ignore.is_symlink():
                write_whole(ignore, _IGNORED.encode(), stage=self._scope.state / "stage")
        except OSError as error:
            raise disk_error(f"cannot write to {self._scope.state}", error) from error

    def clear_stage(self) -> None:
        """Remove the folder that files are staged in."""
        shutil.rmtree(self._scope.state / "stage", ignore_errors=True)

    def _save(self, where: Path, text: str) -> None:
        try:
            where.parent.mkdir(parents=True, exist_ok=True)
            self.prepare()
            # The user's own link, into a folder of dotfiles, stays; a project's link may lead anywhere.
            goal = where.resolve() if self._scope.name is ScopeName.USER else where
            write_whole(goal, text.encode("utf-8", "surrogateescape"), stage=self._scope.state / "stage")
        except OSError as error:
            raise disk_error(f"cannot write {where}", error) from error


def _prune(where: Path, top: Path) -> None:
    """Remove the folders between a path and `top` that hold nothing any more."""
    for parent in where.parents:
        if parent == top:
            return
        try:
            parent.rmdir()
        except OSError:
            return


def _read_text(where: Path, failure: type[AgentsyncError]) -> str | None:
    try:
        if where.stat().st_size > _LARGEST:
            raise failure(f"{where.name} is larger than {_LARGEST >> 20} MiB", hint="it cannot be right")
        return where.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as error:
        raise failure(f"{where.name} is not UTF-8 text", why=str(error), hint="save it as UTF-8") from error
    except OSError as error:
        raise disk_error(f"cannot read {where}", error) from error
