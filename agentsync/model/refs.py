"""The branches and tags that a repository offers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from agentsync.model.empty import EMPTY

_LINE: Final = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\t(\S.*)")


class Refs(NamedTuple):
    """What `git ls-remote` tells of a repository.

    Args:
        default_branch: the short name of the branch HEAD stands for, or must stand for; None for an
            empty repository, and where nothing tells which of several it is.
        branches: short name to commit.
        tags: short name to commit; annotated tags are peeled.
    """

    default_branch: str | None = None
    branches: Mapping[str, str] = EMPTY
    tags: Mapping[str, str] = EMPTY


def parse_refs(listing: str) -> Refs:
    """Read the output of `git ls-remote --symref URL`.

    Lines that are neither HEAD, branch nor tag are passed over.
    """
    head, head_commit = None, None
    branches: dict[str, str] = {}
    tags: dict[str, str] = {}
    # A name may hold what Unicode takes for the end of a line.
    for line in listing.split("\n"):
        if line.startswith("ref: refs/heads/") and line.endswith("\tHEAD"):
            head = line.removeprefix("ref: refs/heads/").removesuffix("\tHEAD")
        elif match := _LINE.fullmatch(line):
            commit, name = match.groups()
            if name == "HEAD":
                head_commit = commit
            elif name.startswith("refs/heads/"):
                branches[name.removeprefix("refs/heads/")] = commit
            elif name.startswith("refs/tags/"):
                # The peeled line `TAG^{}` follows its tag and replaces the id of the tag object.
                tags[name.removeprefix("refs/tags/").removesuffix("^{}")] = commit
    if head is None or head not in branches:
        head = _branch_at(branches, head_commit)
    return Refs(head, branches, tags)


def _branch_at(branches: Mapping[str, str], commit: str | None) -> str | None:
    """The branch HEAD must mean where the server does not say.

    Old servers and bundles name its commit at least. A HEAD that was never set right, as after
    `git init --bare` and a push of another branch, is not told at all.
    """
    here = sorted(name for name, tip in branches.items() if commit in (tip, None))
    usual = next((name for name in ("main", "master") if name in here), None)
    return usual or (here[0] if here and (commit is not None or len(here) == 1) else None)
