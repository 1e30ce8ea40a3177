"""The attempts at merging that wait for a decision, each with the upstream file that it was made with."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import disk_errors
from agentsync.disk.state_folder import StateFolder, is_plain, read_state
from agentsync.errors import UnsafeError
from agentsync.model.rel_path import rel_path
from agentsync.model.slot import SlotPath
from agentsync.platform.names import composed_path

_UPSTREAM: Final = ".upstream"


class Conflicts:
    """The folder `.agentsync/conflicts` of one scope."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder

    def all(self) -> dict[SlotPath, bytes]:
        """Return every attempt, by the path it is for."""
        folder = self._folder.path / "conflicts"
        found: dict[SlotPath, bytes] = {}
        for path in sorted(folder.rglob("*")):
            if is_plain(path) and not path.name.endswith(_UPSTREAM):
                with suppress(OSError, UnsafeError):  # no attempt of ours is as large, nor has such a name
                    found[rel_path(composed_path(folder, path))] = read_state(path)
        return found

    def upstream(self, path: SlotPath) -> bytes | None:
        """Return the upstream file of an attempt, None where it is not there."""
        try:
            return read_state(self._folder.inside("conflicts", f"{path}{_UPSTREAM}"))
        except OSError:
            return None

    def save(self, path: SlotPath, attempt: bytes, upstream: bytes) -> None:
        """Keep an attempt and its upstream file.

        An attempt at the same upstream file stays: a person may have worked on it.
        """
        where, theirs = self.files(path)
        with disk_errors(f"cannot write {where}"):
            if where.is_file() and self.upstream(path) == upstream:
                return
            self._folder.prepare()
            # An attempt at another upstream file: it may hold a person's work.
            self._folder.put_aside(where)
            self._folder.write(theirs, upstream)
            self._folder.write(where, attempt)

    def drop(self, path: SlotPath, *, used: bool = False) -> None:
        """Remove an attempt; one that is not `used` is set aside."""
        where, theirs = self.files(path)
        with disk_errors(f"cannot remove {where}"):
            if not used:
                self._folder.put_aside(where)
            self._folder.remove(where)
            self._folder.remove(theirs)
        self._folder.prune(where)

    def files(self, path: SlotPath) -> tuple[Path, Path]:
        """Return where an attempt and its upstream file are; raise UnsafeError where a folder on the way is a link."""
        where = self._folder.inside("conflicts", path)
        return where, where.with_name(where.name + _UPSTREAM)
