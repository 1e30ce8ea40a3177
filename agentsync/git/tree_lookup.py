"""The trees of folders at commits, looked up by git itself: no tree on the way is read here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from agentsync.git.git import run_git
from agentsync.git.own_repository import OwnRepository

Place = tuple[str, str]
"""A commit and the path of a folder in it, "" for its root."""

_LOOK: Final = ("cat-file", "--batch-check=%(objecttype) %(objectname)")
_TREE: Final = "tree "


def trees_at(repository: OwnRepository, places: Collection[Place]) -> dict[Place, str]:
    """Return the id of the tree of each of these folders; one that is not there is left out."""
    asked = [(commit, path) for commit, path in places if "\n" not in path]
    if not asked:
        return {}
    lines = "".join(f"{commit}:{path}\n" if path else f"{commit}^{{tree}}\n" for commit, path in asked)
    output = run_git(_LOOK, git_dir=repository.git_dir, stdin=lines.encode("utf-8", "surrogateescape"))
    rows = output.decode("utf-8", "surrogateescape").split("\n")
    found = zip(asked, rows, strict=False)
    return {place: row.removeprefix(_TREE) for place, row in found if row.startswith(_TREE)}
