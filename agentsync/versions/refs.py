"""The branches and tags that a repository offers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Final

_ID: Final = "^([0-9a-f]{40}|[0-9a-f]{64})"
# Git ends a line with "\n" alone: a name may hold what Unicode takes for the end of a line.
_HEAD: Final = re.compile(rf"{_ID}\tHEAD$", re.MULTILINE)
_SYMBOLIC_HEAD: Final = re.compile(r"^ref: refs/heads/([^\n]*)\tHEAD$", re.MULTILINE)
_BRANCH: Final = re.compile(rf"{_ID}\trefs/heads/([^\n]*)$", re.MULTILINE)
_TAG: Final = re.compile(rf"{_ID}\trefs/tags/([^\n]*)$", re.MULTILINE)
INDEX_REF: Final = "refs/agentsync/index"
_INDEX: Final = re.compile(rf"{_ID}\t{INDEX_REF}$", re.MULTILINE)


class Refs:
    """The refs in the output of `git ls-remote --symref URL`; other lines are passed over.

    Attributes:
        default_branch: the short name of the branch that HEAD names, or must mean; None for an empty repository, and
            where it is unknown which of several it is.
        branches: short name to commit.
        index: the commit of the index that the registry keeps of its packs, "" for none; it is a hint.
    """

    def __init__(self, listing: str = "") -> None:
        self._listing = listing
        # Git lists the branches first: a search of thousands of tags for them is left out.
        before, _, after = listing.partition("\trefs/tags/")
        if "\trefs/heads/" in after or "\tHEAD" in after:
            before = listing
        self.branches: Mapping[str, str] = {name: commit for commit, name in _BRANCH.findall(before)}
        symbolic, head = _SYMBOLIC_HEAD.search(before), _HEAD.search(before)
        named = symbolic[1] if symbolic is not None else None
        index = _INDEX.search(before)
        self.index = index[1] if index is not None else ""
        self.default_branch = named if named in self.branches else _branch_at(self.branches, head[1] if head else None)

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """Short name to commit, annotated tags peeled; read when it is first needed."""
        # The peeled line `TAG^{}` follows its tag and replaces the id of the tag object.
        return {name.removesuffix("^{}"): commit for commit, name in _TAG.findall(self._listing)}


def _branch_at(branches: Mapping[str, str], commit: str | None) -> str | None:
    """Return the branch that HEAD must mean where the server does not name it.

    Old servers and bundles tell its commit at least. They tell nothing of a HEAD that names no branch, as after
    `git init --bare` and a push of another branch.
    """
    here = sorted(name for name, tip in branches.items() if commit in (tip, None))
    usual = next((name for name in ("main", "master") if name in here), None)
    return usual or (here[0] if here and (commit is not None or len(here) == 1) else None)
