"""The journal of a release: what was decided, so that a run that is interrupted goes on as it began.

It lies in git's own folder of the working tree, and goes when all is made, and pushed where that was asked for.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from agentsync.disk.author_tree import AuthorTree
from agentsync.errors import AgentsyncError

FOLDER: Final = "agentsync"
_FILE: Final = f"{FOLDER}/publish.json"


class Begun(NamedTuple):
    """What an interrupted run had decided: the commit it began at, the date, and the version of each pack."""

    head: str
    date: str
    versions: Mapping[str, str]


class PublishJournal:
    """The journal of one working tree."""

    def __init__(self, git_dir: Path) -> None:
        self._tree = AuthorTree(git_dir)

    def read(self) -> Begun | None:
        """Return what was begun and not finished, None for nothing, or where that cannot be read."""
        try:
            found: Any = json.loads(self._tree.read(_FILE) or b"{}")
            versions = {str(name): str(version) for name, version in found["versions"].items()}
            return Begun(str(found["head"]), str(found["date"]), versions)
        except (AgentsyncError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, begun: Begun) -> None:
        """Write down what is about to be done."""
        data = json.dumps({**begun._asdict(), "versions": dict(begun.versions)}).encode()
        self._tree.put(_FILE, self._tree.read(_FILE), data)

    def end(self) -> None:
        """Forget what was done."""
        if (data := self._tree.read(_FILE)) is not None:
            self._tree.put(_FILE, data, None)
