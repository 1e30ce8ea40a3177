"""The commits between two versions of a pack, told by their subject lines."""

from __future__ import annotations

import shutil
from pathlib import Path

from agentsync.errors import DiskError
from agentsync.holding import Patience, held
from agentsync.model.git_url import GitUrl
from agentsync.store.cached_repository import CachedRepository
from agentsync.store.git import GitFailure, run_git
from agentsync.store.git_environment import REMOTE

_MOST = 200


def subjects(repository: CachedRepository, old: str, new: str, path: str) -> list[str]:
    """The subject lines of the commits that touched a folder, the newest first.

    Commits and trees of the whole history are fetched for this, into a repository beside the cached
    one, which holds none. Where they cannot be had, or one commit does not lead to the other, there
    are no lines: they are help for reading, and decide nothing.

    Args:
        repository: the registry in the cache.
        old: the commit that is locked.
        new: the commit that would be.
        path: the pack's folder, "" for the whole.
    """
    folder = repository.folder.with_suffix(".log")
    try:
        with held(repository.folder.with_suffix(".log.lock"), "the cache", Patience()):
            try:
                return _subjects(folder, repository.url, f"{old}..{new}", path)
            except GitFailure:
                # It may be damaged, or hold what a killed git left: all of it can be fetched again.
                shutil.rmtree(folder, ignore_errors=True)
                return _subjects(folder, repository.url, f"{old}..{new}", path)
    except (GitFailure, DiskError):
        return []


def _subjects(folder: Path, url: GitUrl, span: str, path: str) -> list[str]:
    if not folder.is_dir():
        run_git(("init", "--quiet", "--bare", "--template=", "--", str(folder)))
    new = span.rpartition("..")[2]
    wanted = f"+{new}:refs/agentsync/{new}"
    arguments = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", REMOTE, wanted)
    run_git(arguments, git_dir=folder, remote=url)
    asked = ("log", f"--max-count={_MOST}", "--format=%s", "--end-of-options", span, "--", path or ".")
    return run_git(asked, git_dir=folder).decode("utf-8", "replace").splitlines()
