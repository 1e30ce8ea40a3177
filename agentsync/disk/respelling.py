"""Give what is installed the spelling of the lock, where the file system finds a file by its name in any case."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from agentsync.disk.folder import Folder
from agentsync.model.rel_path import RelPath
from agentsync.platform.names import is_one_file, spelling
from agentsync.platform.open_folder import Entry

# Components of a path that a user may have made: a tool's home, and its folder of one kind of item.
_GIVEN: Final = 2


def respell(folder: Folder, paths: Iterable[RelPath]) -> None:
    """Give files, and the folders of items, the spelling of their paths, where another one is the same file."""
    wanted: dict[RelPath, set[str]] = {}
    for path in paths:
        parts = path.split("/")
        for count in range(_GIVEN, len(parts)):
            wanted.setdefault(RelPath("/".join(parts[:count])), set()).add(parts[count])
    for above in sorted(wanted, key=lambda path: path.count("/")):
        with suppress(OSError), folder.holding(RelPath(f"{above}/.")) as found:
            names = found.names()
            for name in wanted[above]:
                other = spelling(names, name)
                if other and is_one_file(Entry(found, other).path, Entry(found, name).path):
                    Entry(found, other).rename(Entry(found, name))
