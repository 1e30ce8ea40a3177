"""The history of registries: the commits between two versions of a pack, and the origin of a user's files."""

from __future__ import annotations

from collections.abc import Mapping

from agentsync.git.cache import Cache
from agentsync.git.git_object import object_id
from agentsync.git.history import search, subjects
from agentsync.model.git_file import Searched
from agentsync.model.git_url import GitUrl
from agentsync.model.lock import LockedPack
from agentsync.model.working_tree import to_lf


def subjects_between(cache: Cache, url: GitUrl, old: LockedPack, new: LockedPack) -> list[str]:
    """Return the subject lines of the commits that touched a pack since the old version, the newest first."""
    return subjects(cache.repository(url), old.commit, new.commit, new.path)


def blob_ids(data: bytes, commit: str) -> tuple[str, ...]:
    """Return the ids that a text has in a repository with commits of this length, as it is and with LF."""
    long = len(commit) == 64
    return tuple(dict.fromkeys(object_id(b"blob", form, long=long) for form in (data, to_lf(data))))


def search_history(cache: Cache, url: GitUrl, git: str, blobs: Mapping[str, tuple[str, ...]]) -> Searched:
    """Find bytes in the history of a repository.

    Args:
        git: what the lock calls it.
        blobs: the ids that the bytes may have there, by a name for them.
    """
    if cache.remotes.progress is not None:
        cache.remotes.progress(f"searching the history of {git}")
    return search(cache.repository(url), blobs, offline=cache.remotes.offline)
