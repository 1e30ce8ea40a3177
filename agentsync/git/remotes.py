"""How remotes are reached, and what they answered: one for all cached repositories of a process."""

from __future__ import annotations

from agentsync.git.git import Progress
from agentsync.platform.process_lock import Patience


class Remotes:
    """The way to every remote.

    Args:
        offline: never ask a remote.
        progress: called with what is being done, for a person to watch.
        counting: called with how far a fetch is, many times a second.
        patience: what to do where another process fetches the same repository.
    """

    def __init__(
        self,
        *,
        offline: bool = False,
        progress: Progress | None = None,
        counting: Progress | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.offline = offline
        self.progress = progress
        self.counting = counting
        self.patience = patience or Patience()
        # Branches and tags as `git ls-remote` lists them, by location and the most bytes that are taken.
        self.listings: dict[tuple[str, int], str] = {}
