"""The files of a scope's state, written so that nothing that belongs there gets elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentsync.disk.open_folder import Descent, Entry, NotAFolder, OpenFolder, entered
from agentsync.disk.scope import Scope
from agentsync.disk.whole import ANYTHING, Anything, write_whole
from agentsync.errors import UnsafeError
from agentsync.model.drift import Local, Replaced
from agentsync.model.scope import STATE_FOLDER


@contextmanager
def state_folder(scope: Scope, *names: str) -> Iterator[OpenFolder]:
    """The state folder, or one in it; made where it is missing.

    Args:
        scope: whose.
        names: the components below it.

    Raises:
        UnsafeError: where one of them is a link or a file: a project may hold any link.
        OSError: where the file system refuses.
    """
    with Descent() as descent:
        try:
            found = descent.enter(str(scope.home), (STATE_FOLDER, *names), make=True)
        except NotAFolder as error:
            what = "/".join((str(scope.home), STATE_FOLDER, *names[: error.depth - 1]))
            raise refused_link(what, is_link=error.kind is Replaced.SYMLINK) from error
        yield found


@contextmanager
def state_entry(scope: Scope, where: Path) -> Iterator[Entry]:
    """A file of the state, or one beside the manifest; its folder is made where it is missing.

    Args:
        scope: whose.
        where: the file, in the state folder or wherever the user's own link leads to.

    Raises:
        UnsafeError: where a folder above it in the state folder is a link or a file.
        OSError: where the file system refuses.
    """
    if where.is_relative_to(scope.state):
        with state_folder(scope, *where.relative_to(scope.state).parts[:-1]) as folder:
            yield Entry(folder, where.name)
    else:
        with entered(str(where.parent), (), make=True) as folder:
            yield Entry(folder, where.name)


def write_state(scope: Scope, where: Path, data: bytes, expected: Local | Anything = ANYTHING) -> bool:
    """Write such a file whole or not at all; as `write_whole`."""
    with state_entry(scope, where) as entry, state_folder(scope, "stage") as stage:
        return write_whole(entry, data, stage=stage, expected=expected)


def refused_link(what: str, *, is_link: bool = True) -> UnsafeError:
    """The failure for something in the place of the state folder, or of a folder in it."""
    return UnsafeError(
        f"{what} is {'a symlink' if is_link else 'no folder'}",
        why="what agentsync keeps there would go wherever it points" if is_link else "agentsync keeps its state there",
        hint="remove it: agentsync makes a folder of its own",
    )
