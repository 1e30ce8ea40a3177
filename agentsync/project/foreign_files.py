"""Read the files of other tools: those of a project, and those in the user's home folder."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from agentsync.platform.places import known_home
from agentsync.platform.plain_files import read_plain_file
from agentsync.project.workspace import Workspace

_LARGEST = 16 * 1024 * 1024


def read_foreign(workspace: Workspace, names: Iterable[str], user_names: Iterable[str]) -> dict[str, bytes]:
    """Return the files of a scope that are there, and those of the home folder, by the names that are asked for."""
    found: dict[str, bytes] = {}
    home = known_home()
    places = [(workspace.scope.root, names)] + ([(home, user_names)] if home is not None else [])
    for folder, asked in places:
        for name in asked:
            with suppress(OSError):
                found[name] = read_plain_file(folder / name, _LARGEST)
    return found
