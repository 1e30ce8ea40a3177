"""The last commit of a branch that changed each of many folders, found in one walk over its history."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from agentsync.git.git import GitFailure, TooMuchOutput, run_git
from agentsync.git.own_repository import OwnRepository

_DEPTH: Final = 50_000
_LARGEST: Final = 512 * 1024 * 1024
_MARK: Final = "\x01"
_WALK: Final = (
    *("log", "-z", "--first-parent", "--diff-merges=first-parent", "--root", "--no-renames", "--name-only"),
    *(f"--max-count={_DEPTH}", f"--format={_MARK}%H %ct"),
)


class Change(NamedTuple):
    """A commit, and its time in seconds since 1970."""

    commit: str
    date: int


def last_changes(repository: OwnRepository, commit: str, folders: Collection[str]) -> dict[str, Change]:
    """Return the last commit that changed each folder ("" for the root), along the first parents of a commit.

    One that no commit of the searched history changed is left out.
    """
    with suppress(GitFailure, TooMuchOutput):
        output = run_git((*_WALK, "--end-of-options", commit), git_dir=repository.git_dir, most=_LARGEST)
        return _found(output.decode("utf-8", "surrogateescape"), set(folders))
    return {}


def _found(output: str, left: set[str]) -> dict[str, Change]:
    found: dict[str, Change] = {}
    change = Change("", 0)
    for part in output.split("\0"):
        text = part.removeprefix("\n")
        if text.startswith(_MARK):
            oid, _, date = text.removeprefix(_MARK).partition(" ")
            change = Change(oid, int(date) if date.isdecimal() else 0)
            continue
        for folder in _above(text) if text else ():
            if folder in left:
                left.discard(folder)
                found[folder] = change
        if not left:
            break
    return found


def _above(path: str) -> Iterator[str]:
    while path:
        path = posixpath.dirname(path)
        yield path
