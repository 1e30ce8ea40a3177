"""Cache: its folder, and how it is emptied."""

from __future__ import annotations

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
