"""Where the cache is, and emptying it."""

from __future__ import annotations

import shutil

from agentsync.disk import clean_record
from agentsync.git.cache import Cache
from agentsync.model.outcome import Outcome
from agentsync.project.places import cache_folder


def cache_dir() -> Outcome:
    """The folder of the cache."""
    folder = str(cache_folder())
    return Outcome({"folder": folder}, [folder])


def cache_clean(*, dry_run: bool = False) -> Outcome:
    """Delete every cached repository; all of them can be fetched again."""
    cache = Cache(cache_folder())
    count = cache.count() if dry_run else cache.clean()
    if not dry_run and clean_record.folder():
        shutil.rmtree(clean_record.folder(), ignore_errors=True)
    noun = "repository" if count == 1 else "repositories"
    return Outcome({"repositories": count}, [f"{'would delete' if dry_run else 'deleted'} {count} cached {noun}"])
