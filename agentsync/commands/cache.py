"""Cache: its folder, and how it is emptied."""

from __future__ import annotations

from datetime import UTC, datetime

from agentsync.errors import UsageError
from agentsync.model.measures import DURATIONS, SIZES, bytes_in, rounded, seconds_in
from agentsync.model.outcome import Outcome
from agentsync.platform.places import cache_folder
from agentsync.project.session import clean_cache


def cache_dir() -> Outcome:
    """Return the folder of the cache."""
    folder = str(cache_folder())
    return Outcome({"folder": folder}, [folder])


def cache_clean(*, dry_run: bool = False) -> Outcome:
    """Delete every cached repository; all of them can be fetched again."""
    count = clean_cache(dry_run=dry_run)
    noun = "repository" if count == 1 else "repositories"
    return Outcome({"repositories": count}, [f"{'would delete' if dry_run else 'deleted'} {count} cached {noun}"])


def cache_prune(
    *, older_than: str = "30d", max_size: str = "", keep_projects: bool = False, dry_run: bool = False
) -> Outcome:
    """Delete cached repositories that were not used for a while, and what dead processes left.

    Args:
        older_than: the time without use after which a repository goes.
        max_size: the size of the repositories that may stay, "" for any.
        keep_projects: keep what the lock of a project on this machine names.
    """
    from agentsync.project.pruning import prune_cache

    seconds = seconds_in(older_than)
    if seconds is None:
        raise UsageError(f"--older-than {older_than} is no time", hint=f"write it {DURATIONS}")
    most = bytes_in(max_size) if max_size else None
    if max_size and most is None:
        raise UsageError(f"--max-size {max_size} is no size", hint=f"write it {SIZES}")
    found = prune_cache(seconds, most=most, keeps_projects=keep_projects, dry_run=dry_run)
    rows = [
        {
            "repository": one.repository,
            "bytes": one.size,
            "last_used": datetime.fromtimestamp(one.last_used, UTC).isoformat(timespec="seconds"),
        }
        for one in found.removed
    ]
    word, freed = "would remove" if dry_run else "removed", sum(one.size for one in found.removed)
    lines = [f"{word}  {row['repository']}  {rounded(one.size)}" for row, one in zip(rows, found.removed, strict=True)]
    lines.append(f"{len(found.kept) + len(found.in_use)} kept, {rounded(freed)} {'to free' if dry_run else 'freed'}")
    notes = [f"{one.repository} is in use by another agentsync, and was left" for one in found.in_use]
    return Outcome({"removed": rows, "kept": len(found.kept) + len(found.in_use), "freed": freed}, lines, notes)
