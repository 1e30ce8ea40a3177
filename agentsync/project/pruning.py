"""Prune the cache: what no project has used for a while, and what does not fit."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from agentsync.disk.clean_records import delete_stale
from agentsync.errors import AgentsyncError
from agentsync.formats.git_url import parse_git_url
from agentsync.formats.lock_reader import parse_lock
from agentsync.formats.yaml_tree import LARGEST
from agentsync.git.cache import Cache
from agentsync.git.pruning import Pruned
from agentsync.model.git_url import GitUrl
from agentsync.model.names import LOCK_NAME
from agentsync.platform.places import cache_folder, config_folder
from agentsync.platform.plain_files import read_plain_file


def prune_cache(older_than: float, *, most: int | None, keeps_projects: bool, dry_run: bool) -> Pruned:
    """Delete cached repositories that were not used for so many seconds, or that do not fit.

    Args:
        most: bytes of repositories that may stay, None for any number.
        keeps_projects: keep the repositories that the lock of a project names which has used one.
    """
    cache = Cache(cache_folder())
    homes = cache.homes() | {config_folder()} if keeps_projects else set[Path]()
    found = cache.prune(older_than, keep=_named_in(homes), most=most, dry_run=dry_run)
    if not dry_run:
        delete_stale(older_than)
    return found


def _named_in(homes: set[Path]) -> list[GitUrl]:
    """Return the repositories that the locks of projects name; a lock that cannot be read names none."""
    found: list[GitUrl] = []
    for home in homes:
        with suppress(OSError, ValueError, AgentsyncError):
            lock = parse_lock(read_plain_file(home / LOCK_NAME, LARGEST).decode())
            texts = {text for pack in lock.packs.values() for text in (pack.git, pack.registry) if text}
            # Nothing is asked: a host that may not be asked is only named.
            hosts = {urlsplit(text).hostname or "" for text in texts}
            found += [parse_git_url(text, base=str(home), allow_http=hosts) for text in texts]
    return found
