"""What git ignores in the folder of a person, and which rule says so. Git is asked, never imitated.

The folder may be anywhere in a repository, or in none. Where git does not answer, nothing is
ignored: the caller then says more of a file, not less.

Sources: git-check-ignore(1), gitignore(5), git-rev-parse(1), git-config(1) FILES.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from agentsync.errors import FetchError
from agentsync.store.git import GitFailure, run_git

_FIELDS: Final = 4
# Settings that come with the environment, and cannot be compared as files.
_SETTINGS: Final = ("GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS")
# What says where the settings of git are.
VARIABLES: Final = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", *_SETTINGS)


class IgnoreRule(NamedTuple):
    """A line that hides a file from git.

    Args:
        source: the file that it is in, as git tells it: relative to the top of the repository, or absolute.
        line: its number.
        pattern: what it says.
    """

    source: str
    line: int
    pattern: str


def is_in_repository(folder: Path) -> bool:
    """Return whether a folder is in a working tree of git; looked up without git."""
    return any((above / ".git").exists() for above in (folder, *folder.parents))


def ignored(folder: Path, paths: Iterable[str]) -> Mapping[str, IgnoreRule]:
    """Return which of some files git ignores; a file that is tracked is never ignored.

    Args:
        folder: where the paths start from.
        paths: POSIX, relative, none of them behind a symlink.
    """
    asked = sorted(paths)
    if not asked or not is_in_repository(folder):
        return {}
    stdin = b"".join(os.fsencode(path) + b"\0" for path in asked)
    try:
        told = run_git(("-C", str(folder), "check-ignore", "-z", "--verbose", "--stdin"), stdin=stdin, fine=(0, 1))
    except (GitFailure, FetchError):
        return {}
    fields = [os.fsdecode(field) for field in told.split(b"\0")]
    rows = (fields[at : at + _FIELDS] for at in range(0, len(fields) - _FIELDS + 1, _FIELDS))
    # A rule that begins with `!` says that its files are not ignored.
    return {path: IgnoreRule(source, int(line), rule) for source, line, rule, path in rows if not rule.startswith("!")}


def rule_files(folder: Path, paths: Collection[str]) -> list[Path]:
    """Return every file that can change which of these files git ignores, whether it is there or not.

    Args:
        folder: where the paths start from.
        paths: POSIX, relative.

    Returns:
        The files of rules, the index and the settings of git.

    Raises:
        ValueError: where they cannot be told.
    """
    if any(os.environ.get(name) for name in _SETTINGS):
        raise ValueError("settings of git come with the environment")
    home = Path.home()
    own = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    found = [home / ".gitconfig", own / "config", own / "ignore", Path("/etc/gitconfig")]
    names = ("index", "info/exclude", "config", "config.worktree")
    try:
        asked = [word for name in names for word in ("--git-path", name)]
        top, *inside = run_git(("-C", str(folder), "rev-parse", "--show-toplevel", *asked)).splitlines()
        settings = run_git(("-C", str(folder), "config", "--list", "--show-origin", "--name-only", "-z"))
        excludes = run_git(
            ("-C", str(folder), "config", "-z", "--type=path", "--get", "core.excludesFile"), fine=(0, 1)
        )
    except (GitFailure, FetchError) as error:
        raise ValueError(f"git does not answer: {error}") from error
    origins = {origin for origin in settings.split(b"\0")[::2] if origin.startswith(b"file:")}
    files = [*inside, *(origin.removeprefix(b"file:") for origin in origins), *excludes.split(b"\0")[:-1]]
    # Git tells them from the folder that it was started in.
    found += [folder / os.fsdecode(name) for name in files]
    root = Path(os.fsdecode(top))
    for path in paths:
        for above in (folder / path).parents:
            found.append(above / ".gitignore")
            if above == root:
                break
        else:
            raise ValueError(f"{path} is not below {root}")
    return sorted(set(found))
