"""The branches and tags that a repository offers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

_LINE: Final = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\t(\S.*)")
_HEAD: Final = "\tHEAD"
_BRANCH: Final = "\trefs/heads/"
_TAG: Final = "\trefs/tags/"
_PEELED: Final = "^{}"


class Refs(NamedTuple):
    """What `git ls-remote` tells of a repository.

    Args:
        default_branch: the short name of the branch HEAD stands for, or must stand for; None for an
            empty repository, and where nothing tells which of several it is.
        branches: short name to commit.
        tags: short name to commit; annotated tags are peeled.
    """

    default_branch: str | None = None
    branches: Mapping[str, str] = MappingProxyType({})
    tags: Mapping[str, str] = MappingProxyType({})


def parse_refs(listing: str) -> Refs:
    """Read the output of `git ls-remote --symref URL`.

    Lines that are neither HEAD, branch nor tag are passed over.
    """
    first = listing.find(_TAG)
    start = listing.rfind("\n", 0, first) + 1 if first >= 0 else len(listing)
    before, after = listing[:start], listing[start:]
    if _HEAD in after or _BRANCH in after:
        before, after = listing, listing
    head, head_commit = None, None
    branches: dict[str, str] = {}
    # A name may hold what Unicode takes for the end of a line.
    for line in before.split("\n"):
        if line.startswith("ref: refs/heads/") and line.endswith(_HEAD):
            head = line.removeprefix("ref: refs/heads/").removesuffix(_HEAD)
        elif match := _LINE.fullmatch(line):
            commit, name = match.groups()
            if name == "HEAD":
                head_commit = commit
            elif name.startswith("refs/heads/"):
                branches[name.removeprefix("refs/heads/")] = commit
    if head is None or head not in branches:
        head = _branch_at(branches, head_commit)
    return Refs(head, branches, LateTags(after))


class LateTags(Mapping[str, str]):
    """The tags of a listing, which is read when somebody asks for one.

    Args:
        listing: the lines; what is no tag is passed over.
    """

    def __init__(self, listing: str) -> None:
        self._listing = listing
        self._read: dict[str, str] | None = None

    def _tags(self) -> dict[str, str]:
        if self._read is None:
            self._read = _tags_of(self._listing)
        return self._read

    def __getitem__(self, name: str) -> str:
        return self._tags()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags())

    def __len__(self) -> int:
        return len(self._tags())

    def __repr__(self) -> str:
        return repr(self._tags())


def _tags_of(listing: str) -> dict[str, str]:
    """The tags of a listing. Where it has nothing else, as with git, no line is looked at by itself: there are many."""
    lines = listing.removesuffix("\n").split("\n") if listing else []
    width = listing.find(_TAG)
    end = width + len(_TAG)
    commits = [line[:width] for line in lines]
    ids = "".join(commits)
    if width not in (40, 64) or {line[width:end] for line in lines} != {_TAG} or not _is_hex(ids):
        lines = [line for line in lines if _LINE.fullmatch(line)]
        found = [line.split(_TAG, 1) for line in lines if line.partition("\t")[2].startswith(_TAG[1:])]
        commits, names = [commit for commit, _ in found], [name for _, name in found]
    else:
        names = [line[end:] for line in lines]
    if _PEELED in listing:
        # The peeled line `TAG^{}` follows its tag and replaces the id of the tag object.
        names = [name.removesuffix(_PEELED) for name in names]
    return dict(zip(names, commits, strict=True))


def _is_hex(text: str) -> bool:
    """Whether a text is made of the digits that git uses, two by two."""
    try:
        return bytes.fromhex(text).hex() == text
    except ValueError:
        return False


def _branch_at(branches: Mapping[str, str], commit: str | None) -> str | None:
    """The branch HEAD must mean where the server does not say.

    Old servers and bundles name its commit at least. A HEAD that was never set right, as after
    `git init --bare` and a push of another branch, is not told at all.
    """
    here = sorted(name for name, tip in branches.items() if commit in (tip, None))
    usual = next((name for name in ("main", "master") if name in here), None)
    return usual or (here[0] if here and (commit is not None or len(here) == 1) else None)
