"""The patches of a project: its own edits of installed files, to be committed with it.

They are in `.agentsync/patches/`, by pack and path. Those of earlier locks are remembered beside
these locks, in `.agentsync/history/`.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.disk.disk_error import disk_error, disk_errors
from agentsync.disk.state_folder import StateFolder, is_plain, read_state
from agentsync.errors import UnsafeError
from agentsync.model.slot import PATCH_ENDING, SlotPath, begins_slot, patch_path, stored_pack, stored_slot
from agentsync.platform.links import is_link
from agentsync.platform.names import composed_path

# Git must not rewrite the line ends of patches.
_ATTRIBUTES: Final = "*.patch -text\n"


class Patches:
    """The patches of one scope."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder

    def listed(self) -> list[tuple[str, SlotPath]]:
        """Return the pack and the path of every patch."""
        top = self._folder.path / "patches"
        found = list[tuple[str, SlotPath]]()
        for where in sorted(top.rglob(f"*{PATCH_ENDING}")) if top.is_dir() else ():
            named = patch_named(composed_path(top, where))
            if named is not None and is_plain(where):
                found.append(named)
        return found

    def read(self, pack: str, path: SlotPath) -> bytes | None:
        """Return the patch of a kept file, None where there is none."""
        try:
            return read_state(self.where(pack, path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise disk_error(f"cannot read the patch of {path}", error) from error

    def past(self, pack: str, path: SlotPath) -> list[bytes]:
        """Return the patches of a file as they were with earlier locks, the last one first."""
        found = []
        for folder in sorted((self._folder.path / "history").glob("*"), reverse=True):
            with suppress(OSError):
                found.append(read_state(_below(folder, pack, path)))
        return list(dict.fromkeys(found))

    def save(self, pack: str, path: SlotPath, patch: bytes) -> None:
        """Write a patch."""
        where = self.where(pack, path)
        attributes = self._folder.inside("patches", ".gitattributes")
        with disk_errors(f"cannot write {where}"):
            self._folder.prepare()
            self._folder.write(where, patch)
            if not os.path.lexists(attributes):
                self._folder.write(attributes, _ATTRIBUTES.encode())

    def take_away(self, pack: str, path: SlotPath, elsewhere: Collection[bytes] = ()) -> None:
        """Set a patch aside, as it may be the only copy; remove it where the same bytes are `elsewhere`."""
        where = self.where(pack, path)
        with disk_errors(f"cannot remove {where}"):
            if is_plain(where) and read_state(where) in elsewhere:
                self._folder.remove(where)
            else:
                self._folder.put_aside(where)
            if not self.listed():
                self._folder.remove(self._folder.inside("patches", ".gitattributes"))
            self._folder.prune(where)

    def copies(self, folder: Path) -> dict[Path, bytes]:
        """Return every patch, by its place in a folder of the history."""
        found = {_below(folder, pack, path): self.read(pack, path) for pack, path in self.listed()}
        return {where: patch for where, patch in found.items() if patch is not None}

    def forget(self, folder: Path) -> None:
        """Remove a folder of patches from the history, if there is one."""
        for where in sorted(folder.rglob("*")) if folder.is_dir() and not is_link(folder) else ():
            if not where.is_dir() or is_link(where):
                self._folder.remove(where)
                self._folder.prune(where)

    def where(self, pack: str, path: SlotPath) -> Path:
        """Return where the patch of a kept file is; raise UnsafeError where a folder on the way is a link."""
        return self._folder.inside("patches", patch_path(pack, path))


def patch_named(stored: str) -> tuple[str, SlotPath] | None:
    """Return the pack and the path of a patch by its path below the patches, None for a file that is none.

    A pack of a registry has two parts in its name, and one without a registry has one; which of
    them a folder is for shows in what it holds: every installed file is in a folder whose name
    begins with a dot, and every entry in one whose name ends with a number sign.
    """
    parts = stored.removesuffix(PATCH_ENDING).split("/")
    depth = next((number for number, part in enumerate(parts) if number and begins_slot(part)), 0)
    if not depth or not stored.endswith(PATCH_ENDING):
        return None
    try:
        return stored_pack("/".join(parts[:depth])), stored_slot("/".join(parts[depth:]))
    except UnsafeError:
        return None


def _below(folder: Path, pack: str, path: SlotPath) -> Path:
    return folder.joinpath(*patch_path(pack, path).split("/"))
