"""What the resolver asks of the world: two questions, answered from git or, in tests, from memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agentsync.model.manifest import Wish
from agentsync.model.pack import Contents, Offer
from agentsync.model.refs import Refs


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commit that would serve a wish.

    Args:
        version: the release it is, as text; None where it is no release.
        ref: the full ref that leads to it, "" where it was asked for by id.
        commit: the commit.
        yanked: whether that release was withdrawn.
    """

    version: str | None
    ref: str
    commit: str
    yanked: bool = False


class Catalog(Protocol):
    """Where packs come from."""

    def offer(self, wish: Wish) -> Offer:
        """The pack that a wish names, as its registry describes it now.

        Raises:
            ResolutionError: where the registry has no such pack.
        """

    def refs(self, offer: Offer) -> Refs:
        """Branches and tags of the repository that holds a pack."""

    def contents(self, wish: Wish, offer: Offer, candidate: Candidate) -> tuple[str, Contents]:
        """The root of the pack at a commit, and its files there.

        Raises:
            ResolutionError: where that commit does not hold the pack.
        """
