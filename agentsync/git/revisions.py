"""Revisions of the repository that a project is in: asked of git in the project's folder, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agentsync.errors import FetchError
from agentsync.git.git import GitFailure, run_git
from agentsync.git.working_tree import is_in_repository

# The branch that a pull request goes into, as a clone knows it.
_GOALS: Final = ("origin/HEAD", "upstream/HEAD", "origin/main", "origin/master", "main", "master")
_NO_REMOTE: Final = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}


def commit_of(folder: Path, revision: str) -> str:
    """Return the commit that a revision names; "" where it names none, and where there is no repository."""
    return _ask(folder, ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"))


def fork_point(folder: Path) -> str:
    """Return the commit where the present branch left the one that it goes into, "" where that is not known."""
    for goal in _GOALS:
        if (tip := commit_of(folder, goal)) and (found := _ask(folder, ("merge-base", "HEAD", tip))):
            return found
    return ""


def _ask(folder: Path, question: Sequence[str]) -> str:
    if not is_in_repository(folder):
        return ""
    try:
        return run_git(("-C", str(folder), *question), extra=_NO_REMOTE).decode("utf-8", "replace").strip()
    except (GitFailure, FetchError):
        return ""
