"""The branches and tags that a repository offers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from agentsync.late import late

_ID: Final = "^([0-9a-f]{40}|[0-9a-f]{64})"
# Git ends a line with "\n" alone: a name may hold what Unicode takes for the end of a line.
_HEAD: Final = late(rf"{_ID}\tHEAD$", re.MULTILINE)
_SYMBOLIC_HEAD: Final = late(r"^ref: refs/heads/([^\n]*)\tHEAD$", re.MULTILINE)
_BRANCH: Final = late(rf"{_ID}\trefs/heads/([^\n]*)$", re.MULTILINE)
_TAG: Final = late(rf"{_ID}\trefs/tags/([^\n]*)$", re.MULTILINE)
INDEX_REF: Final = "refs/agentsync/index"
_INDEX: Final = late(rf"{_ID}\t{INDEX_REF}$", re.MULTILINE)


class Refs:
    """The refs in the output of `git ls-remote --symref URL`; other lines are passed over.

    Attributes:
        head_branch: the branch that HEAD names, where its commit is known too; else None.
    """

    def __init__(self, listing: str = "") -> None:
        self._listing = listing
        # Git lists the branches first: a search of thousands of tags for them is left out.
        before, _, after = listing.partition("\trefs/tags/")
        if "\trefs/heads/" in after or "\tHEAD" in after:
            before = listing
        self._before = before
        symbolic, head = _SYMBOLIC_HEAD.search(before), _HEAD.search(before)
        self._head = head[1] if head is not None else None
        self.head_branch = symbolic[1] if symbolic is not None and head is not None else None

    @cached_property
    def branches(self) -> Mapping[str, str]:
        """Short name to commit."""
        found = {name: commit for commit, name in _BRANCH.findall(self._before)}
        if self.head_branch is not None and self._head is not None:
            found.setdefault(self.head_branch, self._head)
        return found

    @cached_property
    def default_branch(self) -> str | None:
        """The short name of the branch that HEAD names, or must mean.

        None for an empty repository, and where it is unknown which of several it is.
        """
        return self.head_branch or _branch_at(self.branches, self._head)

    @cached_property
    def index(self) -> str:
        """The commit of the index that the registry keeps of its packs, "" for none; it is a hint."""
        found = _INDEX.search(self._before)
        return found[1] if found is not None else ""

    def tags_under(self, prefixes: Sequence[str]) -> Mapping[str, str]:
        """Return the tags, with all that begin in one of these ways, and perhaps others."""
        return self.tags

    def holds_tags(self, prefixes: Sequence[str]) -> bool:
        """Return whether all tags that begin in one of these ways are known."""
        return True

    def all_tags_are_known(self) -> bool:
        """Return whether no tag is there beside those that are known."""
        return True

    def digest(self, prefixes: Sequence[str]) -> str:
        """Return a digest of the refs that begin in one of these ways, and perhaps of others."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256(self._listing.encode()).hexdigest()

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """Short name to commit, annotated tags peeled; read when it is first needed."""
        # The peeled line `TAG^{}` follows its tag and replaces the id of the tag object.
        # One after the other, and each commit once: there may be 100,000 tags of a few commits.
        once: dict[str, str] = {}
        lines = map(re.Match.groups, _TAG.finditer(self._listing))
        return {name.removesuffix("^{}"): once.setdefault(commit, commit) for commit, name in lines}


def _branch_at(branches: Mapping[str, str], commit: str | None) -> str | None:
    """Return the branch that HEAD must mean where the server does not name it.

    Old servers and bundles tell its commit at least. They tell nothing of a HEAD that names no branch, as after
    `git init --bare` and a push of another branch.
    """
    here = sorted(name for name, tip in branches.items() if commit in (tip, None))
    usual = next((name for name in ("main", "master") if name in here), None)
    return usual or (here[0] if here and (commit is not None or len(here) == 1) else None)
