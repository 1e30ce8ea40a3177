"""The patches of a project: its own edits of installed files, to be committed with it.

They are in `.agentsync/patches/`, by pack and path. Those of earlier locks are remembered beside
these locks, in `.agentsync/history/`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentsync.disk.folder import disk_error
from agentsync.disk.scope import Scope
from agentsync.disk.state_files import inside, is_plain, prune, put_aside, read_plain, remove
from agentsync.disk.state_folder import write_state
from agentsync.errors import UnsafeError
from agentsync.model.rel_path import RelPath, rel_path

_ENDING: Final = ".patch"
# Git must not rewrite the line ends of patches.
_ATTRIBUTES: Final = "*.patch -text\n"


class Patches:
    """The patches of one scope.

    Args:
        scope: whose.
        prepare: makes the state folder ready to be written to.
    """

    def __init__(self, scope: Scope, prepare: Callable[[], None]) -> None:
        self._scope = scope
        self._prepare = prepare

    def listed(self) -> list[tuple[str, RelPath]]:
        """Return the pack and the path of every patch.

        A pack of a registry has two parts in its name, and one without a registry has one; which of
        them a folder is for shows in what it holds: every installed file is in a folder whose name
        begins with a dot.
        """
        top = self._scope.state / "patches"
        found = []
        for where in sorted(top.rglob(f"*{_ENDING}")) if top.is_dir() else ():
            parts = where.relative_to(top).as_posix().removesuffix(_ENDING).split("/")
            depth = next((number for number, part in enumerate(parts) if number and part.startswith(".")), 0)
            if depth and is_plain(where):
                with suppress(UnsafeError):
                    found.append(("/".join(parts[:depth]), rel_path("/".join(parts[depth:]))))
        return found

    def read(self, pack: str, path: RelPath) -> bytes | None:
        """Return the patch of a kept file, None where there is none."""
        try:
            return read_plain(self._where(pack, path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise disk_error(f"cannot read the patch of {path}", error) from error

    def past(self, pack: str, path: RelPath) -> list[bytes]:
        """Return the patches of a file as they were with earlier locks, the last one first."""
        found = []
        for folder in sorted((self._scope.state / "history").glob("*"), reverse=True):
            with suppress(OSError):
                found.append(read_plain(_below(folder, pack, path)))
        return list(dict.fromkeys(found))

    def save(self, pack: str, path: RelPath, patch: bytes) -> None:
        """Write a patch."""
        where = self._where(pack, path)
        attributes = inside(self._scope, "patches", ".gitattributes")
        try:
            self._prepare()
            write_state(self._scope, where, patch)
            if not os.path.lexists(attributes):
                write_state(self._scope, attributes, _ATTRIBUTES.encode())
        except OSError as error:
            raise disk_error(f"cannot write {where}", error) from error

    def take_away(self, pack: str, path: RelPath, elsewhere: Collection[bytes] = ()) -> None:
        """Take a patch away: into a backup, as it may be the only copy, unless the same is `elsewhere` now."""
        where = self._where(pack, path)
        try:
            if is_plain(where) and read_plain(where) in elsewhere:
                remove(self._scope, where)
            else:
                put_aside(self._scope, where)
            if not self.listed():
                remove(self._scope, inside(self._scope, "patches", ".gitattributes"))
            prune(where, self._scope.state)
        except OSError as error:
            raise disk_error(f"cannot remove {where}", error) from error

    def remember(self, folder: Path) -> None:
        """Copy every patch into a folder of the history."""
        for pack, path in self.listed():
            if (patch := self.read(pack, path)) is not None:
                write_state(self._scope, _below(folder, pack, path), patch)

    def forget(self, folder: Path) -> None:
        """Remove such a folder, if there is one."""
        for where in sorted(folder.rglob("*")) if folder.is_dir() and not folder.is_symlink() else ():
            if not where.is_dir() or where.is_symlink():
                remove(self._scope, where)
                prune(where, self._scope.state)

    def _where(self, pack: str, path: RelPath) -> Path:
        return inside(self._scope, "patches", rel_path(pack), f"{path}{_ENDING}")


def _below(folder: Path, pack: str, path: RelPath) -> Path:
    return folder.joinpath(*pack.split("/"), *f"{path}{_ENDING}".split("/"))
