"""The history of a registry: the commits between two versions of a pack, and the commits that wrote a user's files.

Commits and trees of the whole history are fetched for this, into a repository beside the cached one,
which holds no history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from agentsync.errors import DiskError, RefusedError
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.fetching import guarded, retried
from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_environment import REMOTE
from agentsync.git.git_object import object_id
from agentsync.model.git_file import Origin, Searched
from agentsync.model.git_url import GitUrl
from agentsync.model.working_tree import to_lf

_SUFFIX: Final = ".log"  # of the folder with the history
_MOST: Final = 200
# How many commits back from a branch or tag bytes are searched.
_DEPTH: Final = 50_000
_FETCH: Final = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none")
_RELEASED: Final = (REMOTE, "+refs/heads/*:refs/agentsync/heads/*", "+refs/tags/*:refs/agentsync/tags/*")
# How many ids one command line takes.
_AT_ONCE: Final = 1000
_COMPARE: Final = ("diff-tree", "--stdin", "-r", "-m", "--root", "--raw", "-z", "--no-abbrev", "--no-renames")
_PLAIN: Final = (b"100644", b"100755")


def subjects(repository: CachedRepository, old: str, new: str, path: str) -> list[str]:
    """Return the subject lines of the commits between two that changed a folder ("" for the root), newest first.

    There are none where they cannot be fetched, or one commit does not lead to the other: nothing depends on them.
    """
    folder = history_folder(repository)
    try:
        with guarded(folder, "the cache"):
            return retried(folder, partial(_subjects, folder, repository.url, f"{old}..{new}", path))
    except (GitFailure, DiskError):
        return []


def history_folder(repository: CachedRepository) -> Path:
    """Return the folder of the repository that holds the history of a cached one."""
    return repository.folder.with_suffix(_SUFFIX)


def fetch_all(folder: Path, url: GitUrl, *, long: bool) -> None:
    """Fetch commits and trees of all branches and tags; `long` are ids by SHA-256."""
    _fetch(folder, url, f"--depth={_DEPTH}", "--prune", *_RELEASED, long=long)


def blob_ids(data: bytes, commit: str) -> tuple[str, ...]:
    """Return the ids that a text has in a repository with commits of this length, as it is and with LF."""
    long = len(commit) == 64
    return tuple(dict.fromkeys(object_id(b"blob", form, long=long) for form in (data, to_lf(data))))


def search(repository: CachedRepository, blobs: Mapping[str, Collection[str]]) -> Searched:
    """Find bytes in the history of all branches and tags; it is fetched where what is there does not have them.

    Args:
        blobs: the ids that the bytes may have there, by a name for them.
    """
    repository.remotes.say(f"searching the history of {repository.url.text}")
    folder = history_folder(repository)
    found: dict[str, Origin] = {}
    try:
        with guarded(folder, "the cache"):
            if folder.is_dir():
                with suppress(GitFailure):
                    found = _origins(folder, blobs)
            if len(found) == len(blobs):
                return Searched(found)
            if repository.remotes.offline:
                return Searched(found, "--offline asks no remote")
            found = retried(folder, partial(_fetched_origins, folder, repository.url, blobs))
            is_cut = len(found) < len(blobs) and (folder / "shallow").exists()
            return Searched(found, "its history is longer than is searched" if is_cut else "")
    except GitFailure as failure:
        return Searched(found, failure.message)
    except (DiskError, RefusedError) as error:
        return Searched(found, f"{error.what} ({error.why})" if error.why else error.what)


def _fetch(folder: Path, url: GitUrl, *wanted: str, long: bool = False) -> None:
    if not folder.is_dir():
        ids = f"--object-format={'sha256' if long else 'sha1'}"
        run_git(("init", "--quiet", "--bare", "--template=", ids, "--", str(folder)))
    run_git((*_FETCH, *wanted), git_dir=folder, remote=url)


def _subjects(folder: Path, url: GitUrl, span: str, path: str) -> list[str]:
    new = span.rpartition("..")[2]
    _fetch(folder, url, REMOTE, f"+{new}:refs/agentsync/{new}", long=len(new) == 64)
    asked = ("log", f"--max-count={_MOST}", "--format=%s", "--end-of-options", span, "--", path or ".")
    return run_git(asked, git_dir=folder).decode("utf-8", "replace").splitlines()


def _fetched_origins(folder: Path, url: GitUrl, blobs: Mapping[str, Collection[str]]) -> dict[str, Origin]:
    long = any(len(oid) == 64 for ids in blobs.values() for oid in ids)
    fetch_all(folder, url, long=long)
    return _origins(folder, blobs)


def _origins(folder: Path, blobs: Mapping[str, Collection[str]]) -> dict[str, Origin]:
    """Return the origins of bytes in the fetched history; no file is read for it."""
    commits = run_git(("rev-list", "--all"), git_dir=folder)
    wanted = sorted({oid for ids in blobs.values() for oid in ids})
    known: dict[str, Origin] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        asked = (f"--find-object={oid}" for oid in wanted[start : start + _AT_ONCE])
        for oid, origin in _written(run_git((*_COMPARE, *asked), git_dir=folder, stdin=commits)):
            known.setdefault(oid, origin)
    return {name: known[oid] for name, ids in blobs.items() for oid in ids if oid in known}


def _written(listing: bytes) -> Iterator[tuple[str, Origin]]:
    """Yield each blob that a commit wrote as a plain file: git-diff-tree(1), RAW OUTPUT FORMAT."""
    commit, parts = "", iter(listing.split(b"\0"))
    for part in parts:
        if not part.startswith(b":"):
            commit = part.decode()
            continue
        _, mode, _, oid, _ = part.split(b" ")
        path = next(parts).decode("utf-8", "backslashreplace")
        if mode in _PLAIN:
            yield oid.decode(), Origin(commit, path)
