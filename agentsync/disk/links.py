"""The real places of the folders of AI tools: a link is followed where it leads to a folder inside the scope.

A link is looked at once. The folder that it led to is entered from a trusted folder, without a link
on the way; so a later change of the link has no effect.
"""

import errno
import os
import stat
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.disk.scope import Scope
from agentsync.errors import UnsafeError
from agentsync.model.links import goal
from agentsync.model.names import STATE_FOLDER, ScopeName
from agentsync.model.rel_path import RelPath
from agentsync.platform.links import is_link, read_link, real_path

# Folders whose content other programs act on: git runs hooks, and agentsync believes what it wrote.
_NOT_INTO: Final = frozenset((".git", "git~1", STATE_FOLDER))


class Place(NamedTuple):
    """The place of a folder of the scope on this machine.

    Args:
        base: a trusted folder.
        names: the components below it, none of which may be a link.
        given: the number of them that are the user's: the folder that a link leads to, and those above.
    """

    base: str
    names: tuple[str, ...] = ()
    given: int = 0

    @property
    def path(self) -> str:
        """Return it as one path."""
        return "/".join((self.base, *self.names))

    def below(self, name: str) -> "Place":
        """Return a folder in it."""
        return Place(self.base, (*self.names, name), self.given)


class Places:
    """The places of the folders of a scope, each looked up once."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._found: dict[str, Place] = {"": Place(str(scope.root))}
        self.followed: dict[str, str] = {}

    def may_lead_away(self, path: str) -> bool:
        """Return whether a path is itself a folder that may be a link, or stand elsewhere."""
        if path in self._scope.moved:
            return True
        above, _, name = path.rpartition("/")
        return self._may_follow(path, f"{self.of(above).path}/{name}")

    def _may_follow(self, path: str, where: str) -> bool:
        # In this order: what the folders of all tools are is loaded for links alone.
        return is_link(where) and path in self._scope.linkable()

    def of(self, folder: str) -> Place:
        """Return the place of a folder, "" for the scope's root.

        Raises:
            UnsafeError: where it is, or is below, a link that must not be followed.
        """
        found = self._found.get(folder)
        if found is None:
            found = self._found[folder] = self._find(folder)
        return found

    def _find(self, folder: str) -> Place:
        if (moved := self._scope.moved.get(folder)) is not None:
            return Place(str(moved))
        above, _, name = folder.rpartition("/")
        place = self.of(above).below(name)
        if self._may_follow(folder, place.path):
            return self._follow(folder, place.path)
        return place

    def _follow(self, folder: str, link: str) -> Place:
        real = real_path(link)
        tops = [real_path(top) for top in (self._scope.root, *self._scope.moved.values())]
        top = next((top for top in tops if Path(real).is_relative_to(top)), None)
        if (why := _why_no_folder(link)) is not None:
            raise UnsafeError(
                f"{folder} is a symlink {why}", why=f"it leads to {real}", hint="put a folder in its place"
            )
        if top is None:
            is_project = self._scope.name is ScopeName.PROJECT
            raise UnsafeError(
                f"{folder} is a symlink that leads out of {'the project' if is_project else 'your home folder'}",
                why=f"it leads to {real}: what is installed in it would be written there",
                hint="put a real folder in its place, or allow"
                f" {self._scope.root / folder} under `linked_folders` in your own policy.yaml",
            )
        names = Path(real).relative_to(top).parts
        if kept := [name for name in names if name.casefold() in _NOT_INTO]:
            raise UnsafeError(
                f"{folder} is a symlink into {kept[0]}", why=f"it leads to {real}", hint="put a folder in its place"
            )
        self.followed[folder] = real
        return Place(top, names, len(names))


def _why_no_folder(link: str) -> str | None:
    """Return why a link cannot be followed to a folder; None where it can, or the folder can still be made."""
    try:
        return None if stat.S_ISDIR(os.stat(link).st_mode) else "to a file"  # noqa: PTH116 - as above
    except FileNotFoundError:
        return None
    except OSError as error:
        return "that leads to itself" if error.errno == errno.ELOOP else f"to what is no folder ({error.strerror})"


def led_to(path: RelPath, real: str) -> str:
    """Return the path that the link on a path leads to, "" where none stands there or it leads out of the scope.

    Args:
        real: where the path really is.
    """
    try:
        return goal(path, read_link(real))
    except (OSError, ValueError):
        return ""
