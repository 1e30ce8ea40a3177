"""What the resolver asks of the world: two questions, answered from git or, in tests, from memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from packaging.version import Version

from agentsync.model.requirement import Pin


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commit that would serve a requirement.

    Args:
        name: the pack, as the lock calls it.
        version: the release it is, None where it is no release.
        ref: the full ref that leads to it, "" where it was asked for by id.
        commit: the commit.
        yanked: whether that release was withdrawn; kept only where it is locked already.
        stands_in: whether it is the default branch of a pack that has no releases.
    """

    name: str
    version: Version | None
    ref: str
    commit: str
    yanked: bool = field(default=False, compare=False)
    stands_in: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        if self.version is not None:
            return f"{self.name} {self.version}"
        return f"{self.name} {self.ref.removeprefix('refs/heads/').removeprefix('refs/tags/') or self.commit[:12]}"


class Requirement(NamedTuple):
    """One pack that another one, or the manifest, asks for.

    Args:
        name: the pack, as the lock calls it.
        pin: which versions.
    """

    name: str
    pin: Pin


class Catalog(Protocol):
    """Where packs come from."""

    def candidates(self, name: str, pin: Pin) -> Sequence[Candidate]:
        """Every commit that may serve a pin: all releases for a version range, one commit for any other.

        A pack without releases offers its default branch to a version range.

        Raises:
            ResolutionError: where there is no such pack, tag or branch.
        """

    def unfit(self, candidate: Candidate) -> str:
        """Why a candidate must not be chosen although it would serve, "" where it may."""

    def requires(self, candidate: Candidate) -> Sequence[Requirement]:
        """What a pack asks for at one commit.

        Raises:
            ResolutionError: where that cannot be read, or names a registry the manifest does not list.
        """
