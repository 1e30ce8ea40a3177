"""The past of a registry's files: every commit of all branches and tags, as far as they are fetched for a history.

Commits and trees are fetched; no file is. What is fetched stays beside the cached repository, for the next time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from agentsync.errors import FetchError
from agentsync.git.cached_repository import CachedRepository
from agentsync.git.contents import GitContents
from agentsync.git.fetching import Want, guarded, retried
from agentsync.git.git import GitFailure, run_git
from agentsync.git.git_object import object_id
from agentsync.model.pack import Contents
from agentsync.model.past import Past, PastCommit
from agentsync.model.working_tree import is_text, to_lf
from agentsync.registries.history import fetch_all, history_folder

_LISTED: Final = ("rev-list", "--all", "--topo-order", "--reverse", "--parents", "--timestamp")
_COMPARED: Final = ("diff-tree", "--stdin", "-r", "--root", "--raw", "-z", "--no-abbrev", "--no-renames")
_PLAIN: Final = (b"100644", b"100664", b"100755")
_LONG: Final = 64  # hex digits of an id by SHA-256


def read_past(repository: CachedRepository) -> Past:
    """Return the past of a repository; what is new there is fetched first.

    Raises:
        FetchError: where it cannot be reached, or was never fetched before going offline.
    """
    folder = history_folder(repository)
    with guarded(folder, "the cache"):
        if repository.remotes.offline:
            if not folder.is_dir():
                raise FetchError(
                    f"the history of {repository.url.text} was never fetched",
                    why="--offline asks no remote",
                    hint="run it once without --offline",
                )
        else:
            repository.remotes.say(f"fetching the history of {repository.url.text}")
            refs = repository.refs()
            long = any(len(oid) == _LONG for oid in refs.branches.values())
            try:
                retried(folder, partial(fetch_all, folder, repository.url, long=long))
            except GitFailure as failure:
                raise FetchError(
                    f"the history of {repository.url.text} cannot be fetched",
                    why=failure.message,
                    hint="see that git reaches it: git ls-remote",
                ) from failure
        repository.remotes.say(f"reading the history of {repository.url.text}")
        return _read(folder)


def _read(folder: Path) -> Past:
    rows = [line.split() for line in run_git(_LISTED, git_dir=folder).decode().splitlines()]
    places = {oid: place for place, (_, oid, *_) in enumerate(rows)}
    # Each commit is compared with its first parent, one without parents with nothing.
    asked = "".join(f"{' '.join(row[1:3])}\n" for row in rows).encode()
    written = _written(run_git(_COMPARED, git_dir=folder, stdin=asked))
    commits = (
        PastCommit(oid, int(time), tuple(places[parent] for parent in parents), written.get(oid, {}))
        for time, oid, *parents in rows
    )
    return Past(tuple(commits), places, (folder / "shallow").exists())


def _written(listing: bytes) -> dict[str, Mapping[str, str]]:
    """Return what each commit wrote: git-diff-tree(1), RAW OUTPUT FORMAT."""
    found: dict[str, Mapping[str, str]] = {}
    changes: dict[str, str] = {}
    for commit, path, oid in _rows(listing):
        if commit:
            found[commit] = changes = {}
        else:
            changes[path] = oid
    return found


def _rows(listing: bytes) -> Iterator[tuple[str, str, str]]:
    parts = iter(listing.split(b"\0"))
    for part in parts:
        if not part.startswith(b":"):
            # Behind the id of a commit that is compared with a parent stands the parent's.
            yield part.decode().strip().partition(" ")[0], "", ""
            continue
        _, mode, _, oid, _ = part.split(b" ")
        path = next(parts).decode("utf-8", "surrogateescape")
        yield "", path, oid.decode() if mode in _PLAIN else ""


def read_versions(repository: CachedRepository, oids: Collection[str]) -> dict[str, bytes]:
    """Return the bytes of blobs, fetched in one request; those that are too large for an item are left out."""

    def read() -> dict[str, bytes]:
        most = repository.limits.file
        small = [oid for oid, size in repository.need_blobs(oids).items() if size <= most]
        return repository.objects.blobs(small)

    return repository.healing(read) if oids else {}


def fetch_bases(repository: CachedRepository, commits: Collection[str], oids: Collection[str]) -> None:
    """Fetch commits and blobs that are read next, each kind in one request."""

    def fetch() -> None:
        repository.need([Want(commit) for commit in commits])
        repository.need_blobs(oids)

    if commits:
        repository.healing(fetch)


def contents_at(repository: CachedRepository, commit: str) -> Contents:
    """Return the files of a whole repository at a commit."""

    def read() -> Contents:
        repository.need([Want(commit)])
        tree = repository.objects.tree_id(commit, "")
        assert tree is not None, "a commit has a tree"
        return GitContents(repository, Want(commit, tree=tree))

    return repository.healing(read)


def forms(data: bytes, *, long: bool) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids that a file has as it is and with other line ends, and those with another final newline too.

    Args:
        long: whether the ids are those of a repository by SHA-256.
    """
    if not is_text(data):
        return frozenset((object_id(b"blob", data, long=long),)), frozenset()
    lf = to_lf(data)
    other = lf[:-1] if lf.endswith(b"\n") else lf + b"\n"
    same, near = ({text, text.replace(b"\n", b"\r\n")} for text in (lf, other))
    ids = [frozenset(object_id(b"blob", text, long=long) for text in texts) for texts in (same | {data}, near)]
    return ids[0], ids[1] - ids[0]
