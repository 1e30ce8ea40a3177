"""A lock that `git merge` left with conflict markers: its two sides, and one lock from both."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.version import Version

from agentsync.model.lock import Lock, LockedPack
from agentsync.model.lock_reader import parse_lock


def settle(text: str, requested: Mapping[str, str]) -> Lock:
    """One lock from a text with conflict markers.

    A pack that only one side has is taken. Where both have one, the side that was made for what
    the manifest asks wins, then the newer version, then the side of the current branch.

    Args:
        text: the lock as the merge left it.
        requested: what the manifest asks for, by pack name.

    Raises:
        LockError: where a side is no lock.
    """
    ours, theirs = (parse_lock(side) for side in sides(text))
    packs = dict(theirs.packs)
    for name, pack in ours.packs.items():
        other = packs.get(name)
        if other is None or not _wins(other, pack, requested.get(name)):
            packs[name] = pack
    return Lock(packs, ours.targets)


def sides(text: str) -> tuple[str, str]:
    """The two texts that a merge could not bring together; markers of the merge base are passed over."""
    ours: list[str] = []
    theirs: list[str] = []
    writing: tuple[list[str], ...] = (ours, theirs)
    for line in text.splitlines(keepends=True):
        marker = line[:7] if line[7:8] in ("", " ", "\n", "\r") else ""
        if marker == "<<<<<<<":
            writing = (ours,)
        elif marker == "|||||||":
            writing = ()
        elif marker == "=======":
            writing = (theirs,)
        elif marker == ">>>>>>>":
            writing = (ours, theirs)
        else:
            for side in writing:
                side.append(line)
    return "".join(ours), "".join(theirs)


def _wins(other: LockedPack, pack: LockedPack, asked: str | None) -> bool:
    """Whether the other side's decision is the better one."""
    fits = (pack.requested == asked, other.requested == asked)
    if fits[0] != fits[1]:
        return fits[1]
    if other.version is None or pack.version is None:
        return False
    return Version(other.version) > Version(pack.version)
