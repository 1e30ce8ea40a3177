"""The past of a repository: which file stood where at each commit, from commits and trees alone."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

Standing = Mapping[str, str]
"""The blobs that stand on some paths at one commit."""


class PastCommit(NamedTuple):
    """One commit.

    Args:
        time: when it was made, in seconds since 1970.
        parents: the places of its parents in the past, the first one first.
        changes: the blob on each path that it wrote, against its first parent; "" where no plain file is there now.
    """

    oid: str
    time: int
    parents: tuple[int, ...]
    changes: Mapping[str, str]


class Past(NamedTuple):
    """The commits of all branches and tags, parents before children.

    Args:
        places: the place of each commit in it, by id.
        is_cut: whether there are older commits that were not read.
    """

    commits: tuple[PastCommit, ...]
    places: Mapping[str, int]
    is_cut: bool = False

    def standing(self, paths: Collection[str]) -> list[Standing]:
        """Return what stood on these paths at each commit; commits between which nothing changed share one mapping."""
        found: list[Standing] = []
        nothing: Standing = {}
        for commit in self.commits:
            before = found[commit.parents[0]] if commit.parents else nothing
            changed = {path: commit.changes[path] for path in commit.changes.keys() & paths}
            if changed:
                merged = {**before, **changed}
                before = {path: oid for path, oid in merged.items() if oid}
            found.append(before)
        return found

    def seen(self, held: Sequence[int]) -> list[int]:
        """Return, for each commit, what it or a commit before it holds; `held` are the bits of what each one holds."""
        found: list[int] = []
        for bits, commit in zip(held, self.commits, strict=True):
            for parent in commit.parents:
                bits |= found[parent]
            found.append(bits)
        return found

    def before(self, tips: Collection[int]) -> list[bool]:
        """Return, for each commit, whether one of these leads back to it, or is it."""
        reached = [False] * len(self.commits)
        for place in tips:
            reached[place] = True
        for place in range(len(self.commits) - 1, -1, -1):
            if reached[place]:
                for parent in self.commits[place].parents:
                    reached[parent] = True
        return reached
